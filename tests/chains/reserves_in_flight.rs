//! The comparison of reserves while payments of our own are on their way: it finds no difference,
//! and halts nothing, wherever they are.

use tests::arrivals::{ask, until_it_says};
use tests::comparison::{compare, halted, newest};
use tests::database::Database;
use tests::fault_points::Part;
use tests::paying_bitcoin::{self, PayingBitcoin};
use tests::paying_evm::{PayingEvm, receiver};
use tests::worker::Worker;
use tokio_postgres::Client;

/// How far the one attempt is.
const ATTEMPT: &str = "select state from chain.attempts";
const STOP: &str = "EXCHANGE_STOP_POINT";

/// Compares as often as it takes to halt.
async fn assert_calm(
    database: &Database,
    owner: &Client,
    settings: &[(&'static str, String)],
    (asset, point): (&str, &str),
) {
    for _ in 0..2 {
        let said = compare(database, settings);
        let newest = newest(owner, asset).await;
        assert!(newest.ends_with(" 0"), "{point}: {newest}: {said}");
    }
    assert_eq!(halted(owner).await, "", "{point}");
}

#[tokio::test]
async fn a_payment_of_bitcoin_on_its_way_is_no_difference() {
    let paying = PayingBitcoin::start("bitcoin_in_flight").await;
    let (database, settings) = (&paying.world.database, paying.world.settings());
    let _signers = paying.house.signers(database);
    for (key, point) in (60..).zip(Part::BitcoinPayment.points()) {
        let (worker, _) = paying.withdraw_through(key, STOP, &point).await;
        worker.stands_at(&point).await;
        let step = ("BTC", point.as_str());
        assert_calm(database, &paying.world.owner, &settings, step).await;
        worker.goes_on();
        paying.ends_well(key, &point).await;
    }
}

/// Who pays is away, and notes neither that the block is left nor that another comes.
#[tokio::test]
async fn a_payment_whose_block_was_left_is_no_difference() {
    let paying = PayingBitcoin::start("bitcoin_left").await;
    let (database, owner) = (&paying.world.database, &paying.world.owner);
    let _signers = paying.house.signers(database);
    let payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(&paying_bitcoin::receiver(60), "0.1").await;
    paying.until(withdrawal, "broadcast").await;
    paying.mined(1).await;
    until_it_says(owner, ATTEMPT, "mined").await;
    drop(payments);
    let settings = paying.world.settings();
    assert_calm(database, owner, &settings, ("BTC", "in a block")).await;
    paying.world.node.drop_blocks(1).await.expect("dropped");
    paying.world.mine_empty(2).await;
    paying.world.caught_up().await;
    assert_eq!(ask(owner, ATTEMPT).await, "mined", "as was noted");
    assert_calm(database, owner, &settings, ("BTC", "in no block")).await;
    let _payments = paying.pays(&[]);
    paying.ends_well(60, "its block was left").await;
}

/// A node whose call trees do not come shows no money that contracts send; what we send is known
/// otherwise.
#[tokio::test]
async fn a_payment_of_ether_on_its_way_is_no_difference_with_or_without_traces() {
    let mut paying = PayingEvm::start("evm_in_flight").await;
    let _signers = paying.house.signers(&paying.world.database);
    let mut count = 0;
    for traces in ["on", "off"] {
        let mut settings = paying.world.settings();
        settings.push(("EXCHANGE_EVM_TRACES", traces.to_owned()));
        let watcher = Worker::start_with(&paying.world.database, "evm", &settings);
        paying.watcher = watcher.expect("it starts");
        let (database, owner) = (&paying.world.database, &paying.world.owner);
        let points = Part::EvmPayment.points();
        // What is bumped leaves a base fee that takes a while to fall.
        for point in points.iter().filter(|point| *point != "bump_added") {
            count += 1;
            let (worker, _) = paying.withdraw_through(receiver(50), STOP, point).await;
            worker.stands_at(point).await;
            let step = ("ETH", point.as_str());
            assert_calm(database, owner, &paying.world.settings(), step).await;
            worker.goes_on();
            paying.ends_well(receiver(50), count, point).await;
        }
    }
}
