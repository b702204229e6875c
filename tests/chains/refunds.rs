//! Suspicious deposits that two people give back: the money goes out once, to where they said, and
//! only while the block that brought it stands.

use alloy::primitives::{Bytes, U256};
use bitcoin::ScriptBuf;
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::database::Database;
use tests::looks::payments_have_looked;
use tests::paying_bitcoin::{self, PayingBitcoin};
use tests::paying_evm::{self, PayingEvm};
use tests::purse::{FEE, Purse};
use tests::watched_evm::milliether_wei;
use tokio_postgres::Client;

use super::suspicious_deposits::{officers, refusal};

/// States of all deposits, in their order.
const STATES: &str = "select string_agg(state, ', ' order by deposit_id) from exchange.deposits";
/// What leaves deposit addresses.
const PAYMENTS: &str = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
    from chain.payments";

/// Puts a sender on the blacklist.
async fn suspect(owner: &Client, sender: &str) {
    let text = format!(
        "select risk.publish_rule('blacklisted_source', 'deposit', 'blacklisted_address', '{{}}',
            'hold', 'BLACKLISTED_SOURCE');
         insert into risk.blacklist (wallet, because) values ('{sender}', 'stolen');"
    );
    owner.batch_execute(&text).await.expect("a rule");
}

/// Two people let the newest suspicious deposit go back.
async fn give_back(database: &Database, owner: &Client, address: &str, script: &str) {
    let (first, second) = officers(database, owner).await;
    let deposit = "select max(deposit_id)::text from exchange.deposits where state = 'suspicious'";
    let deposit = ask(owner, deposit).await;
    let network = "select name from chain.networks join exchange.deposits using (network_id)
        where deposit_id = ";
    let network = ask(owner, &format!("{network}{deposit}")).await;
    let propose = format!(
        "select staff.propose({first}, 'refund_deposit', jsonb_build_object('deposit_id',
            '{deposit}', 'address', '{address}', 'script', '{script}', 'network',
            '{network}'), 'stolen')"
    );
    let trader = database.trader().await;
    assert_eq!(refusal(&trader, &propose).await, "");
    let decide = |session: i64| {
        format!(
            "select staff.decide({session}, (select max(proposal_id) from staff.proposals), true)"
        )
    };
    assert_eq!(
        refusal(owner, &decide(first)).await,
        "SECOND_PERSON_REQUIRED"
    );
    assert_eq!(refusal(owner, &decide(second)).await, "");
}

/// A deposit of 0.4 BTC by somebody who is suspected, which is to go back to key 7.
async fn given_back_bitcoin(name: &str) -> PayingBitcoin {
    let mut paying = PayingBitcoin::start(name).await;
    let sender = paying.world.purse.address().to_string();
    suspect(&paying.world.owner, &sender).await;
    let script = ScriptBuf::from_bytes(paying.deposit.script.clone());
    let paid = paying.world.purse.pay(&[(script, 40_000_000)], FEE);
    paying
        .world
        .node
        .send(&paid.expect("a payment"))
        .await
        .expect("taken");
    paying.mined(paying_bitcoin::FINAL).await;
    let owner = &paying.world.owner;
    until_it_says(owner, STATES, "suspicious").await;
    paying.assert_agreed().await;
    let to = Purse::new(7).address().clone();
    let script = to.script_pubkey().to_hex_string();
    give_back(&paying.world.database, owner, &to.to_string(), &script).await;
    until_it_says(owner, STATES, "refunding").await;
    paying
}

#[tokio::test]
async fn a_suspicious_deposit_of_bitcoin_goes_back_to_its_sender_and_the_books_agree() {
    let paying = given_back_bitcoin("bitcoin_refund").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    until_it_says(owner, PAYMENTS, "refund broadcast").await;
    paying.mined(1).await;
    until_it_says(owner, "select state from chain.attempts", "mined").await;
    paying.assert_agreed().await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(ask(owner, STATES).await, "refunding", "not final yet");
    paying.mined(paying_bitcoin::FINAL - 1).await;
    until_it_says(owner, STATES, "refunded").await;
    assert_eq!(ask(owner, PAYMENTS).await, "refund confirmed");
    // It has paid its own fee, which is no cost of the house.
    let arrived = "select (0.4 - fee)::text from chain.attempts";
    let arrived = ask(owner, arrived).await;
    assert_eq!(paying.holds(7).await, arrived.trim_end_matches('0'));
    let costs = "select count(*)::text from exchange.network_costs";
    assert_eq!(ask(owner, costs).await, "0");
    assert_eq!(
        ask(owner, &available_of(paying.world.account(0), "BTC")).await,
        "10"
    );
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refunded'";
    assert_eq!(ask(owner, told).await, "1");
    paying.assert_agreed().await;
}

