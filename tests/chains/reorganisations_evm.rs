//! Reorganisations of Ethereum, of every depth.

use alloy::primitives::U256;
use serde_json::{Value, json};
use tests::arrivals::{assert_sound, available_of, owed_by, spend, states_of, until_it_says};
use tests::watched_evm::{WatchedEvm, milliether_wei};

/// Confirmations of a small deposit in the tests.
const CONFIRMATIONS: u64 = 3;

/// A payment of 0.8 ETH of which all is said, so that the same words make the same transaction.
fn payment(world: &WatchedEvm, nonce: u64) -> Value {
    json!({
        "from": world.node.account(1), "to": world.address(0), "value": milliether_wei(800),
        "nonce": U256::from(nonce), "gas": "0x5208", "gasPrice": U256::from(20_000_000_000_u64),
    })
}

/// Pays, mines to this depth, and lets the chain forget it; the transaction.
async fn forgotten(world: &WatchedEvm, words: &Value, depth: u64, spent: Option<&str>) -> String {
    let sent = world.node.send(words.clone()).await.expect("taken");
    let states = states_of(&hex::encode(sent));
    world.mine(depth).await;
    let reached = match depth < CONFIRMATIONS {
        true => "value pending",
        false => "value credited",
    };
    until_it_says(&world.owner, &states, reached).await;
    if let Some(amount) = spent {
        let gone = spend(&world.owner, world.account(0), "ETH", amount).await;
        gone.expect("spent");
    }
    world.caught_up().await;
    world.node.reorganise(depth).await.expect("reorganised");
    world.mine(1).await;
    world.caught_up().await;
    until_it_says(&world.owner, &states, "value orphaned").await;
    assert_sound(&world.owner).await;
    hex::encode(sent)
}

/// The same words again, until they are credited.
async fn mined_again(world: &WatchedEvm, words: &Value, txid: &str) {
    let again = world.node.send(words.clone()).await.expect("taken");
    assert_eq!(hex::encode(again), txid);
    world.mine(CONFIRMATIONS).await;
    until_it_says(&world.owner, &states_of(txid), "value credited").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn an_ethereum_deposit_survives_reorganisations_of_every_depth() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let available = available_of(world.account(0), "ETH");
    for depth in 1..=CONFIRMATIONS + 2 {
        let words = payment(&world, depth - 1);
        let txid = forgotten(&world, &words, depth, None).await;
        let before = milliether((depth - 1) * 800);
        if depth > 1 {
            until_it_says(&world.owner, &available, &before).await;
        }
        mined_again(&world, &words, &txid).await;
        until_it_says(&world.owner, &available, &milliether(depth * 800)).await;
    }
}

#[tokio::test]
async fn ether_that_was_spent_before_its_deposit_vanished_is_owed_at_every_depth() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let account = world.account(0);
    for depth in CONFIRMATIONS..=CONFIRMATIONS + 2 {
        let words = payment(&world, depth - CONFIRMATIONS);
        let txid = forgotten(&world, &words, depth, Some("0.8")).await;
        until_it_says(&world.owner, &owed_by(account, "ETH"), "0.8").await;
        mined_again(&world, &words, &txid).await;
        until_it_says(&world.owner, &owed_by(account, "ETH"), "").await;
        until_it_says(&world.owner, &available_of(account, "ETH"), "0").await;
    }
}

/// Thousandths of an ETH as the exchange writes them.
fn milliether(thousandths: u64) -> String {
    rust_decimal::Decimal::new(thousandths.try_into().expect("small"), 3)
        .normalize()
        .to_string()
}
