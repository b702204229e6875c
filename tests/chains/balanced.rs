//! Two nodes behind one address, of which one lags: what it has not has happened all the same.

use tests::arrivals::{ask, until_it_says};
use tests::checks::assert_clean;
use tests::evm_gate::EvmGate;
use tests::house::state_of;
use tests::paying_evm::{FINAL, PayingEvm, receiver};
use tests::wait;
use tests::watched_evm::milliether_wei;
use tests::worker::Worker;

/// Answers of the one that lags after which a worker has concluded what it concludes.
const ENOUGH: usize = 6;

/// A worker that pays, whose questions are balanced.
fn pays(paying: &PayingEvm, address: &EvmGate) -> Worker {
    let mut settings = paying.world.settings();
    settings.retain(|(name, _)| *name != "EXCHANGE_EVM_URL");
    settings.push(("EXCHANGE_EVM_URL", address.url()));
    paying.house.payments(&paying.world.database, &settings)
}

#[tokio::test]
async fn what_a_lagging_node_has_not_is_neither_refunded_nor_paid_twice() {
    let paying = PayingEvm::start("evm_balanced").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let first = paying.pays(&[]);
    let withdrawal = paying.withdraw(receiver(40), "1").await;
    paying.until(withdrawal, "broadcast").await;
    drop(first);
    paying.mined(FINAL).await;
    let node = &paying.world.node;
    let lagging = node.newcomer().await.expect("another node");
    let lacks: &[&str] = &[
        "eth_getTransactionReceipt",
        "eth_getBlockReceipts",
        "eth_getLogs",
    ];
    // All of them, and those alone that say that nothing happened.
    for lacks in [lacks, &lacks[..2], &lacks[..1]] {
        let address = node.balanced(&lagging, lacks).expect("an address");
        let worker = pays(&paying, &address);
        wait::until("it has asked the one that lags", async || {
            let state = ask(owner, &state_of(withdrawal)).await;
            assert_eq!(state, "broadcast", "{lacks:?}");
            // A block wakes it.
            paying.mined(1).await;
            address.asked_elsewhere() >= ENOUGH
        })
        .await;
        drop(worker);
    }
    let _second = paying.pays(&[]);
    paying.until(withdrawal, "confirmed").await;
    let attempts = "select string_agg(state, ' ') from chain.attempts";
    until_it_says(owner, attempts, "mined").await;
    let held = paying.holds(receiver(40)).await;
    assert_eq!(held, milliether_wei(1_000), "once");
    assert_clean(owner).await;
}
