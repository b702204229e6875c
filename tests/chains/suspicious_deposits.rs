//! Deposits that the risk rules hold: they wait for staff, who release them or, two together, give
//! them back.

use bitcoin::hashes::Hash as _;
use bitcoin::key::TapTweak as _;
use bitcoin::secp256k1::{Keypair, Message, Secp256k1, SecretKey};
use bitcoin::sighash::{Prevouts, SighashCache};
use bitcoin::{
    Address, Amount, Network, OutPoint, ScriptBuf, Sequence, TapSighashType, Transaction, TxIn,
    TxOut, Witness,
};
use tests::api_server::ApiServer;
use tests::arrivals::{ask, assert_sound, available_of, states_of, until_it_says};
use tests::database::Database;
use tests::purse::{FEE, Purse};
use tests::staff;
use tests::watched_bitcoin::WatchedBitcoin;
use tokio_postgres::Client;

/// A world whose payer is on the blacklist, and a deposit of it under so many blocks.
async fn held(blocks: u32) -> (WatchedBitcoin, tests::worker::Worker, String, i64) {
    let mut world = WatchedBitcoin::start(1).await;
    let text = format!(
        "select risk.publish_rule('blacklisted_source', 'deposit', 'blacklisted_address', '{{}}',
            'hold', 'BLACKLISTED_SOURCE');
         insert into risk.blacklist (wallet, because) values ('{}', 'stolen');",
        world.purse.address()
    );
    world.owner.batch_execute(&text).await.expect("a rule");
    let watcher = world.watch();
    let txid = world.pay(&[(0, 100_000)]).await.compute_txid().to_string();
    world.mine(blocks).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 suspicious").await;
    world.caught_up().await;
    let number = ask(
        &world.owner,
        "select deposit_id::text from exchange.deposits",
    )
    .await;
    (world, watcher, txid, number.parse().expect("a number"))
}

/// Sessions of two risk officers.
pub(super) async fn officers(database: &Database, owner: &Client) -> (i64, i64) {
    let api = ApiServer::start(database).await.expect("the API");
    let mut sessions = Vec::new();
    for _ in 0..2 {
        let joined = staff::join(api.port(), owner, &["risk"]).await;
        let (person, _) = joined.expect("a member");
        let text = format!(
            "select max(staff_session_id)::text from staff.sessions where staff_id = {}",
            person.staff_id
        );
        let session = ask(owner, &text).await;
        sessions.push(session.parse().expect("a number"));
    }
    (sessions[0], sessions[1])
}

/// What a function refused with; empty where it did not.
pub(super) async fn refusal(client: &Client, text: &str) -> String {
    match client.batch_execute(text).await {
        Ok(()) => String::new(),
        Err(error) => {
            let said = error.as_db_error().expect("the database said").message();
            said.split(':').next().unwrap_or_default().to_owned()
        }
    }
}

#[tokio::test]
async fn a_risk_officer_releases_a_suspicious_deposit() {
    let (world, _watcher, txid, deposit) = held(2).await;
    until_it_says(&world.owner, &available_of(world.account(0), "BTC"), "").await;
    let (session, _) = officers(&world.database, &world.owner).await;
    let trader = world.database.trader().await;
    let release = format!("select staff.release_deposit({session}, {deposit}, 'asked the sender')");
    assert_eq!(refusal(&trader, &release).await, "");
    assert_eq!(refusal(&trader, &release).await, "DEPOSIT_DECIDED");
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    until_it_says(
        &world.owner,
        &available_of(world.account(0), "BTC"),
        "0.001",
    )
    .await;
    let logged = "select string_agg(action || ' ' || subject, ', ') from audit.entries
        where action like 'deposit%'";
    let entry = format!("deposit_released deposit:{deposit}");
    assert_eq!(ask(&world.owner, logged).await, entry);
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_suspicious_deposit_that_has_vanished_is_not_released() {
    let (world, _watcher, txid, deposit) = held(2).await;
    let (session, _) = officers(&world.database, &world.owner).await;
    world.node.drop_blocks(2).await.expect("dropped");
    world.mine_empty(3).await;
    world.caught_up().await;
    let trader = world.database.trader().await;
    let release = format!("select staff.release_deposit({session}, {deposit}, 'asked the sender')");
    assert_eq!(refusal(&trader, &release).await, "DEPOSIT_DECIDED");
    world.mine(2).await;
    world.caught_up().await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 suspicious").await;
    assert_eq!(refusal(&trader, &release).await, "");
    until_it_says(
        &world.owner,
        &available_of(world.account(0), "BTC"),
        "0.001",
    )
    .await;
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_suspicious_deposit_goes_back_when_two_people_say_so() {
    let (mut world, _watcher, txid, deposit) = held(3).await;
    let (first, second) = officers(&world.database, &world.owner).await;
    let trader = world.database.trader().await;
    let outside = Purse::new(7).address().clone();
    let propose = |script: &bitcoin::ScriptBuf| {
        format!(
            "select staff.propose({first}, 'refund_deposit', jsonb_build_object('deposit_id',
                '{deposit}', 'address', '{outside}', 'script', '{}', 'network', 'bitcoin'),
                'stolen')",
            script.to_hex_string()
        )
    };
    let outside_script = outside.script_pubkey();
    assert_eq!(
        refusal(&trader, &propose(&outside_script)).await,
        "NOT_CONFIRMED"
    );
    world.mine(3).await;
    world.caught_up().await;
    assert_eq!(
        refusal(&trader, &propose(&world.script(0))).await,
        "INVALID_ADDRESS"
    );
    assert_eq!(refusal(&trader, &propose(&outside_script)).await, "");
    let decide = |session: i64| {
        format!(
            "select staff.decide({session}, (select max(proposal_id) from staff.proposals), true)"
        )
    };
    // The API's role sees no proposals; the owner may call what it calls.
    assert_eq!(
        refusal(&world.owner, &decide(first)).await,
        "SECOND_PERSON_REQUIRED"
    );
    assert_eq!(refusal(&world.owner, &decide(second)).await, "");
    until_it_says(&world.owner, &states_of(&txid), "output:0 refunding").await;
    let to = "select address from exchange.deposit_refunds";
    assert_eq!(ask(&world.owner, to).await, outside.to_string());
    until_it_says(&world.owner, &available_of(world.account(0), "BTC"), "").await;

    // Who is not on the list is credited as ever.
    let other = Purse::new(8).address().script_pubkey();
    let moved = world.purse.pay(&[(other, 1_000_000)], FEE).expect("paid");
    let mut honest = Purse::new(8);
    honest.receive(&moved);
    world.node.send(&moved).await.expect("taken");
    let paid = honest.pay(&[(world.script(0), 50_000)], FEE).expect("paid");
    world.node.send(&paid).await.expect("taken");
    world.mine(2).await;
    let states = states_of(&paid.compute_txid().to_string());
    until_it_says(&world.owner, &states, "output:0 credited").await;
    assert_sound(&world.owner).await;
}

