//! Many withdrawals, while workers, signers and watchers are killed and blocks are undone: nothing
//! is lost and nothing is sent twice, by the chain's sums and the ledger's.

use std::time::{Duration, Instant};

use alloy::primitives::Address;
use rand::Rng as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tests::arrivals::ask;
use tests::checks::assert_clean;
use tests::house::{House, ask_withdrawal, fund};
use tests::watched_evm::{WatchedEvm, milliether_wei};

/// Withdrawals, where `EXCHANGE_SOAK` says no other number.
const WITHDRAWALS: u64 = 60;
/// How long each may take on the whole.
const EACH: Duration = Duration::from_secs(3);
/// Pause between two faults.
const PAUSE: Duration = Duration::from_millis(250);

#[tokio::test]
async fn many_withdrawals_with_faults_are_each_paid_once() {
    let count = std::env::var("EXCHANGE_SOAK")
        .ok()
        .and_then(|text| text.parse().ok());
    let count = count.unwrap_or(WITHDRAWALS);
    let world = WatchedEvm::start(1).await;
    let owner = &world.owner;
    let house = House::make("soak").expect("tokens");
    house
        .settle_evm(&world.database, &world.node)
        .await
        .expect("a Safe");
    world.mine(1).await;
    fund(owner, world.account(0), "ETH", "1000").await;
    let database = &world.database;
    let mut watcher = world.watch();
    world.caught_up().await;
    let mut signers = house.signers(database);
    let mut payments = [0, 1].map(|_| house.payments(database, &world.settings()));
    let to = Address::repeat_byte(0x5b);
    for _ in 0..count {
        ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "0.001").await;
    }
    let mut random = StdRng::seed_from_u64(7);
    let mut pace = tokio::time::interval(PAUSE);
    let limit = Instant::now() + EACH * u32::try_from(count).expect("a small number");
    let open = "select count(*)::text from exchange.withdrawals where ended_at is null";
    while ask(owner, open).await != "0" {
        assert!(
            Instant::now() < limit,
            "{} are still open",
            ask(owner, open).await
        );
        pace.tick().await;
        world.mine(1).await;
        match random.random_range(0..100) {
            0..8 => payments[0] = house.payments(database, &world.settings()),
            8..12 => signers[0] = house.signer(database, "a", &[]),
            12..16 => signers[1] = house.signer(database, "b", &[]),
            16..20 => {
                let depth = random.random_range(1..5);
                world.node.reorganise(depth).await.expect("reorganised");
            }
            20..23 => watcher = world.watch(),
            _ => {}
        }
    }
    drop((watcher, signers, payments));
    let held = world.node.balance(to).await.expect("a balance");
    assert_eq!(held, milliether_wei(count));
    let confirmed = "select count(*)::text from exchange.withdrawals where state = 'confirmed'";
    assert_eq!(ask(owner, confirmed).await, count.to_string());
    assert_clean(owner).await;
}
