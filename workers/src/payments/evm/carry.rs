//! Carries: once the Safe's owners have signed, the gas account's transaction is made, signed, kept
//! and sent, in the order of the Safe's numbers.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use alloy::primitives::U256;
use anyhow::{Context as _, ensure};
use chain::evm_transaction::{EvmTransaction, GasFees};
use client::{NewAttempt, OpenAttempt, OpenPayment, Pool, run_tx};
use serde_json::json;

use super::node::Sent;
use super::{Payer, Stage, identity, millis};
use crate::evm_bytes::{read_unsigned, signer_of, unsigned};
use crate::fault_point::fault_point;

/// Attempts of a payment: then somebody has to look.
pub(super) const MOST_ATTEMPTS: i32 = 20;

impl Payer {
    /// Makes attempts for payments that have none under way.
    pub(super) async fn carry(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        let payments = client::open_payments(pool, network_id).await?;
        let is_ready = |it: &&OpenPayment| it.safe_signatures.is_some();
        if !payments.iter().any(|it| is_ready(&it)) {
            return Ok(());
        }
        let attempts = client::open_attempts(pool, network_id).await?;
        let mut last: HashMap<i64, &OpenAttempt> = HashMap::new();
        let (mut live, mut sent) = (HashSet::new(), HashSet::new());
        // Before the Safe's: one whose number is used while the Safe's is not has carried nothing.
        let used = self.node.nonce(stage.gas, json!("latest")).await?;
        let is_used = |it: &OpenAttempt| {
            it.from_script.as_deref() == Some(stage.gas.as_slice())
                && it.nonce.is_some_and(|nonce| nonce < used)
        };
        for attempt in &attempts {
            last.insert(attempt.payment_id, attempt);
            if attempt.state != "mined" && !attempt.is_refused && !is_used(attempt) {
                live.insert(attempt.payment_id);
            }
            if attempt.state == "broadcast" {
                sent.insert(attempt.payment_id);
            }
        }
        // What is kept back by a halt is under way only where a node has it.
        let is_under_way = |payment: &OpenPayment| match payment.is_halted {
            true => sent.contains(&payment.payment_id),
            false => live.contains(&payment.payment_id),
        };
        let reused = |payment: &OpenPayment| {
            let refused = last.get(&payment.payment_id).filter(|it| it.is_refused);
            refused.and_then(|attempt| attempt.nonce)
        };
        let next = self.safe_nonce(stage.safe, json!("latest")).await?;
        let fees = self.node.fees(self.config.max_gas_wei).await?;
        let mut at = 0;
        while let Some(first) = payments.get(at) {
            // A payment, and one that cancels it: the Safe does either.
            let same = payments[at..].iter();
            let same = same
                .take_while(|it| it.safe_nonce == first.safe_nonce)
                .count();
            let both = &payments[at..at + same];
            at += same;
            let Some(nonce) = first.safe_nonce else {
                continue;
            };
            // A number that is used up belongs to whoever used it: the follower finds out.
            if nonce < next || both.iter().any(is_under_way) {
                continue;
            }
            let is_free = |it: &&OpenPayment| is_ready(it) && !it.is_halted;
            let Some(ready) = both.iter().find(is_free) else {
                // Those after it cannot happen before it.
                break;
            };
            self.add_carrier(pool, stage, ready, fees, reused(ready))
                .await?;
        }
        // The cold Safe's, whose numbers are its own.
        let is_refill = |it: &&OpenPayment| it.purpose == "refill" && it.safe_signatures.is_some();
        for refill in payments.iter().filter(is_refill) {
            if !is_under_way(refill) && !refill.is_halted && self.is_unused(stage, refill).await? {
                self.add_carrier(pool, stage, refill, fees, reused(refill))
                    .await?;
            }
        }
        Ok(())
    }

    /// Whether the number of a payment of the cold Safe is still to be used.
    async fn is_unused(&self, stage: &Stage, payment: &OpenPayment) -> anyhow::Result<bool> {
        let inner = stage.inner(payment)?.context("a payment of no Safe")?;
        let next = self.safe_nonce(inner.safe, json!("latest")).await?;
        Ok(next <= i64::try_from(inner.nonce)?)
    }

    async fn add_carrier(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        fees: GasFees,
        reused: Option<i64>,
    ) -> anyhow::Result<()> {
        let inner = stage.inner(payment)?.context("a payment of no Safe")?;
        let hash = identity(payment.identity_hash.as_deref())?;
        ensure!(
            inner.hash() == hash,
            "payment {} was changed",
            payment.payment_id
        );
        let signatures = payment.safe_signatures.iter().flatten();
        let signatures = signatures.map(|signature| signer_of(&hash, signature));
        let signatures = signatures.collect::<anyhow::Result<Vec<_>>>()?;
        let carrier = EvmTransaction {
            chain_id: stage.chain_id,
            nonce: 0,
            to: inner.safe,
            value: U256::ZERO,
            input: inner.execution(&signatures)?,
            gas_limit: inner.gas_limit().context("more gas than there is")?,
            fees,
        };
        self.add_attempt(pool, stage, payment.payment_id, &carrier, reused)
            .await?;
        Ok(())
    }

