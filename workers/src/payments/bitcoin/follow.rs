//! Assembles, sends and follows: the watcher sees which transaction spends a reserved output, and
//! that decides. What stays unmined is replaced by one that pays more, from the same outputs.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bitcoin::Psbt;
use chain::coin_selection::Coin;
use chain::previous::Previous;
use chain::signature::Signature;
use chain::signing;
use chain::spend::Spend;
use client::{OpenAttempt, Pool, Query, run_tx};

use super::node::{Rates, Sent};
use super::plan::{CHOICES, HOT, add_version};
use super::previous::lacks;
use super::{LIMITS, Payer, Stage, coin_of, millis, shown};
use crate::fault_point::fault_point;

/// Payments that are settled in one transaction.
const SETTLED_AT_ONCE: i32 = 100;
/// Versions of a payment: then somebody has to look.
const MOST_ATTEMPTS: i32 = 20;
/// Bytes of a signature.
const SIGNATURE: usize = 64;

impl Payer {
    /// Notes what blocks hold, and ends what is final.
    pub(super) async fn follow(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        let name = &stage.network.name;
        let reopened = client::reopen_attempts(pool, network_id).await?;
        if reopened > 0 {
            tracing::warn!(network = name, reopened, "blocks have gone: sent again");
        }
        let mined = client::match_spent_outputs(pool, network_id).await?;
        if mined > 0 {
            fault_point("mined_noted");
            tracing::info!(network = name, mined, "payments mined");
        }
        let failed = client::fail_conflicts(pool, network_id).await?;
        if failed > 0 {
            tracing::error!(
                network = name,
                failed,
                "payments whose outputs others have spent"
            );
        }
        loop {
            let settled = client::settle_payments(pool, network_id, SETTLED_AT_ONCE).await?;
            if settled == 0 {
                break;
            }
            fault_point("payments_settled");
            tracing::info!(network = name, settled, "payments settled");
        }
        Ok(())
    }

    /// Keeps the bytes of what is signed, and sends what is kept and not mined.
    pub(super) async fn broadcast(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let attempts = client::open_attempts(pool, stage.network.network_id).await?;
        for attempt in &attempts {
            let signed = i64::try_from(attempt.signatures.len())?;
            let is_later = |it: &OpenAttempt| {
                it.payment_id == attempt.payment_id
                    && it.number > attempt.number
                    && it.raw.is_some()
            };
            let is_replaced = attempts.iter().any(is_later);
            let last = millis(attempt.last_broadcast_ms);
            let is_due = last.is_none_or(|last| last >= self.config.resend_after);
            match attempt.state.as_str() {
                "unsigned" if signed == attempt.asked && !attempt.is_refused => {
                    let raw = assemble(pool, stage, attempt).await?;
                    if !attempt.is_halted {
                        self.send(pool, stage, attempt, &raw).await?;
                    }
                }
                // What nobody has yet stays here while nothing may be sent.
                "signed" if attempt.is_halted => {}
                "signed" | "broadcast" if is_due && !is_replaced => {
                    let raw = attempt.raw.as_deref().context("an attempt without bytes")?;
                    self.send(pool, stage, attempt, raw).await?;
                }
                _ => {}
            }
        }
        Ok(())
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
            Sent::Refused(words) => tracing::warn!(
                network = stage.network.name,
                attempt = attempt.attempt_id,
                "the node does not take it: {words}"
            ),
        }
        Ok(())
    }

    /// Replaces what is stuck (BIP125).
    pub(super) async fn bump(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        if stage.network.is_halted {
            // Nothing new is signed.
            return Ok(());
        }
        let attempts = client::open_attempts(pool, stage.network.network_id).await?;
        for attempt in &attempts {
            // One that was refused is none: another is tried.
            let is_later = |it: &OpenAttempt| {
                it.payment_id == attempt.payment_id && it.number > attempt.number && !it.is_refused
            };
            let waited = millis(attempt.waited_ms);
            // What was signed offline cannot be replaced here. What no node took is stuck too.
            let is_stuck = ["signed", "broadcast"].contains(&attempt.state.as_str())
                && attempt.asked > 0
                && waited.is_some_and(|waited| waited >= self.config.bump_after);
            if is_stuck && !attempts.iter().any(is_later) {
                self.replace(pool, stage, attempt).await?;
            }
        }
        Ok(())
    }

    async fn replace(
        &self,
        pool: &Pool,
        stage: &Stage,
        attempt: &OpenAttempt,
    ) -> anyhow::Result<()> {
        let rates = self.rates().await?;
        let psbt = Psbt::deserialize(&attempt.unsigned).context("a PSBT")?;
        let change = stage.hot_script();
        let old = Spend::read_stated(&psbt, &stage.wallet, &change)?;
        let paid = rates.wanted.fee_sats(old.vsize).context("a fee")?;
        if paid <= old.fee_sats || old.payments.is_empty() {
            // It offers enough: blocks are slow. A sweep can wait.
            return Ok(());
        }
        let number = client::next_attempt(pool, attempt.payment_id).await?;
        if number > MOST_ATTEMPTS {
            return Ok(());
        }
        let next = (attempt.payment_id, number);
        let mut known = self
            .previous(pool, stage, &old.coins, Previous::default())
            .await?;
        for _ in 0..CHOICES {
            let shared = Arc::new((stage.clone(), old.clone(), known.clone()));
            let bumped = run_tx(pool, "bump_attempt", move |tx| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (stage, old, known) = &*shared;
                    bump_once(tx, stage, next, (old, known), rates).await
                })
            })
            .await?;
            match bumped {
                Bumped::Not => break,
                Bumped::Lacks(coins) => known = self.previous(pool, stage, &coins, known).await?,
                Bumped::Added => {
                    fault_point("bump_added");
                    tracing::info!(payment = attempt.payment_id, "bumped");
                    break;
                }
            }
        }
        Ok(())
    }
}

