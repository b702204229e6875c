//! What an EVM node says that our accounts hold: each coin of each account, as of one block.

use alloy::primitives::U256;
use anyhow::Context as _;
use client::{CoinFacts, ComparedNetwork, Pool};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;
use serde_json::{Value, json};

use super::holdings::Measured;
use crate::node_client::NodeClient;

/// Balances that are asked for at once.
const AT_ONCE: usize = 16;
/// `balanceOf(address)` (ERC-20).
const BALANCE_OF: &str = "70a08231";

#[derive(Debug, Deserialize)]
struct Block {
    hash: String,
}

/// What we hold at the block where the facts stand; nothing where that is none of the node's.
pub(super) async fn measure(
    pool: &Pool,
    network: &ComparedNetwork,
    facts: &[CoinFacts],
    node: &NodeClient,
) -> anyhow::Result<Option<Measured>> {
    let mut measured = Measured::at(facts)?;
    if !has_block(node, &measured).await? {
        return Ok(None);
    }
    let block = json!({ "blockHash": digits(&measured.block_hash) });
    let block = &block;
    let accounts = client::own_accounts(pool, network.network_id).await?;
    let places = accounts
        .iter()
        .flat_map(|account| facts.iter().map(move |coin| (account, coin)));
    let asked = stream::iter(places).map(|((holder, script), coin)| async move {
        let atoms = balance(node, script, coin, block).await;
        atoms.map(|atoms| (holder, coin.asset_id, atoms))
    });
    let answers: Vec<_> = asked.buffer_unordered(AT_ONCE).try_collect().await?;
    for (holder, asset_id, atoms) in answers {
        measured.add(holder, asset_id, atoms)?;
    }
    Ok(has_block(node, &measured).await?.then_some(measured))
}

/// Whether the block is in the node's chain.
async fn has_block(node: &NodeClient, at: &Measured) -> anyhow::Result<bool> {
    let params = json!([format!("0x{:x}", at.block_height), false]);
    let found: Option<Block> = node.call("eth_getBlockByNumber", params).await?;
    Ok(found.is_some_and(|block| block.hash == digits(&at.block_hash)))
}

async fn balance(
    node: &NodeClient,
    script: &[u8],
    coin: &CoinFacts,
    block: &Value,
) -> anyhow::Result<U256> {
    let Some(contract) = &coin.contract else {
        let params = json!([digits(script), block]);
        return Ok(node.call("eth_getBalance", params).await?);
    };
    let data = format!("0x{BALANCE_OF}{:0>64}", hex::encode(script));
    let params = json!([{ "to": digits(contract), "data": data }, block]);
    let said: String = node.call("eth_call", params).await?;
    let said = said.strip_prefix("0x").unwrap_or(&said);
    U256::from_str_radix(said, 16).with_context(|| format!("the contract of {}", coin.asset))
}

fn digits(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}