    /// Writes down a transaction of the gas account; with its next number, unless one is reused.
    /// Gives whether it was needed.
    pub(super) async fn add_attempt(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment_id: i64,
        transaction: &EvmTransaction,
        reused: Option<i64>,
    ) -> anyhow::Result<bool> {
        let at_least = self.node.nonce(stage.gas, json!("latest")).await?;
        let number = client::next_attempt(pool, payment_id).await?;
        if number > MOST_ATTEMPTS {
            tracing::error!(
                payment = payment_id,
                "tried {MOST_ATTEMPTS} times: somebody must look"
            );
            return Ok(false);
        }
        let network_id = stage.network.network_id;
        let shared = Arc::new((stage.gas, transaction.clone()));
        let added = run_tx(pool, "add_attempt", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (gas, transaction) = &*shared;
                if !client::begin_attempt(tx, payment_id, number).await? {
                    return Ok(false);
                }
                let nonce = match reused {
                    Some(nonce) => nonce,
                    None => {
                        let script = gas.as_slice();
                        client::take_nonce(tx, network_id, script, at_least).await?
                    }
                };
                let numbered = EvmTransaction {
                    nonce: u64::try_from(nonce).unwrap_or(0),
                    ..transaction.clone()
                };
                let attempt = NewAttempt {
                    payment_id,
                    from_script: Some(gas.to_vec()),
                    nonce: Some(nonce),
                    unsigned: unsigned(&numbered),
                    fee_rate: numbered.fees.max_fee_per_gas.to_string(),
                    fee_atoms: None,
                    signings: vec!["a gas_account"],
                };
                client::add_attempt(tx, &attempt).await.map(|_| true)
            })
        })
        .await?;
        if added {
            fault_point("attempt_added");
        }
        Ok(added)
    }

    /// Keeps the bytes of what is signed, and sends what is kept and not mined.
    pub(super) async fn broadcast(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let attempts = client::open_attempts(pool, stage.network.network_id).await?;
        for attempt in &attempts {
            match attempt.state.as_str() {
                "unsigned" if !attempt.signatures.is_empty() => {
                    let raw = self.assemble(pool, attempt).await?;
                    if !attempt.is_halted {
                        self.send(pool, stage, attempt, &raw).await?;
                    }
                }
                // What nobody has yet stays here while nothing may be sent.
                "signed" if attempt.is_halted => {}
                "signed" | "broadcast" if self.is_due(attempt, &attempts) => {
                    let raw = attempt.raw.as_deref().context("an attempt without bytes")?;
                    self.send(pool, stage, attempt, raw).await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it is to be sent now: at first, and from time to time, but not once another of the
    /// same number pays more.
    fn is_due(&self, attempt: &OpenAttempt, all: &[OpenAttempt]) -> bool {
        let is_later = |it: &OpenAttempt| {
            it.payment_id == attempt.payment_id
                && it.nonce == attempt.nonce
                && it.number > attempt.number
                && it.raw.is_some()
        };
        if all.iter().any(is_later) {
            return false;
        }
        let last = millis(attempt.last_broadcast_ms);
        attempt.state == "signed" || last.is_none_or(|last| last >= self.config.resend_after)
    }

    async fn assemble(&self, pool: &Pool, attempt: &OpenAttempt) -> anyhow::Result<Vec<u8>> {
        let transaction = read_unsigned(&attempt.unsigned)?;
        let [signature] = &attempt.signatures[..] else {
            anyhow::bail!("attempt {} has not one signature", attempt.attempt_id);
        };
        let (key, signature) = signer_of(&transaction.signing_hash(), signature)?;
        let sender = key.evm_address();
        ensure!(
            Some(sender.as_slice()) == attempt.from_script.as_deref(),
            "attempt {} is signed by another",
            attempt.attempt_id
        );
        let signed = transaction.signed(&key, &signature)?;
        client::store_raw(
            pool,
            attempt.attempt_id,
            &signed.bytes,
            signed.hash.as_slice(),
        )
        .await?;
        fault_point("raw_stored");
        Ok(signed.bytes)
    }

    async fn send(
        &self,
        pool: &Pool,
        stage: &Stage,
        attempt: &OpenAttempt,
        raw: &[u8],
    ) -> anyhow::Result<()> {
        match self.node.send(raw).await? {
            Sent::Taken => {
                fault_point("raw_sent");
                client::note_broadcast(pool, attempt.attempt_id).await?;
                fault_point("broadcast_noted");
            }
            // Its number may be used: then the follower finds out by which transaction.
            Sent::Refused(words) => tracing::warn!(
                network = stage.network.name,
                attempt = attempt.attempt_id,
                "the node does not take it: {words}"
            ),
        }
        Ok(())
    }
}
