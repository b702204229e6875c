//! Watchers, nodes and databases that end at the worst moment: every coin is credited once.

use std::process::Command;

use bitcoin::Transaction;
use serde_json::json;
use tests::api_server::{Build, built};
use tests::arrivals::{ask, assert_sound, available_of, ring, states_of, until_it_says};
use tests::chain_fixture::BITCOIN;
use tests::evm_node::EvmNode;
use tests::fault_points::Part;
use tests::outage::durable;
use tests::wait;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::WatchedEvm;
use tests::worker::Worker;

#[tokio::test]
async fn a_bitcoin_watcher_may_be_killed_at_every_step() {
    let mut world = WatchedBitcoin::start(2).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        pay_towards(&mut world, &point).await;
        let mut doomed = world.watch_until(&point);
        doomed.dies_at(&point).await;
        assert_sound(&world.owner).await;

        let _watcher = world.watch();
        credits_once(&world, number).await;
    }
}

/// Mines until what was paid towards so many places is credited, and nothing twice.
pub(super) async fn credits_once(world: &WatchedBitcoin, places: u64) {
    world.mine(2).await;
    world.caught_up().await;
    let of = available_of(world.account(0), "BTC");
    until_it_says(&world.owner, &of, &format!("0.00{places}")).await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

/// Pays 0.001 BTC to account 0, and does what brings a watcher that starts now to a place; gives
/// the transactions that a block is to hold.
pub(super) async fn pay_towards(world: &mut WatchedBitcoin, point: &str) -> Vec<Transaction> {
    let mut paid = vec![world.pay(&[(0, 100_000)]).await];
    match point {
        "mempool_seen" => {}
        "mempool_forgotten" => paid.push(forget_one(world).await),
        "fork_found" | "fork_left" => leave_behind(world).await,
        _ => world.mine(2).await,
    }
    paid
}

/// A chain that was read and credited, and is left while nobody watches.
async fn leave_behind(world: &WatchedBitcoin) {
    {
        let _watcher = world.watch();
        world.mine(2).await;
        world.caught_up().await;
        until_it_says(&world.owner, PENDING, "0").await;
    }
    world.node.drop_blocks(2).await.expect("dropped");
    world.mine_empty(3).await;
}

const PENDING: &str = "select count(*)::text from exchange.deposits where state = 'pending'";

/// A transaction that was seen, and is replaced while nobody watches; gives what replaces it.
async fn forget_one(world: &mut WatchedBitcoin) -> Transaction {
    let seen = world.pay(&[(1, 300_000)]).await;
    {
        let _watcher = world.watch();
        let states = states_of(&seen.compute_txid().to_string());
        until_it_says(&world.owner, &states, "output:0 seen").await;
    }
    let elsewhere = [(world.purse.address().script_pubkey(), 300_000)];
    let other = world.purse.replace(&seen, &elsewhere, 50_000);
    let other = other.expect("a payment");
    world.node.send(&other).await.expect("taken");
    other
}

#[tokio::test]
async fn an_ethereum_watcher_may_be_killed_at_every_step() {
    let world = WatchedEvm::start(1).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        pay_ethereum_towards(&world, &point).await;
        let mut doomed = world.watch_until(&point);
        doomed.dies_at(&point).await;
        assert_sound(&world.owner).await;
        let _watcher = world.watch();
        credits_ethereum_once(&world, number).await;
    }
}

