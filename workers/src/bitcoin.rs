//! Watches Bitcoin: `workers bitcoin`. Several at once are harmless.

mod node;
mod sources;
mod transfers;

use anyhow::Context as _;
use client::{Config, Pool};

use self::node::BitcoinNode;
use crate::watch::{self, WatchConfig};

/// Watches until it is dropped. A node or a database that is away is waited for.
///
/// # Errors
/// The node is of another chain, or an address cannot be read.
pub async fn run(pool: &Pool, config: &Config, settings: &WatchConfig) -> anyhow::Result<()> {
    let node = BitcoinNode::new(&settings.url).context("EXCHANGE_BITCOIN_URL")?;
    watch::run(pool, config, settings, node).await
}
