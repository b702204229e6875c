//! Finds the transactions that made the coins that are to be spent: signers believe no amount
//! without them.

use anyhow::Context as _;
use bitcoin::{Transaction, Txid, consensus};
use chain::coin_selection::Coin;
use chain::previous::Previous;
use client::Pool;

use super::node::BitcoinNode;
use super::shown;

/// Adds to what is known the transactions that made these coins.
///
/// # Errors
/// The node has one no longer, or cannot be asked.
pub(crate) async fn find(
    node: &BitcoinNode,
    pool: &Pool,
    network_id: i32,
    coins: &[Coin],
    mut known: Previous,
) -> anyhow::Result<Previous> {
    let mut missing: Vec<Txid> = coins.iter().map(|coin| coin.outpoint.txid).collect();
    missing.retain(|txid| !known.has(*txid));
    missing.sort_unstable();
    missing.dedup();
    let asked: Vec<Vec<u8>> = missing.iter().map(|txid| shown(*txid)).collect();
    let sources = client::output_sources(pool, network_id, &asked).await?;
    for txid in missing {
        let source = sources.iter().find(|source| source.txid == shown(txid));
        let source = source.with_context(|| format!("no output of {txid}"))?;
        let raw = match &source.raw {
            Some(own) => own.clone(),
            None => node
                .raw_transaction(txid, source.block_hash.as_deref())
                .await
                .with_context(|| format!("the node does not have {txid}"))?,
        };
        let made: Transaction = consensus::deserialize(&raw).context("a transaction")?;
        known.add(made);
    }
    Ok(known)
}

/// Whether the transaction of one of the coins is unknown.
pub(super) fn lacks(known: &Previous, coins: &[Coin]) -> bool {
    coins.iter().any(|coin| !known.has(coin.outpoint.txid))
}
