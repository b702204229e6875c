//! What a Bitcoin Core node says. Blocks and transactions are read from their bytes; the one amount
//! that it writes as a number, the fee, is taken as text.

use std::collections::BTreeSet;
use std::str::FromStr as _;

use anyhow::Context as _;
use bitcoin::hashes::Hash as _;
use bitcoin::{Block, BlockHash, Network, ScriptBuf, Transaction, Txid, consensus};
use chain::network::BitcoinNetwork;
use client::ChainBlock;
use futures::StreamExt as _;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::sources::{of_input, owners};
use super::transfers::{COINBASE, hash_bytes, spends, transfers};
use crate::node_client::{NodeClient, NodeError};
use crate::watch::{Node, Tip, Waiting};

/// Transactions of the mempool that are looked at in one round.
const NEW_AT_ONCE: usize = 2_000;
/// Transactions that are asked for at the same time.
const ASKED_AT_ONCE: usize = 16;
/// Within how many blocks a transaction at the sampled fee should be mined.
const FEE_BLOCKS: u32 = 3;

/// Core's numbers of refusals (src/rpc/protocol.h): RPC_INVALID_ADDRESS_OR_KEY, for what it does
/// not have, and RPC_INVALID_PARAMETER, for a height above its tip.
const NOT_FOUND: i64 = -5;
const OUT_OF_RANGE: i64 = -8;

pub(super) struct BitcoinNode {
    client: NodeClient,
    /// How addresses are written: learned from the node.
    chain: Network,
    /// Transactions of the mempool that were told of.
    told: BTreeSet<[u8; 32]>,
}

/// `getblockchaininfo`.
#[derive(Debug, Deserialize)]
struct ChainInfo {
    chain: String,
    blocks: i64,
    bestblockhash: BlockHash,
}

/// `estimatesmartfee`: bitcoin a thousand virtual bytes, where it has seen enough to say.
#[derive(Debug, Deserialize)]
struct Estimate {
    feerate: Option<Box<RawValue>>,
}

/// `getmempoolinfo`: the least that the node takes, in the same unit.
#[derive(Debug, Deserialize)]
struct MempoolInfo {
    mempoolminfee: Box<RawValue>,
}

/// `getrawtransaction`, verbosity 2.
#[derive(Debug, Deserialize)]
struct SpendingTransaction {
    hex: String,
    vin: Vec<ShownInput>,
}

#[derive(Debug, Deserialize)]
struct ShownInput {
    prevout: Option<SpentOutput>,
}

#[derive(Debug, Deserialize)]
struct SpentOutput {
    #[serde(rename = "scriptPubKey")]
    script: ShownScript,
}

#[derive(Debug, Deserialize)]
struct ShownScript {
    hex: String,
}

impl BitcoinNode {
    pub(super) fn new(url: &str) -> anyhow::Result<BitcoinNode> {
        Ok(BitcoinNode {
            client: NodeClient::new(url)?,
            chain: Network::Bitcoin,
            told: BTreeSet::new(),
        })
    }

    async fn info(&self) -> Result<ChainInfo, NodeError> {
        self.client.call("getblockchaininfo", json!([])).await
    }

    async fn transaction(&self, txid: Txid) -> Result<Option<Transaction>, NodeError> {
        let params = json!([txid.to_string()]);
        let raw = unless(
            NOT_FOUND,
            self.client.call("getrawtransaction", params).await,
        )?;
        let Some(Value::String(raw)) = raw else {
            return Ok(None);
        };
        let read = consensus::encode::deserialize_hex(&raw);
        Ok(Some(read.context("no transaction")?))
    }
}

impl Node for BitcoinNode {
    const FAMILY: &'static str = "bitcoin";

    async fn identity(&mut self) -> Result<(String, [u8; 32]), NodeError> {
        let info = self.info().await?;
        let chain: BitcoinNetwork = info.chain.parse().context("its chain is unknown")?;
        self.chain = chain.into();
        let genesis = self.hash_at(0).await?.context("it has no first block")?;
        Ok((info.chain, genesis))
    }

    async fn tip(&self) -> Result<Tip, NodeError> {
        let info = self.info().await?;
        Ok(Tip {
            height: info.blocks,
            hash: hash_bytes(info.bestblockhash.to_byte_array()),
        })
    }

    async fn hash_at(&self, height: i64) -> Result<Option<[u8; 32]>, NodeError> {
        let asked = self.client.call("getblockhash", json!([height])).await;
        let hash: Option<BlockHash> = unless(OUT_OF_RANGE, asked)?;
        Ok(hash.map(|hash| hash_bytes(hash.to_byte_array())))
    }

