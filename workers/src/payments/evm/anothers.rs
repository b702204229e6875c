//! Whether something else has used a number for good, by which a payment gives money back. Nodes
//! behind one address may stand at different blocks, and one that lacks a block answers as if
//! nothing in it had happened: so nothing follows from what a node has not. The blocks themselves
//! are looked through, from the final one down, each asked for by the hash that the watcher read,
//! until all that used numbers since is found. Who lacks a block gives no answer, and is asked
//! anew.

use std::collections::HashSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy::primitives::{Address, B256};
use chain::safe::Execution;
use client::{OpenPayment, Pool};
use serde_json::{Value, json};

use super::node::Receipt;
use super::{Payer, Stage};

/// Blocks that are looked through at most: then somebody has to look.
const MOST_BLOCKS: i64 = 10_000;
/// Blocks whose hashes are asked of the database together.
const BLOCKS_AT_ONCE: i32 = 100;
/// Blocks before the plan of a payment that are looked through too, for a plan made in a fork.
const EARLIER_BLOCKS: i64 = 100;

/// A number of a payment of ours that is used as of a final block.
pub(super) struct Number<'a> {
    pub(super) payment: &'a OpenPayment,
    pub(super) of: Owner,
    pub(super) number: i64,
    /// What of ours would use it: an account's transactions, the hash of a Safe's.
    pub(super) ours: Vec<B256>,
    /// The block.
    pub(super) height: u64,
}

/// Who counts what it does.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    Account(Address),
    Safe(Address),
}

/// Numbers of which no block said by what they were used: told once, and not looked for again.
#[derive(Default)]
pub(super) struct Unexplained(Mutex<HashSet<(Owner, i64)>>);

impl Unexplained {
    fn numbers(&self) -> MutexGuard<'_, HashSet<(Owner, i64)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Payer {
    /// Whether something else is seen to have used the number.
    pub(super) async fn is_anothers(&self, pool: &Pool, stage: &Stage, used: &Number<'_>) -> bool {
        let key = (used.of, used.number);
        if self.unexplained.numbers().contains(&key) {
            return false;
        }
        let looked = self.look_through(pool, stage, used).await;
        looked.unwrap_or_else(|error| {
            let (payment, number) = (used.payment.payment_id, used.number);
            tracing::warn!(payment, number, "used, and not seen yet by what: {error:#}");
            false
        })
    }

    async fn look_through(
        &self,
        pool: &Pool,
        stage: &Stage,
        used: &Number<'_>,
    ) -> anyhow::Result<bool> {
        let network_id = stage.network.network_id;
        let top = i64::try_from(used.height)?;
        let lowest = earliest(used.payment).max(top - MOST_BLOCKS);
        let mut below = top + 1;
        // Numbers that were used with it and after it, and are not found yet.
        let mut missing = None;
        loop {
            let blocks = client::last_blocks(pool, network_id, Some(below), BLOCKS_AT_ONCE).await?;
            for block in &blocks {
                let hash = B256::from(block.hash);
                let still = match missing {
                    Some(missing) => missing,
                    None => {
                        let block = json!({ "blockHash": hash });
                        self.next(used.of, block).await? - used.number
                    }
                };
                if still <= 0 {
                    return Ok(false);
                }
                let receipts = self.node.receipts_of(hash).await?;
                let users = users(used.of, &receipts);
                if users.iter().any(|user| used.ours.contains(user)) {
                    return Ok(false);
                }
                let still = still - i64::try_from(users.len())?;
                if still <= 0 {
                    return Ok(true);
                }
                missing = Some(still);
            }
            match blocks.last() {
                Some(last) if last.height > lowest => below = last.height,
                _ => break,
            }
        }
        let key = (used.of, used.number);
        self.unexplained.numbers().insert(key);
        tracing::error!(
            payment = used.payment.payment_id,
            number = used.number,
            "used, and no block from {lowest} to {top} says by what: somebody must look"
        );
        Ok(false)
    }

    async fn next(&self, of: Owner, block: Value) -> anyhow::Result<i64> {
        match of {
            Owner::Account(account) => self.node.nonce(account, block).await,
            Owner::Safe(safe) => self.safe_nonce(safe, block).await,
        }
    }
}

/// The first block that can hold what a payment planned.
pub(super) fn earliest(payment: &OpenPayment) -> i64 {
    let planned = payment.plan["height"].as_i64().unwrap_or(0);
    planned.saturating_sub(EARLIER_BLOCKS).max(0)
}

/// What has used the numbers of one in a block.
fn users(of: Owner, receipts: &[Receipt]) -> Vec<B256> {
    match of {
        Owner::Account(account) => {
            let sent = receipts.iter().filter(|receipt| receipt.from == account);
            sent.map(|receipt| receipt.transaction_hash).collect()
        }
        Owner::Safe(safe) => {
            let logs = receipts.iter().flat_map(|receipt| &receipt.logs);
            let said = logs.filter(|log| log.address == safe);
            let executions = said.filter_map(|log| Execution::read(&log.topics, &log.data));
            executions.map(|execution| execution.hash).collect()
        }
    }
}
