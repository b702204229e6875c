//! What an EVM node says: blocks with receipts and, where it gives them, call trees.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy::primitives::{B256, U64, U256};
use anyhow::Context as _;
use client::{ChainBlock, ChainTransfer};
use serde::Deserialize;
use serde_json::{Value, json};

use super::block::{Block, Receipt, expected, moved};
use super::calls::{Traced, inner_calls};
use crate::node_client::{NodeClient, NodeError};
use crate::watch::{Node, Tip, Waiting};

/// Blocks whose tips are looked at for the fee.
const FEE_BLOCKS: u64 = 5;
/// Of the tips in a block the one in the middle.
const FEE_PERCENTILE: u64 = 50;

pub(super) struct EvmNode {
    client: NodeClient,
    /// The node gives no call trees, or shall not be asked for them.
    is_without_traces: AtomicBool,
    /// Transactions that wait and were told of.
    told: BTreeSet<[u8; 32]>,
}

/// A block without its transactions.
#[derive(Debug, Deserialize)]
struct Header {
    number: U64,
    hash: B256,
}

/// `eth_feeHistory`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FeeHistory {
    base_fee_per_gas: Vec<U256>,
    #[serde(default)]
    reward: Vec<Vec<U256>>,
}

impl EvmNode {
    pub(super) fn new(url: &str, traces: bool) -> anyhow::Result<EvmNode> {
        Ok(EvmNode {
            client: NodeClient::new(url)?,
            is_without_traces: AtomicBool::new(!traces),
            told: BTreeSet::new(),
        })
    }

    async fn header(&self, number: Value) -> Result<Option<Header>, NodeError> {
        let params = json!([number, false]);
        self.client.call("eth_getBlockByNumber", params).await
    }

    async fn receipts(&self, block: &Block, hash: B256) -> Result<Vec<Receipt>, NodeError> {
        if block.transactions.is_empty() {
            return Ok(Vec::new());
        }
        let params = json!([hash]);
        let receipts: Option<Vec<Receipt>> =
            self.client.call("eth_getBlockReceipts", params).await?;
        Ok(receipts.context("the receipts of a block are missing")?)
    }

    /// What calls inside transactions moved; nothing where the node gives no call trees.
    async fn inner(
        &self,
        hash: B256,
        receipts: &[Receipt],
    ) -> Result<Vec<ChainTransfer>, NodeError> {
        let traced = self.is_without_traces.load(Ordering::Relaxed);
        if traced || !receipts.iter().any(Receipt::ran_code) {
            return Ok(Vec::new());
        }
        let params = json!([hash, { "tracer": "callTracer" }]);
        let asked = self.client.call("debug_traceBlockByHash", params).await;
        let traced: Vec<Traced> = match asked {
            Err(error) if error.is_unknown_method() => {
                self.is_without_traces.store(true, Ordering::Relaxed);
                tracing::warn!("the node gives no call trees: ETH that contracts send is not seen");
                return Ok(Vec::new());
            }
            asked => asked?,
        };
        let mut found = Vec::new();
        for (receipt, one) in receipts.iter().zip(traced) {
            let hash = receipt.transaction_hash;
            if one.tx_hash.is_some_and(|traced| traced != hash) {
                let reason = anyhow::anyhow!("call trees are in another order than receipts");
                return Err(NodeError::Away(reason));
            }
            if let Some(call) = one.result.filter(|_| receipt.ran_code()) {
                found.extend(inner_calls(hash, &call));
            }
        }
        Ok(found)
    }
}

impl Node for EvmNode {
    const FAMILY: &'static str = "evm";

    async fn identity(&mut self) -> Result<(String, [u8; 32]), NodeError> {
        let chain: U64 = self.client.call("eth_chainId", json!([])).await?;
        let genesis = self.hash_at(0).await?.context("it has no first block")?;
        Ok((chain.to_string(), genesis))
    }

    async fn tip(&self) -> Result<Tip, NodeError> {
        let header = self.header(json!("latest")).await?;
        let header = header.context("it has no block")?;
        Ok(Tip {
            height: height(header.number)?,
            hash: header.hash.0,
        })
    }

    async fn hash_at(&self, height: i64) -> Result<Option<[u8; 32]>, NodeError> {
        let header = self.header(json!(format!("{height:#x}"))).await?;
        Ok(header.map(|header| header.hash.0))
    }

    async fn block(
        &self,
        number: i64,
        contracts: &[Vec<u8>],
    ) -> Result<Option<ChainBlock>, NodeError> {
        let params = json!([format!("{number:#x}"), true]);
        let block: Option<Block> = self.client.call("eth_getBlockByNumber", params).await?;
        let Some(block) = block else { return Ok(None) };
        let hash = block.hash.context("a block has no hash")?;
        let receipts = self.receipts(&block, hash).await?;
        let mut transfers = moved(&block, &receipts, contracts)?;
        transfers.extend(self.inner(hash, &receipts).await?);
        Ok(Some(ChainBlock {
            height: height(block.number.context("a block has no number")?)?,
            hash: hash.0,
            parent_hash: block.parent_hash.0,
            mined_at_s: height(block.timestamp)?,
            transfers,
            spends: Vec::new(),
        }))
    }

    async fn sources(
        &self,
        _txid: [u8; 32],
        _block_hash: [u8; 32],
    ) -> Result<Option<Vec<String>>, NodeError> {
        Ok(None)
    }

    async fn waiting(&mut self, contracts: &[Vec<u8>]) -> Result<Waiting, NodeError> {
        let params = json!(["pending", true]);
        let block: Option<Block> = self.client.call("eth_getBlockByNumber", params).await?;
        let Some(block) = block else {
            return Ok(Waiting::default());
        };
        let txids = block.transactions.iter().map(|sent| sent.hash.0);
        let txids: BTreeSet<[u8; 32]> = txids.collect();
        let mut transfers = expected(&block, contracts);
        transfers.retain(|transfer| !self.told.contains(&transfer.txid));
        self.told.clone_from(&txids);
        Ok(Waiting { txids, transfers })
    }

    async fn fee_rate(&self) -> Result<String, NodeError> {
        let params = json!([format!("{FEE_BLOCKS:#x}"), "latest", [FEE_PERCENTILE]]);
        let history: FeeHistory = self.client.call("eth_feeHistory", params).await?;
        // The last one is that of the next block.
        let base = history.base_fee_per_gas.last().context("no base fee")?;
        let mut tips: Vec<U256> = history.reward.into_iter().flatten().collect();
        tips.sort();
        let tip = tips.get(tips.len() / 2).copied().unwrap_or_default();
        let rate = base.saturating_add(tip);
        // A chain without fees still has a price: the least that can be written.
        Ok(rate.max(U256::ONE).to_string())
    }

    fn start_over(&mut self) {
        self.told.clear();
    }
}

fn height(number: U64) -> Result<i64, NodeError> {
    let number = i64::try_from(number.to::<u64>());
    Ok(number.context("a number is too large")?)
}
