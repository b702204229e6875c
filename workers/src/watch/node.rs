//! What a watcher asks of a node, whatever its family.

use std::collections::BTreeSet;
use std::future::Future;

use client::{ChainBlock, ChainTransfer};

use crate::node_client::NodeError;

/// The highest block of the node's chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) height: i64,
    pub(crate) hash: [u8; 32],
}

/// What waits in the node's mempool.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    /// All transactions that wait.
    pub(crate) txids: BTreeSet<[u8; 32]>,
    /// What moves in those that were not told of before.
    pub(crate) transfers: Vec<ChainTransfer>,
}

/// A node of some family.
pub(crate) trait Node {
    /// As `chain.networks` calls it.
    const FAMILY: &'static str;

    /// Which chain it is of, and the hash of that chain's first block.
    fn identity(&mut self) -> impl Future<Output = Result<(String, [u8; 32]), NodeError>>;

    /// Its highest block.
    fn tip(&self) -> impl Future<Output = Result<Tip, NodeError>>;

    /// The hash of the block of that height in its chain; `None` above its tip.
    fn hash_at(&self, height: i64) -> impl Future<Output = Result<Option<[u8; 32]>, NodeError>>;

    /// The block of that height with what moved in it, the logs of these contracts among it;
    /// `None` above its tip.
    fn block(
        &self,
        height: i64,
        contracts: &[Vec<u8>],
    ) -> impl Future<Output = Result<Option<ChainBlock>, NodeError>>;

    /// Whose outputs a transaction of that block spends, everybody once; `None` where the node has
    /// left the block. A family whose transfers say where they come from is never asked.
    fn sources(
        &self,
        txid: [u8; 32],
        block_hash: [u8; 32],
    ) -> impl Future<Output = Result<Option<Vec<String>>, NodeError>>;

    /// What waits to be mined.
    fn waiting(
        &mut self,
        contracts: &[Vec<u8>],
    ) -> impl Future<Output = Result<Waiting, NodeError>>;

    /// What a unit of a block costs now: atoms, as a decimal.
    fn fee_rate(&self) -> impl Future<Output = Result<String, NodeError>>;

    /// Forgets what it told already.
    fn start_over(&mut self);
}
