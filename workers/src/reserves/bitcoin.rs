//! What a Bitcoin node says of our outputs: each is asked for, because the node alone knows whether
//! somebody has spent it.

use alloy::primitives::U256;
use anyhow::Context as _;
use bitcoin::{Amount, Denomination};
use client::{CoinFacts, ComparedNetwork, OwnOutput, Pool};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::json;
use serde_json::value::RawValue;

use super::holdings::Measured;
use crate::node_client::NodeClient;

/// Outputs that are asked for at once.
const AT_ONCE: usize = 16;

/// What the node says of an output that no block spends.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unspent {
    /// The block as of which it says so.
    #[serde(rename = "bestblock")]
    best_block: String,
    /// As text: nothing passes through a float.
    value: Box<RawValue>,
    script_pub_key: Script,
}

#[derive(Debug, Deserialize)]
struct Script {
    hex: String,
}

/// What we hold at the block where the facts stand; nothing where the node stands at another.
pub(super) async fn measure(
    pool: &Pool,
    network: &ComparedNetwork,
    facts: &[CoinFacts],
    node: &NodeClient,
) -> anyhow::Result<Option<Measured>> {
    let mut measured = Measured::at(facts)?;
    let asset_id = facts.first().context("no coin")?.asset_id;
    let block = hex::encode(&measured.block_hash);
    // A node answers as of its own newest block: it must be ours, before and after.
    if best_block(node).await? != block {
        return Ok(None);
    }
    for role in client::wallet_roles(pool, network.network_id).await? {
        measured.add(&role, asset_id, U256::ZERO)?;
    }
    let outputs = client::own_outputs(pool, network.network_id).await?;
    let asked = stream::iter(&outputs).map(|output| async move {
        let said = unspent(node, output).await;
        said.map(|said| (output, said))
    });
    let answers: Vec<_> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
    for (output, said) in answers {
        let Some(said) = said else {
            tracing::warn!(
                network = network.name,
                txid = hex::encode(&output.txid),
                output = output.output_index,
                "an output of ours is not there"
            );
            continue;
        };
        if said.best_block != block {
            return Ok(None);
        }
        if said.script_pub_key.hex != hex::encode(&output.script) {
            continue;
        }
        let amount = Amount::from_str_in(said.value.get(), Denomination::Bitcoin)?;
        measured.add(&output.holder, asset_id, U256::from(amount.to_sat()))?;
    }
    Ok((best_block(node).await? == block).then_some(measured))
}

async fn best_block(node: &NodeClient) -> anyhow::Result<String> {
    Ok(node.call("getbestblockhash", json!([])).await?)
}

async fn unspent(node: &NodeClient, output: &OwnOutput) -> anyhow::Result<Option<Unspent>> {
    let params = json!([hex::encode(&output.txid), output.output_index, false]);
    Ok(node.call("gettxout", params).await?)
}