/// A key whose outputs are spent by the key alone (BIP341), and its address.
fn taproot(number: u8) -> (Keypair, Address) {
    let secp = Secp256k1::new();
    let key = SecretKey::from_slice(&[number; 32]).expect("a key");
    let pair = Keypair::from_secret_key(&secp, &key);
    let (inner, _) = pair.x_only_public_key();
    (pair, Address::p2tr(&secp, inner, None, Network::Regtest))
}

/// A transaction that spends an output of each of these keys, all of it to one script.
fn spend_all(from: &[(Keypair, OutPoint, TxOut)], to: ScriptBuf) -> Transaction {
    let held: Amount = from.iter().map(|(_, _, output)| output.value).sum();
    let mut made = Transaction {
        version: bitcoin::transaction::Version::TWO,
        lock_time: bitcoin::absolute::LockTime::ZERO,
        input: from
            .iter()
            .map(|(_, point, _)| TxIn {
                previous_output: *point,
                sequence: Sequence::ENABLE_RBF_NO_LOCKTIME,
                ..TxIn::default()
            })
            .collect(),
        output: vec![TxOut {
            value: held - Amount::from_sat(FEE),
            script_pubkey: to,
        }],
    };
    let spent: Vec<TxOut> = from.iter().map(|(_, _, output)| output.clone()).collect();
    let secp = Secp256k1::new();
    let mut witnesses = Vec::new();
    let mut hashes = SighashCache::new(&made);
    for (index, (pair, _, _)) in from.iter().enumerate() {
        let all = Prevouts::All(&spent);
        let hash = hashes.taproot_key_spend_signature_hash(index, &all, TapSighashType::Default);
        let message = Message::from_digest(hash.expect("a hash").to_byte_array());
        let tweaked = pair.tap_tweak(&secp, None).to_keypair();
        let signature = bitcoin::taproot::Signature {
            signature: secp.sign_schnorr_no_aux_rand(&message, &tweaked),
            sighash_type: TapSighashType::Default,
        };
        witnesses.push(Witness::p2tr_key_spend(&signature));
    }
    for (input, witness) in made.input.iter_mut().zip(witnesses) {
        input.witness = witness;
    }
    made
}

#[tokio::test]
async fn every_input_is_asked_of_the_blacklist_taproot_too() {
    let mut world = WatchedBitcoin::start(1).await;
    let keys = [taproot(11), taproot(12), taproot(13)];
    let rule = format!(
        "select risk.publish_rule('blacklisted_source', 'deposit', 'blacklisted_address', '{{}}',
            'hold', 'BLACKLISTED_SOURCE');
         insert into risk.blacklist (wallet, because) values ('{}', 'stolen');",
        keys[1].1
    );
    world.owner.batch_execute(&rule).await.expect("a rule");
    let _watcher = world.watch();
    let outputs: Vec<(ScriptBuf, u64)> = keys
        .iter()
        .map(|(_, address)| (address.script_pubkey(), 200_000))
        .collect();
    let funding = world.purse.pay(&outputs, FEE).expect("a payment");
    world.node.send(&funding).await.expect("taken");
    world.mine(1).await;
    let owned = |index: u32| {
        let output = funding.output[index as usize].clone();
        let point = OutPoint::new(funding.compute_txid(), index);
        (keys[index as usize].0, point, output)
    };
    // The second of two inputs is a thief's; a third key, alone, is nobody's that is known.
    let tainted = spend_all(&[owned(0), owned(1)], world.script(0));
    let honest = spend_all(&[owned(2)], world.script(0));
    for paid in [&tainted, &honest] {
        world.node.send(paid).await.expect("taken");
    }
    world.mine(2).await;
    let [tainted, honest] = [tainted, honest].map(|paid| paid.compute_txid().to_string());
    until_it_says(&world.owner, &states_of(&honest), "output:0 credited").await;
    until_it_says(&world.owner, &states_of(&tainted), "output:0 suspicious").await;
    let sources = format!(
        "select string_agg(address, ' ' order by address) from exchange.deposit_sources
         where txid = decode('{tainted}', 'hex')"
    );
    let mut expected = [keys[0].1.to_string(), keys[1].1.to_string()];
    expected.sort();
    assert_eq!(ask(&world.owner, &sources).await, expected.join(" "));
    let shown = format!(
        "select from_address from exchange.deposits where txid = decode('{honest}', 'hex')"
    );
    assert_eq!(ask(&world.owner, &shown).await, keys[2].1.to_string());
    assert_sound(&world.owner).await;
}
