//! Payments: how long an approved withdrawal takes until a node has its transaction, with two
//! signers: ETH out of a Safe, and BTC out of a wallet of three keys, as many together as come
//! within the batch's wait.

use std::time::Duration;

use alloy::primitives::Address;
use anyhow::Result;
use tokio_postgres::Client;

use super::report::Report;
use super::stage::Exchange;
use crate::api_server::Build;
use crate::arrivals::{open_accounts, until_it_says};
use crate::bitcoin_node::BitcoinNode;
use crate::chain_fixture::{list_bitcoin, list_ethereum};
use crate::evm_node::EvmNode;
use crate::house::{House, ask_withdrawal, count_in, fund, state_of};
use crate::paying_bitcoin::{FINAL, script_of};
use crate::purse::Purse;
use crate::worker::Worker;

/// Pause between two withdrawals.
const PAUSE: Duration = Duration::from_millis(200);
/// The same where each goes alone: longer than a batch waits.
const LONG_PAUSE: Duration = Duration::from_millis(1_300);
/// Of so many withdrawals one is measured alone.
const A_LONE: u32 = 5;
/// Withdrawals for each block that is mined.
const A_BLOCK: u32 = 5;
/// The hot Bitcoin wallet: so many outputs of a bitcoin from each of the purse's.
const OUTPUTS: (u32, usize) = (4, 45);
/// Satoshis of a bitcoin.
const BITCOIN: u64 = 100_000_000;

/// Measures it with so many withdrawals on each network, offered at a steady pace.
pub async fn run(
    withdrawals: u32,
    build: Build,
    exchange: &Exchange,
    report: &mut Report,
) -> Result<()> {
    let owner = exchange.database.owner().await;
    list_bitcoin(&owner).await;
    list_ethereum(&owner, None).await;
    let account = open_accounts(&owner, 1).await;
    fund(&owner, account, "ETH", "10000").await;
    fund(&owner, account, "BTC", "100").await;
    let house = House::make_as("bench", build)?;
    ethereum(withdrawals, account, (exchange, &house, build), report).await?;
    bitcoin(withdrawals, account, (exchange, &house, build), report).await
}

type Place<'a> = (&'a Exchange, &'a House, Build);

async fn ethereum(
    withdrawals: u32,
    account: i64,
    (exchange, house, build): Place<'_>,
    report: &mut Report,
) -> Result<()> {
    let owner = exchange.database.owner().await;
    let node = EvmNode::start().await?;
    house.settle_evm(&exchange.database, &node).await?;
    let settings = [("EXCHANGE_EVM_URL", node.url())];
    let _watcher = Worker::start_as(&exchange.database, "evm", build, &settings)?;
    let _signers = house.signers(&exchange.database);
    let _payments = house.payments(&exchange.database, &settings);
    let to = Address::repeat_byte(0x5a);
    // The first one waits for processes that start.
    let first = ask_withdrawal(&owner, account, "ETH", to.as_slice(), "0.1").await;
    until_it_says(&owner, &state_of(first), "broadcast").await;
    node.mine(12).await?;
    until_it_says(&owner, &state_of(first), "confirmed").await;
    let mut pace = tokio::time::interval(PAUSE);
    for number in 1..=withdrawals {
        pace.tick().await;
        ask_withdrawal(&owner, account, "ETH", to.as_slice(), "0.1").await;
        if number % A_BLOCK == 0 {
            node.mine(1).await?;
        }
    }
    all_sent(&owner).await;
    let taken = tell("approval_to_broadcast", first, &owner, report).await?;
    anyhow::ensure!(taken == i64::from(withdrawals), "{taken} were measured");
    Ok(())
}

async fn bitcoin(
    withdrawals: u32,
    account: i64,
    (exchange, house, build): Place<'_>,
    report: &mut Report,
) -> Result<()> {
    let owner = exchange.database.owner().await;
    let node = BitcoinNode::start().await?;
    let hot = script_of(&house.settle_bitcoin(&exchange.database)?);
    let mut purse = Purse::funded(&node, 1, OUTPUTS.0).await?;
    for _ in 0..OUTPUTS.0 {
        let filled = purse.pay(&vec![(hot.clone(), BITCOIN); OUTPUTS.1], 10_000)?;
        node.send(&filled).await?;
    }
    let elsewhere = Purse::new(2);
    let mine = async |blocks| node.mine_to(elsewhere.address(), blocks).await;
    mine(1).await?;
    let settings = [
        ("EXCHANGE_BITCOIN_URL", node.url()),
        // As it is unless somebody sets it.
        ("EXCHANGE_BATCH_WAIT_MS", "1000".to_owned()),
    ];
    let _watcher = Worker::start_as(&exchange.database, "bitcoin", build, &settings)?;
    let _signers = house.signers(&exchange.database);
    let _payments = house.payments(&exchange.database, &settings);
    let script = elsewhere.address().script_pubkey();
    let ask = async || ask_withdrawal(&owner, account, "BTC", script.as_bytes(), "0.01").await;
    let mut last = ask().await;
    until_it_says(&owner, &state_of(last), "broadcast").await;
    mine(FINAL).await?;
    let paces = [
        ("bitcoin_approval_to_broadcast", PAUSE, withdrawals),
        (
            "bitcoin_approval_to_broadcast_alone",
            LONG_PAUSE,
            withdrawals / A_LONE,
        ),
    ];
    for (name, pause, many) in paces {
        let before = last;
        let mut pace = tokio::time::interval(pause);
        for number in 1..=many {
            pace.tick().await;
            last = ask().await;
            if number % A_BLOCK == 0 {
                mine(1).await?;
            }
        }
        all_sent(&owner).await;
        let taken = tell(name, before, &owner, report).await?;
        anyhow::ensure!(taken == i64::from(many), "{taken} were measured");
    }
    Ok(())
}

async fn all_sent(owner: &Client) {
    until_it_says(owner, &count_in("approved"), "0").await;
    until_it_says(owner, &count_in("signed"), "0").await;
}

/// Reports what those after a withdrawal took; gives how many these are.
async fn tell(name: &str, after: i64, owner: &Client, report: &mut Report) -> Result<i64> {
    let text = "select count(*), percentile_disc(array[0.5, 0.99]) within group (order by
            (extract(epoch from a.broadcast_at - w.approved_at) * 1000)::bigint)
        from exchange.withdrawals w join chain.attempts a using (payment_id)
        where a.number = 1 and w.withdrawal_id > $1";
    let row = owner.query_one(text, &[&after]).await?;
    let took: Vec<i64> = row.get(1);
    for (part, took) in ["p50", "p99"].into_iter().zip(took) {
        report.add(&format!("{name}_{part}_ms"), took.unsigned_abs(), "ms");
    }
    Ok(row.get(0))
}
