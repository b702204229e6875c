//! The database or a node dies while a worker stands at one of its fault points and the others are
//! at work: all of them come back by themselves, and each withdrawal is paid once.

use tests::arrivals::{ask, assert_sound, available_of};
use tests::database::Database;
use tests::fault_points::Part;
use tests::outage::{durable, kill};
use tests::paying_bitcoin::{PayingBitcoin, receiver};
use tests::paying_evm::{self, PayingEvm};
use tests::wait;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::WatchedEvm;
use tests::worker::Worker;

use super::deposit_faults::{
    credits_ethereum_once, credits_once, pay_ethereum_towards, pay_towards,
};

const STOP: &str = "EXCHANGE_STOP_POINT";

fn assert_alive(signers: &mut [Worker], worker: &mut Worker, watcher: &mut Worker) {
    signers
        .iter_mut()
        .for_each(|it| it.assert_alive("a signer"));
    worker.assert_alive("the worker that pays");
    watcher.assert_alive("the watcher");
}

/// A watcher that will stand at a place.
fn watches_until(
    database: &Database,
    family: &str,
    mut settings: Vec<(&'static str, String)>,
    point: &str,
) -> Worker {
    settings.push((STOP, point.to_owned()));
    Worker::start_with(database, family, &settings).expect("it starts")
}

#[tokio::test]
async fn the_database_may_be_killed_at_every_step_of_a_bitcoin_withdrawal() {
    let (cluster, database) = durable().await;
    let mut paying = PayingBitcoin::on(database, "bitcoin_database").await;
    let mut signers = paying.house.signers(&paying.world.database);
    for (key, point) in (60..).zip(Part::BitcoinPayment.points()) {
        let (mut worker, _) = paying.withdraw_through(key, STOP, &point).await;
        worker.stands_at(&point).await;
        kill(&cluster);
        worker.goes_on();
        paying.world.owner = paying.world.database.owner().await;
        paying.ends_well(key, &point).await;
        assert_alive(&mut signers, &mut worker, &mut paying.watcher);
    }
}

#[tokio::test]
async fn the_database_may_be_killed_at_every_step_of_an_ethereum_withdrawal() {
    let (cluster, database) = durable().await;
    let mut paying = PayingEvm::on(database, "evm_database").await;
    let mut signers = paying.house.signers(&paying.world.database);
    let to = paying_evm::receiver(20);
    for (count, point) in (1..).zip(Part::EvmPayment.points()) {
        let (mut worker, _) = paying.withdraw_through(to, STOP, &point).await;
        worker.stands_at(&point).await;
        kill(&cluster);
        worker.goes_on();
        paying.world.owner = paying.world.database.owner().await;
        paying.ends_well(to, count, &point).await;
        assert_alive(&mut signers, &mut worker, &mut paying.watcher);
    }
}

#[tokio::test]
async fn the_database_may_be_killed_at_every_step_of_a_signature() {
    let (cluster, database) = durable().await;
    let mut paying = PayingBitcoin::on(database, "signer_database").await;
    let mut payments = paying.pays(&[]);
    let mut key = 60;
    for (name, other) in [("a", "b"), ("b", "a")] {
        for point in Part::Signer.points() {
            key += 1;
            let (house, database) = (&paying.house, &paying.world.database);
            let stopped = house.signer(database, name, &[(STOP, &point)]);
            let mut signers = [stopped, house.signer(database, other, &[])];
            paying.withdraw(&receiver(key), "0.1").await;
            signers[0].stands_at(&point).await;
            kill(&cluster);
            signers[0].goes_on();
            paying.world.owner = paying.world.database.owner().await;
            paying.ends_well(key, &point).await;
            assert_alive(&mut signers, &mut payments, &mut paying.watcher);
        }
    }
}

#[tokio::test]
async fn the_database_may_be_killed_at_every_step_of_a_bitcoin_deposit() {
    let (cluster, database) = durable().await;
    let mut world = WatchedBitcoin::on(database, 2).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        pay_towards(&mut world, &point).await;
        let mut watcher = watches_until(&world.database, "bitcoin", world.settings(), &point);
        watcher.stands_at(&point).await;
        kill(&cluster);
        watcher.goes_on();
        world.owner = world.database.owner().await;
        credits_once(&world, number).await;
        watcher.assert_alive("the watcher");
    }
}

