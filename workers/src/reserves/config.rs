//! Which nodes are asked, and how often.

use std::time::Duration;

use anyhow::Context;

use crate::node_client::NodeClient;

/// Between two comparisons where nothing else is said: longer than who follows payments takes to
/// note what a block holds.
const PAUSE_MS: u64 = 30_000;

/// A network's node.
#[derive(Clone)]
pub struct NodeOfNetwork {
    /// The network's name in the database.
    pub network: String,
    /// Where its node answers. It may hold a password.
    pub url: String,
}

/// Which nodes are asked, and how often.
#[derive(Clone)]
pub struct ReservesConfig {
    /// `EXCHANGE_BITCOIN_URL` with `EXCHANGE_BITCOIN_NETWORK` (default `bitcoin`), and
    /// `EXCHANGE_EVM_URL` with `EXCHANGE_EVM_NETWORK` (default `ethereum`); those that are set.
    pub networks: Vec<NodeOfNetwork>,
    /// `EXCHANGE_RESERVES_PAUSE_MS`: between two comparisons.
    pub pause: Duration,
}

impl std::fmt::Debug for ReservesConfig {
    /// Without the URLs, because they may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let networks: Vec<&str> = self.networks.iter().map(|node| &*node.network).collect();
        f.debug_struct("ReservesConfig")
            .field("networks", &networks)
            .field("pause", &self.pause)
            .finish_non_exhaustive()
    }
}

impl ReservesConfig {
    /// From the environment.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env() -> anyhow::Result<ReservesConfig> {
        let value = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let named = [
            (
                "EXCHANGE_BITCOIN_URL",
                "EXCHANGE_BITCOIN_NETWORK",
                "bitcoin",
            ),
            ("EXCHANGE_EVM_URL", "EXCHANGE_EVM_NETWORK", "ethereum"),
        ];
        let networks = named.into_iter().filter_map(|(url, network, otherwise)| {
            Some(NodeOfNetwork {
                url: value(url)?,
                network: value(network).unwrap_or_else(|| otherwise.to_owned()),
            })
        });
        let networks: Vec<NodeOfNetwork> = networks.collect();
        let pause_ms = match value("EXCHANGE_RESERVES_PAUSE_MS") {
            Some(text) => text
                .parse()
                .context("EXCHANGE_RESERVES_PAUSE_MS is no number")?,
            None => PAUSE_MS,
        };
        Ok(ReservesConfig {
            networks,
            pause: Duration::from_millis(pause_ms),
        })
    }

    /// A client of each node, by the network's name.
    ///
    /// # Errors
    /// An address cannot be read.
    pub fn nodes(&self) -> anyhow::Result<Vec<(String, NodeClient)>> {
        let client = |node: &NodeOfNetwork| -> anyhow::Result<(String, NodeClient)> {
            Ok((node.network.clone(), NodeClient::new(&node.url)?))
        };
        self.networks.iter().map(client).collect()
    }
}