/// What a look at a stuck payment came to.
enum Bumped {
    Not,
    /// It would spend these coins, of which it has to be known first what made them.
    Lacks(Vec<Coin>),
    Added,
}

async fn bump_once(
    tx: &impl Query,
    stage: &Stage,
    (payment_id, number): (i64, i32),
    (old, known): (&Spend, &Previous),
    rates: Rates,
) -> Result<Bumped, client::Error> {
    if !client::begin_attempt(tx, payment_id, number).await? {
        return Ok(Bumped::Not);
    }
    let free = client::free_outputs(tx, stage.network.network_id, "hot").await?;
    let free: Vec<_> = free
        .iter()
        .filter_map(|output| coin_of(output).ok())
        .collect();
    let change = stage.hot_script();
    let new = match old.bump(&free, &change, rates.wanted, rates.relay, &LIMITS) {
        Ok(new) => new,
        Err(reject) => {
            tracing::warn!(payment = payment_id, "stuck, and not replaced: {reject}");
            return Ok(Bumped::Not);
        }
    };
    if lacks(known, &new.coins) {
        return Ok(Bumped::Lacks(new.coins));
    }
    add_version(tx, stage, payment_id, (&new, known), HOT.to_vec(), rates).await?;
    Ok(Bumped::Added)
}

async fn assemble(pool: &Pool, stage: &Stage, attempt: &OpenAttempt) -> anyhow::Result<Vec<u8>> {
    let mut psbt = Psbt::deserialize(&attempt.unsigned).context("a PSBT")?;
    let digests = signing::digests(&psbt, &stage.wallet)?;
    for signatures in &attempt.signatures {
        ensure!(
            signatures.len() == digests.len() * SIGNATURE,
            "attempt {}: not one signature an input",
            attempt.attempt_id
        );
        for (digest, bytes) in digests.iter().zip(signatures.chunks_exact(SIGNATURE)) {
            let mut signature = [0; SIGNATURE];
            signature.copy_from_slice(bytes);
            let signature = Signature::from_bytes(&signature)?;
            let keys = stage.wallet.keys_of(digest.owner)?;
            let made =
                |key: &&chain::public_key::PublicKey| signature.verify(&digest.digest, key).is_ok();
            let key = keys
                .iter()
                .find(made)
                .context("a signature of no key of the input")?;
            signing::add_signature(&mut psbt, &stage.wallet, digest.input, key, &signature)?;
        }
    }
    let signed = signing::finalise(&psbt, &stage.wallet)?;
    let txid = shown(signed.txid);
    client::store_raw(pool, attempt.attempt_id, &signed.bytes, &txid).await?;
    fault_point("raw_stored");
    Ok(signed.bytes)
}
