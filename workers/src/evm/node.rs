//! What an EVM node says: blocks with receipts and, where it gives them, call trees.

use std::collections::{BTreeSet, HashMap};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use alloy::primitives::{B256, U64};
use anyhow::{Context as _, ensure};
use client::{ChainBlock, ChainTransfer};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::block::{Block, Receipt, expected, moved};
use super::calls::{Traced, inner_calls};
use crate::evm_price::GasPrice;
use crate::node_client::{NodeClient, NodeError};
use crate::watch::{Node, Tip, Waiting};

/// Limit of the call trees of a block, and of a transaction.
const TRACE_LIMIT: Duration = Duration::from_secs(120);
/// How long a transaction whose call tree cannot be had stops deposits.
const TRACE_PATIENCE: Duration = Duration::from_secs(600);
/// So many such transactions are remembered.
const MOST_FAILING: usize = 10_000;

pub(super) struct EvmNode {
    client: NodeClient,
    /// The same node, which may take longer to trace.
    tracing: NodeClient,
    /// Transactions whose call trees the node does not give, and since when.
    failing: Mutex<HashMap<B256, Instant>>,
    /// How long that stops what comes after them.
    patience: Duration,
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

impl EvmNode {
    pub(super) fn new(url: &str, traces: bool) -> anyhow::Result<EvmNode> {
        Ok(EvmNode {
            client: NodeClient::new(url)?,
            tracing: NodeClient::with_limit(url, TRACE_LIMIT)?,
            failing: Mutex::new(HashMap::new()),
            patience: TRACE_PATIENCE,
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
        let is_without = self.is_without_traces.load(Ordering::Relaxed);
        if is_without || !receipts.iter().any(Receipt::ran_code) {
            return Ok(Vec::new());
        }
        match self.inner_of_block(hash, receipts).await {
            Err(error) if error.is_unknown_method() => {
                self.is_without_traces.store(true, Ordering::Relaxed);
                tracing::warn!("the node gives no call trees: ETH that contracts send is not seen");
                Ok(Vec::new())
            }
            Err(error) => {
                tracing::warn!(block = %hash, "no call trees, each is asked for: {error}");
                let mut found = Vec::new();
                let mut failed = None;
                // All of them, so that the time of each that fails runs from now on.
                for receipt in receipts.iter().filter(|receipt| receipt.ran_code()) {
                    match self.inner_or_give_up(receipt.transaction_hash).await {
                        Ok(inner) => found.extend(inner),
                        Err(error) => failed = Some(error),
                    }
                }
                failed.map_or(Ok(found), Err)
            }
            found => found,
        }
    }

    async fn inner_of_block(
        &self,
        hash: B256,
        receipts: &[Receipt],
    ) -> Result<Vec<ChainTransfer>, NodeError> {
        let params = json!([hash, tracer()]);
        let traced = self.tracing.call("debug_traceBlockByHash", params);
        let traced: Vec<Traced> = traced.await?;
        Ok(inner_of(receipts, &traced)?)
    }

    /// Of one transaction. Nothing where the node has failed at it for long: a stranger's
    /// transaction must not stop all deposits. What it moved to us is then a gain that nobody
    /// explains, and the comparison of reserves tells it.
    async fn inner_or_give_up(&self, hash: B256) -> Result<Vec<ChainTransfer>, NodeError> {
        let params = json!([hash, tracer()]);
        let traced = self.tracing.call("debug_traceTransaction", params).await;
        let found = traced.and_then(|tree: Box<RawValue>| Ok(inner_calls(hash, &tree)?));
        let mut failing = self
            .failing
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        match found {
            Ok(found) => {
                failing.remove(&hash);
                Ok(found)
            }
            Err(error) => {
                if failing.len() >= MOST_FAILING {
                    failing.clear();
                }
                let since = failing.entry(hash).or_insert_with(Instant::now);
                if since.elapsed() < self.patience {
                    return Err(error);
                }
                tracing::error!(
                    transaction = %hash,
                    "given up: what contracts sent in it is not seen: {error}"
                );
                Ok(Vec::new())
            }
        }
    }
}

/// How call trees are asked for.
fn tracer() -> Value {
    json!({ "tracer": "callTracer", "timeout": format!("{}s", TRACE_LIMIT.as_secs()) })
}

/// What the calls of a block's transactions moved.
fn inner_of(receipts: &[Receipt], traced: &[Traced]) -> anyhow::Result<Vec<ChainTransfer>> {
    ensure!(
        receipts.len() == traced.len(),
        "{} call trees of {} transactions",
        traced.len(),
        receipts.len()
    );
    let mut found = Vec::new();
    for (receipt, one) in receipts.iter().zip(traced) {
        let hash = receipt.transaction_hash;
        ensure!(
            one.tx_hash.is_none_or(|traced| traced == hash),
            "call trees are in another order than receipts"
        );
        if receipt.ran_code() {
            let tree = one.result.as_ref();
            let tree = tree.with_context(|| format!("no call tree of {hash}"))?;
            found.extend(inner_calls(hash, tree)?);
        }
    }
    Ok(found)
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
        Ok(GasPrice::of(&self.client).await?.whole().to_string())
    }

    fn start_over(&mut self) {
        self.told.clear();
    }
}

fn height(number: U64) -> Result<i64, NodeError> {
    let number = i64::try_from(number.to::<u64>());
    Ok(number.context("a number is too large")?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    /// Receipts of transactions that ran code, and what a node says of them.
    fn receipts(hashes: &[u8]) -> Vec<Receipt> {
        let receipt = |byte: &u8| {
            let said = json!({
                "transactionHash": B256::repeat_byte(*byte), "blockHash": B256::ZERO,
                "status": "0x1", "gasUsed": "0x10000", "logs": [] });
            serde_json::from_value(said).expect("a receipt")
        };
        hashes.iter().map(receipt).collect()
    }

    fn inner(hashes: &[u8], said: Value) -> anyhow::Result<Vec<ChainTransfer>> {
        let traced: Vec<Traced> = serde_json::from_str(&said.to_string()).expect("an answer");
        inner_of(&receipts(hashes), &traced)
    }

    #[test]
    fn a_transaction_without_a_call_tree_is_no_transaction_without_calls() {
        let hash = |byte| B256::repeat_byte(byte);
        let whole = json!({ "txHash": hash(1), "result": { "type": "CALL" } });
        let failed = json!({ "txHash": hash(2), "error": "execution timeout" });
        let missing = inner(&[1, 2], json!([whole, failed]));
        assert!(missing.is_err(), "an error of one transaction");
        assert!(inner(&[1, 2], json!([whole])).is_err(), "too few");
        assert!(inner(&[1], json!([whole, failed])).is_err(), "too many");
        assert!(inner(&[2], json!([whole])).is_err(), "of another");
        assert_eq!(inner(&[1], json!([whole])).expect("a tree"), []);
    }

    /// A node that refuses every call.
    async fn refusing() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut asked = vec![0; 4_096];
                let length = stream.read(&mut asked).await.unwrap_or(0);
                let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
                let body = asked.split("\r\n\r\n").nth(1).unwrap_or_default();
                let asked: Value = serde_json::from_str(body).unwrap_or_default();
                let said = json!({ "jsonrpc": "2.0", "id": asked["id"],
                    "error": { "code": -32000, "message": "execution timeout" } });
                let said = said.to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\
                     content-length: {}\r\n\r\n",
                    said.len()
                );
                let _ = stream.write_all((head + &said).as_bytes()).await;
            }
        });
        url
    }

    #[tokio::test]
    async fn a_transaction_that_no_node_traces_stops_deposits_for_a_while_only() {
        let mut node = EvmNode::new(&refusing().await, true).expect("a node");
        let block = B256::repeat_byte(9);
        let waits = node.inner(block, &receipts(&[1])).await;
        assert!(waits.is_err(), "it is tried again");
        let all = node.inner(block, &receipts(&[1, 2, 3])).await;
        assert!(all.is_err(), "it is tried again");
        assert_eq!(node.failing.lock().expect("not poisoned").len(), 3);
        node.patience = Duration::ZERO;
        let given_up = node.inner(block, &receipts(&[1, 2])).await;
        assert_eq!(given_up.expect("the block is read"), []);
    }
}
