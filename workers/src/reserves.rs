//! Compares what nodes say that our wallets and deposit addresses hold with what the ledger and the
//! facts of chains say (docs/decisions/0020). A difference that stays halts the coin's withdrawals;
//! that is the database's decision, in the transaction that stores the comparison.

mod bitcoin;
mod config;
mod evm;
mod holdings;
mod proof;

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use client::{Compared, ComparedNetwork, Pool};

pub use config::{NodeOfNetwork, ReservesConfig};
pub use proof::make;

use crate::node_client::NodeClient;
use holdings::Measured;

/// Looks that [`once`] takes before it gives a network up, and what lies between two of them.
const LOOKS: u32 = 20;
const LOOK_PAUSE: Duration = Duration::from_millis(500);

const NO_NODE: &str = "set EXCHANGE_BITCOIN_URL or EXCHANGE_EVM_URL: which node is asked?";

/// Compares every network again and again until it is dropped. What fails is logged, and tried at
/// the next turn.
///
/// # Errors
/// The configuration cannot be used.
pub async fn run(pool: &Pool, config: &ReservesConfig) -> anyhow::Result<()> {
    let nodes = config.nodes()?;
    ensure!(!nodes.is_empty(), NO_NODE);
    loop {
        for (name, node) in &nodes {
            match compare(pool, name, node).await {
                Ok(true) => {}
                Ok(false) => tracing::info!(network = name, "not compared: the node is elsewhere"),
                Err(error) => tracing::error!("{name} is not compared: {error:#}"),
            }
        }
        tokio::time::sleep(config.pause).await;
    }
}

/// Compares every network once, waiting a while for the watcher to be where the node is.
///
/// # Errors
/// The database's, the node's, or that they do not meet. A difference is logged and is none here.
pub async fn once(pool: &Pool, config: &ReservesConfig) -> anyhow::Result<()> {
    let nodes = config.nodes()?;
    ensure!(!nodes.is_empty(), NO_NODE);
    for (name, node) in &nodes {
        let mut is_compared = false;
        for _ in 0..LOOKS {
            is_compared = compare(pool, name, node).await?;
            if is_compared {
                break;
            }
            tokio::time::sleep(LOOK_PAUSE).await;
        }
        if !is_compared {
            bail!("{name}: the node stands at another block than the watcher");
        }
    }
    Ok(())
}

/// Compares a network; false where node and facts do not stand at one block.
async fn compare(pool: &Pool, name: &str, node: &NodeClient) -> anyhow::Result<bool> {
    let network = network(pool, name).await?;
    let Some(measured) = measure(pool, &network, node).await? else {
        return Ok(false);
    };
    let held = measured.by_asset();
    let compared = client::record_reconciliation(
        pool,
        network.network_id,
        &measured.block_hash,
        &measured.facts,
        &held,
    )
    .await?;
    for coin in &compared {
        tell(name, measured.block_height, coin);
    }
    Ok(!compared.is_empty())
}

fn tell(network: &str, block: i64, coin: &Compared) {
    let Compared {
        asset,
        held,
        expected,
        difference,
        ..
    } = coin;
    match (coin.is_different, coin.is_halted) {
        (false, _) => tracing::info!(network, block, asset, held, "chain and books agree"),
        (true, false) => {
            tracing::error!(
                network,
                block,
                asset,
                held,
                expected,
                difference,
                "they differ"
            );
        }
        (true, true) => tracing::error!(
            network,
            block,
            asset,
            held,
            expected,
            difference,
            "they still differ: withdrawals of the coin are halted"
        ),
    }
}

async fn network(pool: &Pool, name: &str) -> anyhow::Result<ComparedNetwork> {
    let networks = client::compared_networks(pool).await?;
    let mut networks = networks.into_iter();
    let found = networks.find(|network| network.name == name);
    found.with_context(|| format!("no network {name} is listed"))
}

/// What the node says of a network at the block where the facts stand; nothing where it stands
/// elsewhere, or no block was read yet.
async fn measure(
    pool: &Pool,
    network: &ComparedNetwork,
    node: &NodeClient,
) -> anyhow::Result<Option<Measured>> {
    let facts = client::coin_facts(pool, network.network_id).await?;
    if facts.is_empty() {
        return Ok(None);
    }
    match network.family.as_str() {
        "bitcoin" => bitcoin::measure(pool, network, &facts, node).await,
        _ => evm::measure(pool, network, &facts, node).await,
    }
}