    async fn block(
        &self,
        height: i64,
        _contracts: &[Vec<u8>],
    ) -> Result<Option<ChainBlock>, NodeError> {
        let asked = self.client.call("getblockhash", json!([height])).await;
        let Some(hash) = unless::<BlockHash>(OUT_OF_RANGE, asked)? else {
            return Ok(None);
        };
        let params = json!([hash.to_string(), 0]);
        let raw: String = self.client.call("getblock", params).await?;
        let block: Block = consensus::encode::deserialize_hex(&raw).context("no block")?;
        if block.block_hash() != hash || !block.check_merkle_root() {
            return Err(NodeError::Away(anyhow::anyhow!(
                "block {hash} is another one"
            )));
        }
        let chain = self.chain;
        let each = || block.txdata.iter();
        Ok(Some(ChainBlock {
            height,
            hash: hash_bytes(hash.to_byte_array()),
            parent_hash: hash_bytes(block.header.prev_blockhash.to_byte_array()),
            mined_at_s: block.header.time.into(),
            transfers: each().flat_map(|one| transfers(one, chain)).collect(),
            spends: each().flat_map(spends).collect(),
        }))
    }

    async fn sources(
        &self,
        txid: [u8; 32],
        block_hash: [u8; 32],
    ) -> Result<Option<Vec<String>>, NodeError> {
        // Verbosity 2 names the outputs that are spent; no index is needed where a block is named.
        let params = json!([hex::encode(txid), 2, hex::encode(block_hash)]);
        let asked = self.client.call("getrawtransaction", params).await;
        let Some(found) = unless::<SpendingTransaction>(NOT_FOUND, asked)? else {
            return Ok(None);
        };
        let transaction: Transaction =
            consensus::encode::deserialize_hex(&found.hex).context("no transaction")?;
        if transaction.is_coinbase() {
            return Ok(Some(vec![COINBASE.to_owned()]));
        }
        let mut sources = BTreeSet::new();
        for (input, shown) in transaction.input.iter().zip(&found.vin) {
            match &shown.prevout {
                Some(spent) => {
                    let script = ScriptBuf::from_hex(&spent.script.hex).context("no script")?;
                    sources.extend(owners(&script, self.chain));
                }
                // A node that has pruned what would tell it.
                None => sources.extend(of_input(input, self.chain)),
            }
        }
        Ok(Some(sources.into_iter().collect()))
    }

    async fn waiting(&mut self, _contracts: &[Vec<u8>]) -> Result<Waiting, NodeError> {
        let listed: Vec<Txid> = self.client.call("getrawmempool", json!([])).await?;
        let bytes = |txid: &Txid| hash_bytes(txid.to_byte_array());
        let txids: BTreeSet<[u8; 32]> = listed.iter().map(bytes).collect();
        self.told.retain(|txid| txids.contains(txid));
        let fresh = listed
            .into_iter()
            .filter(|txid| !self.told.contains(&bytes(txid)));
        let fresh: Vec<Txid> = fresh.take(NEW_AT_ONCE).collect();
        let asked = fresh.iter().map(|txid| self.transaction(*txid));
        let mut asked = futures::stream::iter(asked).buffered(ASKED_AT_ONCE);
        let mut moved = Vec::new();
        while let Some(transaction) = asked.next().await {
            // It may be gone by now.
            if let Some(transaction) = transaction? {
                moved.extend(transfers(&transaction, self.chain));
            }
        }
        drop(asked);
        self.told.extend(fresh.iter().map(bytes));
        let transfers = moved;
        Ok(Waiting { txids, transfers })
    }

    async fn fee_rate(&self) -> Result<String, NodeError> {
        let params = json!([FEE_BLOCKS]);
        let estimate: Estimate = self.client.call("estimatesmartfee", params).await?;
        let rate = match estimate.feerate {
            Some(rate) => rate,
            // It has not seen enough blocks: what its mempool takes at least.
            None => {
                let info: MempoolInfo = self.client.call("getmempoolinfo", json!([])).await?;
                info.mempoolminfee
            }
        };
        Ok(satoshi_per_byte(rate.get()).context("no fee")?.to_string())
    }

    fn start_over(&mut self) {
        self.told.clear();
    }
}

/// Bitcoin a thousand bytes as satoshi a byte.
fn satoshi_per_byte(text: &str) -> anyhow::Result<Decimal> {
    let rate = Decimal::from_str(text).or_else(|_| Decimal::from_scientific(text))?;
    Ok((rate * Decimal::from(100_000)).normalize())
}

/// `None` for that refusal.
fn unless<T>(code: i64, asked: Result<T, NodeError>) -> Result<Option<T>, NodeError> {
    match asked {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.code() == Some(code) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fee_is_read_from_its_text() {
        let read = |text| satoshi_per_byte(text).expect("a fee").to_string();
        assert_eq!(read("0.00001000"), "1");
        assert_eq!(read("0.00012345"), "12.345");
        assert_eq!(read("1e-05"), "1");
        assert!(satoshi_per_byte("null").is_err());
    }
}