/// Mines until what was paid towards so many places is credited, and nothing twice.
pub(super) async fn credits_ethereum_once(world: &WatchedEvm, places: u64) {
    world.mine(3).await;
    world.caught_up().await;
    for (coin, amount) in [("ETH", places), ("USDT", 2 * places)] {
        let of = available_of(world.account(0), coin);
        until_it_says(&world.owner, &of, &amount.to_string()).await;
    }
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

/// Pays 1 ETH and 2 USDT to account 0, and does what brings a watcher that starts now to a place.
pub(super) async fn pay_ethereum_towards(world: &WatchedEvm, point: &str) {
    world.pay(0, 1_000).await;
    world.pay_token(world.token, 0, 2_000_000).await;
    match point {
        "mempool_seen" => {}
        "mempool_forgotten" => drop_one(world).await,
        "fork_found" | "fork_left" => leave_ethereum_behind(world).await,
        _ => world.mine(3).await,
    }
}

/// A transaction that was seen, and vanishes while nobody watches.
async fn drop_one(world: &WatchedEvm) {
    let seen = world.pay(0, 5_000).await;
    {
        let _watcher = world.watch();
        let text = "select count(*)::text from exchange.deposits where state = 'seen'";
        until_it_says(&world.owner, text, "3").await;
    }
    let dropped = world.node.call("anvil_dropTransaction", json!([seen]));
    dropped.await.expect("dropped");
}

/// A chain that was read and credited, and is left while nobody watches; the payers pay again.
async fn leave_ethereum_behind(world: &WatchedEvm) {
    {
        let _watcher = world.watch();
        world.mine(3).await;
        world.caught_up().await;
        until_it_says(&world.owner, PENDING, "0").await;
    }
    world.node.reorganise(3).await.expect("reorganised");
    world.pay(0, 1_000).await;
    world.pay_token(world.token, 0, 2_000_000).await;
    world.mine(1).await;
}

#[tokio::test]
async fn two_watchers_at_once_credit_once() {
    let mut world = WatchedBitcoin::start(4).await;
    let _first = world.watch();
    let _second = world.watch();
    for _ in 0..6 {
        world
            .pay(&[(0, 100_000), (1, 100_000), (2, 100_000), (3, 100_000)])
            .await;
        world.mine(1).await;
    }
    world.node.drop_blocks(3).await.expect("dropped");
    world.mine_empty(2).await;
    world.mine(4).await;
    world.caught_up().await;
    for number in 0..4 {
        let of = available_of(world.account(number), "BTC");
        until_it_says(&world.owner, &of, "0.006").await;
    }
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_bell_wakes_a_watcher_that_looks_rarely() {
    let mut world = WatchedBitcoin::start(1).await;
    let settings = [
        ("EXCHANGE_BITCOIN_URL", world.node.url()),
        ("EXCHANGE_CHAIN_PAUSE_MS", "60000".to_owned()),
    ];
    let watcher = Worker::start_with(&world.database, "bitcoin", &settings);
    let _watcher = watcher.expect("it starts");
    world.caught_up().await;
    // It sleeps once it has looked at the mempool and the fee.
    let sampled = "select count(*)::text from chain.fee_samples";
    until_it_says(&world.owner, sampled, "1").await;
    world.pay(&[(0, 100_000)]).await;
    world.mine(2).await;
    let of = available_of(world.account(0), "BTC");
    wait::until("the bell was heard", async || {
        ring(&world.owner, BITCOIN).await;
        ask(&world.owner, &of).await == "0.001"
    })
    .await;
}

#[tokio::test]
async fn a_watcher_waits_for_its_node_and_catches_up() {
    let mut world = WatchedBitcoin::start(1).await;
    let mut watcher = world.watch();
    world.caught_up().await;
    world.pay(&[(0, 100_000)]).await;
    world.node.stop();
    world.node.start_again().await.expect("started");
    world.mine(2).await;
    until_it_says(
        &world.owner,
        &available_of(world.account(0), "BTC"),
        "0.001",
    )
    .await;
    world.node.kill();
    world.node.start_again().await.expect("started");
    world.pay(&[(0, 100_000)]).await;
    world.mine(2).await;
    until_it_says(
        &world.owner,
        &available_of(world.account(0), "BTC"),
        "0.002",
    )
    .await;
    assert_eq!(watcher.has_ended().expect("asked"), None);
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn an_ethereum_watcher_waits_for_its_node_and_catches_up() {
    let mut world = WatchedEvm::start(1).await;
    let mut watcher = world.watch();
    world.caught_up().await;
    world.pay(0, 1_000).await;
    world.mine(1).await;
    world.node.stop();
    world.node.start_again().await.expect("started");
    world.mine(3).await;
    until_it_says(&world.owner, &available_of(world.account(0), "ETH"), "1").await;
    assert_eq!(watcher.has_ended().expect("asked"), None);
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_watcher_waits_for_its_database_and_catches_up() {
    let (cluster, database) = durable().await;
    let mut world = WatchedBitcoin::on(database, 1).await;
    let mut watcher = world.watch();
    world.caught_up().await;
    for total in ["0.001", "0.002"] {
        world.pay(&[(0, 100_000)]).await;
        world.mine(1).await;
        cluster.primary().kill().expect("killed");
        world.mine(1).await;
        cluster.primary().start().expect("started");
        world.owner = world.database.owner().await;
        until_it_says(&world.owner, &available_of(world.account(0), "BTC"), total).await;
    }
    assert_eq!(watcher.has_ended().expect("asked"), None);
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_node_of_another_chain_is_refused_and_nothing_changes() {
    let world = WatchedEvm::start(1).await;
    {
        let _watcher = world.watch();
        world.caught_up().await;
    }
    let before = ask(&world.owner, "select count(*)::text from chain.blocks").await;
    let other = EvmNode::start_from(1_000_000_000).await;
    let other = other.expect("another chain");
    other.mine(20).await.expect("mined");
    let settings = [
        ("EXCHANGE_EVM_URL", other.url()),
        ("EXCHANGE_CHAIN_PAUSE_MS", "50".to_owned()),
    ];
    let mut watcher = Worker::start_with(&world.database, "evm", &settings).expect("started");
    watcher.dies_at("the wrong node").await;
    assert_eq!(
        ask(&world.owner, "select count(*)::text from chain.blocks").await,
        before
    );

    let said = said_by(&world, &settings);
    assert!(said.contains("WRONG_NODE"), "{said}");
    assert_sound(&world.owner).await;
}

/// What a watcher with these settings says until it ends.
fn said_by(world: &WatchedEvm, settings: &[(&str, String)]) -> String {
    let program = built("workers", Build::Debug).expect("built");
    let output = Command::new(program)
        .arg("evm")
        .env("DATABASE_URL", world.database.url("exchange_worker"))
        .envs(settings.iter().map(|(name, value)| (*name, value)))
        .output()
        .expect("it runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
