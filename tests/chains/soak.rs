//! Many withdrawals, while workers, signers, watchers, the node and the database die and blocks are
//! undone: each receiver has exactly what was sent to it, once, and chain and books agree.

mod bitcoin;
mod ethereum;

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tests::arrivals::ask;
use tests::cluster::Cluster;
use tests::database::Database;
use tests::house::House;
use tests::outage::kill;
use tests::worker::Worker;
use tokio_postgres::Client;

/// Withdrawals of each network, where `EXCHANGE_SOAK` says no other number.
const WITHDRAWALS: u32 = 60;
/// How long each may take on the whole.
const EACH: Duration = Duration::from_secs(3);
/// Pause between two faults.
const PAUSE: Duration = Duration::from_millis(250);

/// One network's part.
trait Town {
    fn house(&self) -> &House;
    fn database(&self) -> &Database;
    fn owner(&mut self) -> &mut Client;
    /// A worker that pays.
    fn pays(&self) -> Worker;
    /// Ends the watcher and starts another.
    fn watch_again(&mut self);
    /// Asks for one to the receiver of this number.
    async fn ask(&self, number: u32);
    async fn mine(&self);
    /// Undoes less than what makes a payment final.
    async fn reorganise(&self, random: &mut StdRng);
    /// Stops the node and starts it again.
    async fn restart(&mut self);
    /// Panics where a receiver has not what it should have.
    async fn assert_paid(&self, count: u32);
    async fn assert_agreed(&self);
}

fn withdrawals() -> u32 {
    let said = std::env::var("EXCHANGE_SOAK").ok();
    said.and_then(|text| text.parse().ok())
        .unwrap_or(WITHDRAWALS)
}

/// Asks for many, does harm until all are paid, and looks what came of it.
async fn survive(mut town: impl Town, cluster: &Cluster) {
    let count = withdrawals();
    for number in 0..count {
        town.ask(number).await;
    }
    let mut random = StdRng::seed_from_u64(7);
    let mut signers = town.house().signers(town.database());
    let mut payments = [town.pays(), town.pays()];
    let mut pace = tokio::time::interval(PAUSE);
    let limit = Instant::now() + EACH * count.max(WITHDRAWALS);
    // Also until it is known of each transaction whether it has cost something.
    let open = "select ((select count(*) from exchange.withdrawals where ended_at is null)
        + (select count(*) from chain.attempts
            where from_script is not null and raw is not null and closed_at is null))::text";
    loop {
        let left = ask(town.owner(), open).await;
        if left == "0" {
            break;
        }
        assert!(Instant::now() < limit, "{left} are still open");
        pace.tick().await;
        town.mine().await;
        match random.random_range(0..1_000) {
            0..80 => payments[0] = town.pays(),
            80..120 => signers[0] = town.house().signer(town.database(), "a", &[]),
            120..160 => signers[1] = town.house().signer(town.database(), "b", &[]),
            160..200 => town.reorganise(&mut random).await,
            200..230 => town.watch_again(),
            230..240 => town.restart().await,
            240..250 => {
                kill(cluster);
                let again = town.database().owner().await;
                *town.owner() = again;
            }
            _ => {}
        }
    }
    drop((signers, payments));
    town.assert_paid(count).await;
    let confirmed = "select count(*)::text from exchange.withdrawals where state = 'confirmed'";
    assert_eq!(ask(town.owner(), confirmed).await, count.to_string());
    town.assert_agreed().await;
}
