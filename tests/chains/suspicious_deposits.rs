//! Deposits that the risk rules hold: they wait for staff, who release them or, two together, give
//! them back.

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
    assert_eq!(refusal(&trader, &release).await, "NOT_CONFIRMED");
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
                '{deposit}', 'address', '{outside}', 'script', '{}'), 'stolen')",
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
