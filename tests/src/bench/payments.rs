//! Payments: how long an approved withdrawal takes until a node has its transaction, with two
//! signers, tokens and a Safe.

use std::time::Duration;

use alloy::primitives::Address;
use anyhow::Result;

use super::report::Report;
use super::stage::Exchange;
use crate::api_server::Build;
use crate::arrivals::{open_accounts, until_it_says};
use crate::chain_fixture::list_ethereum;
use crate::evm_node::EvmNode;
use crate::house::{House, ask_withdrawal, count_in, fund};
use crate::worker::Worker;

/// Pause between two withdrawals.
const PAUSE: Duration = Duration::from_millis(200);
/// Withdrawals for each block that is mined.
const A_BLOCK: u32 = 5;

/// Measures it with so many withdrawals, offered at a steady pace.
pub async fn run(
    withdrawals: u32,
    build: Build,
    exchange: &Exchange,
    report: &mut Report,
) -> Result<()> {
    let owner = exchange.database.owner().await;
    list_ethereum(&owner, None).await;
    let account = open_accounts(&owner, 1).await;
    fund(&owner, account, "ETH", "10000").await;
    let node = EvmNode::start().await?;
    let house = House::make_as("bench", build)?;
    house.settle_evm(&exchange.database, &node).await?;
    let settings = [("EXCHANGE_EVM_URL", node.url())];
    let _watcher = Worker::start_as(&exchange.database, "evm", build, &settings)?;
    let _signers = house.signers(&exchange.database);
    let _payments = house.payments(&exchange.database, &settings);
    let to = Address::repeat_byte(0x5a);
    // The first one waits for processes that start.
    ask_withdrawal(&owner, account, "ETH", to.as_slice(), "0.1").await;
    until_it_says(&owner, &count_in("broadcast"), "1").await;
    node.mine(12).await?;
    until_it_says(&owner, &count_in("confirmed"), "1").await;
    let mut pace = tokio::time::interval(PAUSE);
    for number in 1..=withdrawals {
        pace.tick().await;
        ask_withdrawal(&owner, account, "ETH", to.as_slice(), "0.1").await;
        if number % A_BLOCK == 0 {
            node.mine(1).await?;
        }
    }
    until_it_says(&owner, &count_in("approved"), "0").await;
    until_it_says(&owner, &count_in("signed"), "0").await;
    for (name, part) in [("p50", "0.5"), ("p99", "0.99")] {
        let text = format!(
            "select (percentile_disc({part}) within group (order by
                extract(epoch from a.broadcast_at - w.approved_at)) * 1000)::bigint
             from exchange.withdrawals w join chain.attempts a using (payment_id)
             where a.number = 1 and w.withdrawal_id > 1"
        );
        let took: i64 = owner.query_one(&text, &[]).await?.get(0);
        report.add(
            &format!("approval_to_broadcast_{name}_ms"),
            took.unsigned_abs(),
            "ms",
        );
    }
    Ok(())
}
