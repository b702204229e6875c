//! Chains: how long a block takes to be matched against many addresses, many deposits to be
//! credited, and a watcher that was away to catch up.

use std::time::Instant;

use anyhow::Result;
use serde_json::json;
use tokio_postgres::Client;

use super::addresses;
use super::report::Report;
use super::stage::Exchange;
use crate::api_server::Build;
use crate::arrivals::until_it_says;
use crate::bitcoin_node::BitcoinNode;
use crate::chain_fixture::{list_bitcoin, list_ethereum};
use crate::evm_node::EvmNode;
use crate::many_deposits::{give_addresses, note_sources, read_block};
use crate::purse::Purse;
use crate::worker::Worker;

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub struct ChainsPlan {
    /// Deposit addresses that a block is matched against.
    pub addresses: i64,
    /// Outputs of that block, a tenth of them to deposit addresses.
    pub outputs: i32,
    /// Deposits that are credited.
    pub deposits: i32,
    /// Empty blocks that a watcher catches up.
    pub blocks: u32,
    /// Withdrawals that are paid.
    pub withdrawals: u32,
    /// How the workers are built.
    pub build: Build,
}

/// Deposits of one transaction, as the watcher has it.
const AT_ONCE: i32 = 500;

/// Measures all of it.
pub async fn run(plan: &ChainsPlan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let owner = exchange.database.owner().await;
    list_bitcoin(&owner).await;
    list_ethereum(&owner, None).await;
    give_addresses(&owner, plan.addresses).await?;
    let tidy = "analyze chain.addresses, exchange.accounts; checkpoint";
    owner.batch_execute(tidy).await?;
    scan(plan, &owner, report).await?;
    addresses::run(plan.build, exchange, report).await?;
    credit(plan, &owner, report).await?;
    catch_up(plan, exchange, report).await
}

/// One block, a tenth of whose outputs are ours; before it one that warms what caches there are.
async fn scan(plan: &ChainsPlan, owner: &Client, report: &mut Report) -> Result<()> {
    let (outputs, of) = (plan.outputs, plan.addresses);
    read_block(owner, 0, outputs, 0, of).await?;
    let start = Instant::now();
    read_block(owner, 1, outputs, outputs / 10, of).await?;
    report.add_duration("block_scan_s", start.elapsed());
    Ok(())
}

async fn credit(plan: &ChainsPlan, owner: &Client, report: &mut Report) -> Result<()> {
    let deposits = plan.deposits;
    read_block(owner, 2, deposits, deposits, plan.addresses).await?;
    read_block(owner, 3, 1, 0, plan.addresses).await?;
    let start = Instant::now();
    // As a watcher has asked its node.
    note_sources(owner).await?;
    loop {
        let text = "select chain.confirm_deposits(1, $1)";
        let decided: i32 = owner.query_one(text, &[&AT_ONCE]).await?.get(0);
        if decided < AT_ONCE {
            break;
        }
    }
    report.add_duration("deposits_credit_s", start.elapsed());
    let text = "select count(*) from exchange.deposits where state = 'credited'";
    let credited: i64 = owner.query_one(text, &[]).await?.get(0);
    report.add("deposits_credited", credited.unsigned_abs(), "deposits");
    Ok(())
}

/// Watchers that begin with the first block of real nodes.
async fn catch_up(plan: &ChainsPlan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let owner = exchange.database.owner().await;
    // What was read above is of no node.
    let forget = "update chain.networks set name = 'measured' where network_id = 1;
        select chain.create_network(3, 'bitcoin', 'bitcoin', 'regtest')";
    owner.batch_execute(forget).await?;
    let bitcoin = BitcoinNode::start().await?;
    bitcoin
        .mine_to(Purse::new(1).address(), plan.blocks)
        .await?;
    let settings = [("EXCHANGE_BITCOIN_URL", bitcoin.url())];
    let start = Instant::now();
    let watcher = Worker::start_as(&exchange.database, "bitcoin", plan.build, &settings)?;
    until_read(&owner, 3, plan.blocks).await;
    report.add_duration("bitcoin_catch_up_s", start.elapsed());
    drop(watcher);

    let ethereum = EvmNode::start().await?;
    let blocks = json!([format!("{:#x}", plan.blocks)]);
    ethereum.call("anvil_mine", blocks).await?;
    let settings = [("EXCHANGE_EVM_URL", ethereum.own_url())];
    let start = Instant::now();
    let _watcher = Worker::start_as(&exchange.database, "evm", plan.build, &settings)?;
    until_read(&owner, 2, plan.blocks).await;
    report.add_duration("ethereum_catch_up_s", start.elapsed());
    Ok(())
}

async fn until_read(owner: &Client, network_id: i32, height: u32) {
    let text = format!("select chain.tip_height({network_id})::text");
    until_it_says(owner, &text, &height.to_string()).await;
}
