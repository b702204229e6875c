//! What is asked of a Bitcoin node for payments.

use anyhow::Context as _;
use bitcoin::Txid;
use chain::fee::FeeRate;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use crate::node_client::{NodeClient, NodeError};

/// Blocks within which a payment should be mined.
const WANTED_BLOCKS: u32 = 3;
/// Satoshis of a bitcoin.
const COIN: u32 = 100_000_000;
/// The node's answer to a transaction that a block holds already.
const ALREADY_IN_CHAIN: i64 = -27;

/// A Bitcoin node.
pub(crate) struct BitcoinNode {
    client: NodeClient,
}

#[derive(Debug, Deserialize)]
struct Estimate {
    feerate: Option<Box<RawValue>>,
}

#[derive(Debug, Deserialize)]
struct Mempool {
    mempoolminfee: Box<RawValue>,
    incrementalrelayfee: Box<RawValue>,
}

#[derive(Debug, Deserialize)]
struct Chain {
    chain: String,
}

/// What the node says of fees.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rates {
    /// To be mined soon.
    pub(crate) wanted: FeeRate,
    /// What a replacement pays on top.
    pub(crate) relay: FeeRate,
}

/// Whether a node takes bytes.
pub(crate) enum Sent {
    /// It has them now, or had them already.
    Taken,
    /// It does not take them; why.
    Refused(String),
}

impl BitcoinNode {
    pub(crate) fn new(url: &str) -> anyhow::Result<BitcoinNode> {
        Ok(BitcoinNode {
            client: NodeClient::new(url)?,
        })
    }

    /// The chain, as the node calls it.
    pub(crate) async fn chain(&self) -> anyhow::Result<String> {
        let chain: Chain = self.client.call("getblockchaininfo", json!([])).await?;
        Ok(chain.chain)
    }

    /// Fees, the wanted one within two limits.
    pub(crate) async fn rates(&self, lowest: u64, most: u64) -> anyhow::Result<Rates> {
        let mempool: Mempool = self.client.call("getmempoolinfo", json!([])).await?;
        let params = json!([WANTED_BLOCKS]);
        let estimate: Estimate = self.client.call("estimatesmartfee", params).await?;
        let least = rate(&mempool.mempoolminfee)?;
        let relay = rate(&mempool.incrementalrelayfee)?;
        // A node that has seen few blocks knows no estimate.
        let wanted = estimate.feerate.as_deref().map_or(Ok(least), rate)?;
        Ok(Rates {
            wanted: FeeRate::per_kvb(wanted.max(least).max(lowest).min(most)),
            relay: FeeRate::per_kvb(relay),
        })
    }

    /// The bytes of a transaction, out of the block that holds it; where that is not known or has
    /// gone, as the node finds it.
    pub(crate) async fn raw_transaction(
        &self,
        txid: Txid,
        block_hash: Option<&[u8]>,
    ) -> anyhow::Result<Vec<u8>> {
        let mut found = None;
        if let Some(block_hash) = block_hash {
            let params = json!([txid, false, hex::encode(block_hash)]);
            found = match self.client.call("getrawtransaction", params).await {
                Ok(text) => Some(text),
                Err(NodeError::Refused { .. }) => None,
                Err(error) => return Err(error.into()),
            };
        }
        let text: String = match found {
            Some(text) => text,
            None => {
                let params = json!([txid, false]);
                self.client.call("getrawtransaction", params).await?
            }
        };
        hex::decode(text).context("a transaction")
    }

    pub(crate) async fn send(&self, raw: &[u8]) -> anyhow::Result<Sent> {
        let params = json!([hex::encode(raw), 0]);
        match self
            .client
            .call::<String>("sendrawtransaction", params)
            .await
        {
            Ok(_) => Ok(Sent::Taken),
            Err(NodeError::Refused { code, .. }) if code == ALREADY_IN_CHAIN => Ok(Sent::Taken),
            Err(NodeError::Refused { message, .. }) => Ok(Sent::Refused(message)),
            Err(error) => Err(error.into()),
        }
    }
}

/// Satoshis a thousand virtual bytes, of bitcoins in digits.
fn rate(text: &RawValue) -> anyhow::Result<u64> {
    let text = text.get();
    let bitcoins = text
        .parse::<Decimal>()
        .or_else(|_| Decimal::from_scientific(text));
    let bitcoins = bitcoins.with_context(|| format!("'{text}' is no fee"))?;
    let sats = (bitcoins * Decimal::from(COIN)).ceil();
    sats.to_u64().with_context(|| format!("'{text}' is no fee"))
}
