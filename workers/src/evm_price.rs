//! What blocks of an EVM network ask for a unit of gas (`eth_feeHistory`): the watcher samples it,
//! fees are set by it, and sweeps wait for it.

use alloy::primitives::{U64, U256};
use anyhow::Context as _;
use serde::Deserialize;
use serde_json::json;

use crate::node_client::{NodeClient, NodeError};

/// So many of the last blocks.
const BLOCKS: u64 = 5;
/// Of the tips in a block the one in the middle.
const PERCENTILE: u64 = 50;

/// The price of a unit of gas, in wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GasPrice {
    /// The next block's base fee.
    pub(crate) base: U256,
    /// The median tip.
    pub(crate) tip: U256,
}

impl GasPrice {
    pub(crate) async fn of(node: &NodeClient) -> Result<GasPrice, NodeError> {
        #[derive(Debug, Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct FeeHistory {
            base_fee_per_gas: Vec<U256>,
            reward: Option<Vec<Vec<U256>>>,
        }
        let params = json!([U64::from(BLOCKS), "latest", [PERCENTILE]]);
        let history: FeeHistory = node.call("eth_feeHistory", params).await?;
        // The last one is that of the next block.
        let base = history.base_fee_per_gas.last().context("no base fee")?;
        let tips = history.reward.unwrap_or_default();
        let mut tips: Vec<U256> = tips.into_iter().flatten().collect();
        tips.sort_unstable();
        Ok(GasPrice {
            base: *base,
            tip: tips.get(tips.len() / 2).copied().unwrap_or_default(),
        })
    }

    /// All of it. A chain without fees still has a price: the least that can be written.
    pub(crate) fn whole(self) -> U256 {
        self.base.saturating_add(self.tip).max(U256::ONE)
    }
}