#[tokio::test]
async fn a_deposit_of_bitcoin_that_comes_again_goes_back_once_it_is_as_deep_as_before() {
    let paying = given_back_bitcoin("bitcoin_refund_again").await;
    let (owner, depth) = (&paying.world.owner, paying_bitcoin::FINAL);
    let dropped = paying.world.node.drop_blocks(u64::from(depth)).await;
    dropped.expect("dropped");
    paying.world.mine_empty(u64::from(depth)).await;
    paying.mined(depth - 1).await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    payments_have_looked(&paying.world.database).await;
    assert_eq!(ask(owner, STATES).await, "refunding");
    assert_eq!(ask(owner, PAYMENTS).await, "", "not deep enough yet");
    paying.mined(1).await;
    until_it_says(owner, PAYMENTS, "refund broadcast").await;
    paying.mined(depth).await;
    until_it_says(owner, STATES, "refunded").await;
    paying.assert_agreed().await;
}

/// A deposit of 1 ETH by account 6, who is suspected, into the address that account 0 pays 2 ETH.
/// Gives the bytes of both.
async fn pay_both(paying: &PayingEvm) -> [Bytes; 2] {
    let node = &paying.world.node;
    let mut both = [const { Bytes::new() }; 2];
    for (raw, (from, milliether)) in both.iter_mut().zip([(0, 2_000), (6, 1_000)]) {
        let paid = node
            .pay(from, paying.deposit, milliether_wei(milliether))
            .await;
        let params = json!([paid.expect("paid")]);
        let text = node.call("eth_getRawTransactionByHash", params).await;
        *raw = serde_json::from_value(text.expect("an answer")).expect("bytes");
    }
    both
}

#[tokio::test]
async fn a_deposit_of_ether_goes_back_only_while_its_block_stands() {
    let paying = PayingEvm::start("evm_refund").await;
    let owner = &paying.world.owner;
    let node = &paying.world.node;
    suspect(owner, &node.account(6).to_checksum(None)).await;
    let [honest, suspected] = pay_both(&paying).await;
    let depth = paying_evm::FINAL;
    paying.mined(depth).await;
    until_it_says(owner, STATES, "credited, suspicious").await;
    let to = paying_evm::receiver(40);
    let (name, script) = (to.to_checksum(None), hex::encode(to));
    give_back(&paying.world.database, owner, &name, &script).await;
    until_it_says(owner, STATES, "credited, refunding").await;

    // Its block goes; what others have paid into the same address must not go instead.
    node.reorganise(depth).await.expect("reorganised");
    node.send_raw(&honest).await.expect("sent again");
    paying.mined(depth).await;
    until_it_says(owner, STATES, "credited, refunding").await;
    let _signers = paying.house.signers(&paying.world.database);
    let payments = paying.pays(&[]);
    until_it_says(owner, PAYMENTS, "sweep broadcast").await;
    paying.mined(depth).await;
    until_it_says(owner, PAYMENTS, "sweep confirmed").await;
    paying.assert_agreed().await;
    assert_eq!(paying.holds(to).await, U256::ZERO);

    // It comes again: once it is as deep as before, it goes back.
    node.send_raw(&suspected).await.expect("sent again");
    paying.mined(depth - 1).await;
    drop(payments);
    let _payments = paying.pays(&[]);
    let mined = "select count(*)::text from exchange.deposits where block_hash is not null";
    until_it_says(owner, mined, "2").await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(
        ask(owner, PAYMENTS).await,
        "sweep confirmed",
        "not deep enough yet"
    );
    paying.mined(1).await;
    until_it_says(owner, PAYMENTS, "sweep confirmed, refund broadcast").await;
    paying.mined(depth).await;
    until_it_says(owner, STATES, "credited, refunded").await;
    let held = paying.holds(to).await;
    let range = milliether_wei(990)..milliether_wei(1_000);
    assert!(range.contains(&held), "less its gas: {held}");
    paying.assert_agreed().await;
}
