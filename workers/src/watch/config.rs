//! Which network is watched, and how often.

use std::time::Duration;

use anyhow::{Context, ensure};

/// How long a watcher sleeps where no bell rings and nothing else is said.
const PAUSE_MS: u64 = 2_000;

/// Which network is watched, by which node, and how often.
#[derive(Clone)]
pub struct WatchConfig {
    /// Where the node answers. It may hold a password.
    pub url: String,
    /// The network's name in the database.
    pub network: String,
    /// Between two looks where no bell rings.
    pub pause: Duration,
}

impl std::fmt::Debug for WatchConfig {
    /// Without the URL, because it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WatchConfig")
            .field("network", &self.network)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

impl WatchConfig {
    /// From `EXCHANGE_BITCOIN_URL`, `EXCHANGE_BITCOIN_NETWORK` (default `bitcoin`) and
    /// `EXCHANGE_CHAIN_PAUSE_MS`.
    ///
    /// # Errors
    /// A value is missing or cannot be used.
    pub fn bitcoin_from_env() -> anyhow::Result<WatchConfig> {
        read(
            "EXCHANGE_BITCOIN_URL",
            "EXCHANGE_BITCOIN_NETWORK",
            "bitcoin",
        )
    }

    /// From `EXCHANGE_EVM_URL`, `EXCHANGE_EVM_NETWORK` (default `ethereum`) and
    /// `EXCHANGE_CHAIN_PAUSE_MS`.
    ///
    /// # Errors
    /// A value is missing or cannot be used.
    pub fn evm_from_env() -> anyhow::Result<WatchConfig> {
        read("EXCHANGE_EVM_URL", "EXCHANGE_EVM_NETWORK", "ethereum")
    }
}

fn read(url: &str, network: &str, default_network: &str) -> anyhow::Result<WatchConfig> {
    let value = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
    let pause_ms = match value("EXCHANGE_CHAIN_PAUSE_MS") {
        Some(text) => text
            .parse()
            .context("EXCHANGE_CHAIN_PAUSE_MS is no number")?,
        None => PAUSE_MS,
    };
    ensure!(
        (10..=60_000).contains(&pause_ms),
        "EXCHANGE_CHAIN_PAUSE_MS is between 10 and 60000"
    );
    Ok(WatchConfig {
        url: value(url)
            .with_context(|| format!("{url} is missing: where does the node answer?"))?,
        network: value(network).unwrap_or_else(|| default_network.to_owned()),
        pause: Duration::from_millis(pause_ms),
    })
}
