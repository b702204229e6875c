//! One watcher: a round at a time, each from where the database stands.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use client::{ChainBlock, KnownBlock, MetNetwork, Pool};
use futures::StreamExt as _;

use super::bell_of;
use super::failures::Trouble;
use super::node::{Node, Tip};
use crate::fault_point::fault_point;
use crate::node_client::NodeError;

/// Blocks of one transaction while catching up.
const BLOCKS_AT_ONCE: i64 = 100;
/// Transfers after which a transaction takes no further block.
const TRANSFERS_AT_ONCE: usize = 20_000;
/// Blocks that are asked of the node at the same time.
const ASKED_AT_ONCE: usize = 8;
/// Deposits whose sources are asked for together.
const SOURCES_AT_ONCE: i32 = 500;
/// Deposits of one transaction: it locks their accounts and balances.
const DEPOSITS_AT_ONCE: i32 = 500;
/// Blocks that are compared at once while a fork is looked for.
const COMPARED_AT_ONCE: i32 = 100;
/// A fork deeper than this is no reorganisation: somebody has to look at it.
const DEEPEST_FORK: i64 = 1_000;
/// Between two samples of the fee.
const FEE_PAUSE: Duration = Duration::from_secs(60);

/// Whether there is more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    More,
    Idle,
}

pub(super) struct Watcher<N> {
    node: N,
    name: String,
    network: Option<MetNetwork>,
    fee_sampled: Option<Instant>,
}

impl<N: Node> Watcher<N> {
    pub(super) fn new(node: N, name: String) -> Self {
        Watcher {
            node,
            name,
            network: None,
            fee_sampled: None,
        }
    }

    /// What wakes it.
    pub(super) fn bell(&self) -> Option<i32> {
        self.network.map(|network| bell_of(network.network_id))
    }

    /// After a failure: the node may be another one.
    pub(super) fn start_over(&mut self) {
        self.network = None;
        self.node.start_over();
    }

    /// Brings the database nearer to the node: a fork, or some blocks; where it is there, what
    /// waits.
    pub(super) async fn round(&mut self, pool: &Pool) -> Result<Progress, Trouble> {
        let network = match self.network {
            Some(network) => network,
            None => self.meet(pool).await?,
        };
        let network_id = network.network_id;
        let tip = self.node.tip().await?;
        let known = client::last_blocks(pool, network_id, None, 1).await?;
        let known = known.first().copied();
        if let Some(known) = known
            && self.node.hash_at(known.height).await? != Some(known.hash)
        {
            self.leave_fork(pool, network_id, known).await?;
            return Ok(Progress::More);
        }
        let next = known.map_or(network.first_height, |known| known.height + 1);
        if next <= tip.height {
            self.read(pool, network_id, next, tip).await?;
            self.confirm(pool, network_id).await?;
            return Ok(Progress::More);
        }
        // What was read by one that was killed before it confirmed.
        self.confirm(pool, network_id).await?;
        self.look_at_mempool(pool, network_id, known).await?;
        self.sample_fee(pool, network_id).await?;
        Ok(Progress::Idle)
    }

    async fn meet(&mut self, pool: &Pool) -> Result<MetNetwork, Trouble> {
        let (chain, genesis) = self.node.identity().await?;
        let network = client::meet_node(pool, &self.name, N::FAMILY, &chain, &genesis).await?;
        fault_point("node_met");
        self.network = Some(network);
        Ok(network)
    }

    /// Takes back what was read above the highest block that the node has too.
    async fn leave_fork(
        &mut self,
        pool: &Pool,
        network_id: i32,
        known: KnownBlock,
    ) -> Result<(), Trouble> {
        let fork = self.find_fork(pool, network_id, known).await?;
        if fork == known.height {
            // It has ours again.
            return Ok(());
        }
        fault_point("fork_found");
        if client::reorganise(pool, network_id, &known.hash, fork).await? {
            let (network, depth) = (&self.name, known.height - fork);
            tracing::warn!(network, depth, fork, "the chain was reorganised");
        }
        fault_point("fork_left");
        // What was mined waits again, and is told again.
        self.node.start_over();
        Ok(())
    }

    /// The highest block that both have; one below the first that was read where that is another
    /// one. A node that lags, because it was restored or is still loading, has left no chain:
    /// nothing may be taken back because of it. It may come to lag between two questions, so that
    /// no earlier answer counts here, and a block that it has not proves nothing.
    async fn find_fork(
        &self,
        pool: &Pool,
        network_id: i32,
        known: KnownBlock,
    ) -> Result<i64, Trouble> {
        let tip = self.node.tip().await?;
        let behind = |height: i64| {
            let known = known.height;
            let reason = anyhow::anyhow!("it has {height} blocks, {known} were read: it is behind");
            Trouble::from(NodeError::Away(reason))
        };
        let mut above = tip.height.min(known.height) + 1;
        let mut fork = None;
        while fork.is_none() && known.height - above < DEEPEST_FORK {
            let blocks = client::last_blocks(pool, network_id, Some(above), COMPARED_AT_ONCE);
            let blocks = blocks.await?;
            for block in &blocks {
                let hash = self.node.hash_at(block.height).await?;
                if hash.ok_or_else(|| behind(block.height - 1))? == block.hash {
                    fork = Some(block.height);
                    break;
                }
            }
            match blocks.last() {
                Some(lowest) => above = lowest.height,
                // Not even the first one that was read is in the node's chain.
                None => fork = Some(above - 1),
            }
        }
        match fork {
            // All that it has is ours, or lies below the first block that was read.
            Some(fork) if fork == tip.height && fork < known.height => Err(behind(fork)),
            Some(fork) => Ok(fork),
            None => {
                let reason = anyhow::anyhow!("its chain differs from block {above} on");
                Err(NodeError::Away(reason).into())
            }
        }
    }