#[tokio::test]
async fn the_database_may_be_killed_at_every_step_of_an_ethereum_deposit() {
    let (cluster, database) = durable().await;
    let mut world = WatchedEvm::on(database, 1).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        pay_ethereum_towards(&world, &point).await;
        let mut watcher = watches_until(&world.database, "evm", world.settings(), &point);
        watcher.stands_at(&point).await;
        kill(&cluster);
        watcher.goes_on();
        world.owner = world.database.owner().await;
        credits_ethereum_once(&world, number).await;
        watcher.assert_alive("the watcher");
    }
}

#[tokio::test]
async fn the_bitcoin_node_may_be_killed_at_every_step_of_a_deposit() {
    let mut world = WatchedBitcoin::start(2).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        // What it has not written down dies with it: not the chain of before.
        world.node.stop();
        world.node.start_again().await.expect("it starts");
        let paid = pay_towards(&mut world, &point).await;
        let mut watcher = watches_until(&world.database, "bitcoin", world.settings(), &point);
        watcher.stands_at(&point).await;
        world.node.kill();
        watcher.goes_on();
        world.node.start_again().await.expect("it starts");
        let (of, all) = (
            available_of(world.account(0), "BTC"),
            format!("0.00{number}"),
        );
        wait::until(&format!("all is credited after {point}"), async || {
            for transaction in &paid {
                // Its payer sends it again, which the node refuses where a block has it.
                let _refused = world.node.send(transaction).await;
            }
            world.mine(1).await;
            world.is_caught_up().await && ask(&world.owner, &of).await == all
        })
        .await;
        assert_sound(&world.owner).await;
        world.assert_sums_agree().await;
        watcher.assert_alive("the watcher");
    }
}

#[tokio::test]
async fn the_ethereum_node_may_lose_what_waits_at_every_step_of_a_deposit() {
    let mut world = WatchedEvm::start(1).await;
    for (number, point) in (1..).zip(Part::Watcher.points()) {
        pay_ethereum_towards(&world, &point).await;
        let mut watcher = watches_until(&world.database, "evm", world.settings(), &point);
        watcher.stands_at(&point).await;
        world.node.stop();
        watcher.goes_on();
        world.node.start_again().await.expect("it starts");
        if point.starts_with("mempool") {
            // No block has it: its payer pays again.
            world.pay(0, 1_000).await;
            world.pay_token(world.token, 0, 2_000_000).await;
        }
        credits_ethereum_once(&world, number).await;
        watcher.assert_alive("the watcher");
    }
}

#[tokio::test]
async fn the_bitcoin_node_may_be_killed_at_every_step_of_a_withdrawal() {
    let mut paying = PayingBitcoin::start("bitcoin_node_killed").await;
    let mut signers = paying.house.signers(&paying.world.database);
    // What it has not written down dies with it: not the chain before the first withdrawal.
    paying.world.node.stop();
    paying.world.node.start_again().await.expect("it starts");
    for (key, point) in (60..).zip(Part::BitcoinPayment.points()) {
        let (mut worker, _) = paying.withdraw_through(key, STOP, &point).await;
        worker.stands_at(&point).await;
        paying.world.node.kill();
        worker.goes_on();
        paying.world.node.start_again().await.expect("it starts");
        paying.ends_well(key, &point).await;
        assert_alive(&mut signers, &mut worker, &mut paying.watcher);
    }
}

/// Anvil writes its chain down when it is asked to stop; what waits to be mined is lost.
#[tokio::test]
async fn the_ethereum_node_may_lose_what_waits_at_every_step_of_a_withdrawal() {
    let mut paying = PayingEvm::start("evm_node_stopped").await;
    let mut signers = paying.house.signers(&paying.world.database);
    let to = paying_evm::receiver(21);
    for (count, point) in (1..).zip(Part::EvmPayment.points()) {
        let (mut worker, _) = paying.withdraw_through(to, STOP, &point).await;
        worker.stands_at(&point).await;
        paying.world.node.stop();
        worker.goes_on();
        paying.world.node.start_again().await.expect("it starts");
        paying.ends_well(to, count, &point).await;
        assert_alive(&mut signers, &mut worker, &mut paying.watcher);
    }
}