    /// Hands over the next blocks, up to a limit.
    async fn read(&self, pool: &Pool, network_id: i32, next: i64, tip: Tip) -> Result<(), Trouble> {
        let contracts = client::listed_contracts(pool, network_id).await?;
        let last = tip.height.min(next + BLOCKS_AT_ONCE - 1);
        let asked = (next..=last).map(|height| self.node.block(height, &contracts));
        let mut asked = futures::stream::iter(asked).buffered(ASKED_AT_ONCE);
        let mut blocks: Vec<ChainBlock> = Vec::new();
        let mut transfers = 0;
        while transfers < TRANSFERS_AT_ONCE
            && let Some(block) = asked.next().await
        {
            // The node has left this chain while it was read: the next round sees the fork.
            let Some(block) = block? else { break };
            if blocks
                .last()
                .is_some_and(|below| below.hash != block.parent_hash)
            {
                break;
            }
            transfers += block.transfers.len();
            blocks.push(block);
        }
        if blocks.is_empty() {
            return Ok(());
        }
        fault_point("blocks_asked");
        let fits = client::read_blocks(pool, network_id, &blocks).await?;
        fault_point("blocks_read");
        tracing::debug!(
            network = self.name,
            blocks = blocks.len(),
            transfers,
            fits,
            "read"
        );
        Ok(())
    }

    /// Asks where deposits come from: their transactions name outputs, the node whose those were.
    async fn note_sources(&self, pool: &Pool, network_id: i32) -> Result<(), Trouble> {
        loop {
            let asked = client::unsourced_transactions(pool, network_id, SOURCES_AT_ONCE).await?;
            let asked = asked.into_iter().map(|(txid, block)| async move {
                let sources = self.node.sources(txid, block).await?;
                Ok::<_, NodeError>(sources.map(|sources| (txid, sources)))
            });
            let mut asked = futures::stream::iter(asked).buffered(ASKED_AT_ONCE);
            let mut told = Vec::new();
            while let Some(answer) = asked.next().await {
                // Of a block that the node has left nothing is told: the next round sees the fork.
                told.extend(answer?);
            }
            if told.is_empty() {
                return Ok(());
            }
            client::note_sources(pool, network_id, &told).await?;
        }
    }

    async fn confirm(&self, pool: &Pool, network_id: i32) -> Result<(), Trouble> {
        self.note_sources(pool, network_id).await?;
        loop {
            let decided = client::confirm_deposits(pool, network_id, DEPOSITS_AT_ONCE).await?;
            if decided > 0 {
                fault_point("deposits_confirmed");
                tracing::info!(network = self.name, deposits = decided, "decided");
            }
            if decided < DEPOSITS_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Tells what waits, and what waits no longer although no block holds it.
    async fn look_at_mempool(
        &mut self,
        pool: &Pool,
        network_id: i32,
        known: Option<KnownBlock>,
    ) -> Result<(), Trouble> {
        let contracts = client::listed_contracts(pool, network_id).await?;
        let waiting = self.node.waiting(&contracts).await?;
        if !waiting.transfers.is_empty() {
            client::see_transfers(pool, network_id, &waiting.transfers).await?;
            fault_point("mempool_seen");
        }
        let seen = client::seen_transactions(pool, network_id).await?;
        let gone: BTreeSet<[u8; 32]> = seen.into_iter().collect();
        let gone: Vec<[u8; 32]> = gone.difference(&waiting.txids).copied().collect();
        let Some(known) = known.filter(|_| !gone.is_empty()) else {
            return Ok(());
        };
        // Asked after the mempool: what a newer block holds is not gone.
        if self.node.tip().await?.hash == known.hash {
            client::forget_transactions(pool, network_id, &known.hash, &gone).await?;
            fault_point("mempool_forgotten");
        }
        Ok(())
    }

    async fn sample_fee(&mut self, pool: &Pool, network_id: i32) -> Result<(), Trouble> {
        if self
            .fee_sampled
            .is_some_and(|sampled| sampled.elapsed() < FEE_PAUSE)
        {
            return Ok(());
        }
        let rate = self.node.fee_rate().await?;
        client::sample_fee(pool, network_id, &rate).await?;
        self.fee_sampled = Some(Instant::now());
        Ok(())
    }
}
