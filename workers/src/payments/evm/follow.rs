//! Follows: which block holds an attempt, and what became of what it carried. Only what is provable
//! is believed: a receipt, the Safe's own event, or a number that something else has used for good.
//! Every transaction of ours is asked for until its number is used for good, whatever became of its
//! payment.

use std::collections::HashMap;

use alloy::primitives::{Address, B256, U64, U256};
use chain::safe::Execution;
use client::{MinedOutcome, OpenPayment, Pool, WatchedAttempt};
use serde_json::json;

use super::anothers::{Number, Owner, earliest};
use super::node::Receipt;
use super::outcome::outcome_of;
use super::{Payer, Stage, address_of, identity};
use crate::fault_point::fault_point;

/// Payments that are settled in one transaction.
const SETTLED_AT_ONCE: i32 = 100;

/// What the node said in this round: numbers of accounts as of a block that is final, and of Safes
/// as of now.
#[derive(Default)]
struct Said {
    final_nonces: HashMap<(Address, u64), Option<i64>>,
    safe_nonces: HashMap<Address, i64>,
}

impl Payer {
    /// Looks at everything that is under way, and ends what is final.
    pub(super) async fn follow(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        let reopened = client::reopen_attempts(pool, network_id).await?;
        if reopened > 0 {
            tracing::warn!(
                network = stage.network.name,
                reopened,
                "blocks have gone: sent again"
            );
        }
        // Then what overtook another of ours is not taken for somebody else's.
        client::close_attempts(pool, network_id).await?;
        let mut said = Said::default();
        let attempts = client::watched_attempts(pool, network_id).await?;
        let payments = match attempts.is_empty() {
            true => Vec::new(),
            false => client::watched_payments(pool, network_id).await?,
        };
        for attempt in &attempts {
            let of_attempt = |it: &&OpenPayment| it.payment_id == attempt.payment_id;
            // Another worker may have ended it since.
            if let Some(payment) = payments.iter().find(of_attempt) {
                if self.look_at(pool, stage, payment, attempt).await? {
                    continue;
                }
                let used = self.used_number(stage, payment, attempt, &attempts, &mut said);
                if let Some(number) = used.await?
                    && self.is_anothers(pool, stage, &number).await
                    && client::note_replaced(pool, attempt.attempt_id).await?
                {
                    tracing::error!(
                        payment = payment.payment_id,
                        attempt = attempt.attempt_id,
                        "its account's number was used by another transaction"
                    );
                }
            }
        }
        for payment in client::open_payments(pool, network_id).await? {
            self.look_for_others(pool, stage, &payment, &mut said)
                .await?;
        }
        loop {
            let settled = client::settle_payments(pool, network_id, SETTLED_AT_ONCE).await?;
            if settled == 0 {
                break;
            }
            fault_point("payments_settled");
            tracing::info!(network = stage.network.name, settled, "payments settled");
        }
        while client::end_failed_payment(pool, network_id).await? {
            tracing::warn!(network = stage.network.name, "a payment failed for good");
        }
        Ok(())
    }

    /// Whether a block holds the attempt, which is noted then.
    async fn look_at(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        attempt: &WatchedAttempt,
    ) -> anyhow::Result<bool> {
        let Some(receipt) = self.node.receipt(&attempt.txid).await? else {
            return Ok(false);
        };
        let sender = attempt.from_script.as_deref();
        let outcome = outcome_of(stage, payment, sender, &receipt)?;
        // What somebody else sent has cost us nothing.
        let fee = sender.map(|_| receipt.gas_used.saturating_mul(receipt.effective_gas_price));
        note(pool, attempt.attempt_id, &receipt, outcome, fee).await?;
        fault_point("mined_noted");
        tracing::info!(payment = payment.payment_id, ?outcome, "mined");
        if outcome == MinedOutcome::Disputed {
            tracing::error!(
                payment = payment.payment_id,
                "tokens moved, but not as planned: a person decides (chain.decide_payment)"
            );
        }
        Ok(true)
    }

    /// The attempt's number, where it is used for good.
    async fn used_number<'a>(
        &self,
        stage: &Stage,
        payment: &'a OpenPayment,
        attempt: &WatchedAttempt,
        all: &[WatchedAttempt],
        said: &mut Said,
    ) -> anyhow::Result<Option<Number<'a>>> {
        let (Some(script), Some(number)) = (&attempt.from_script, attempt.nonce) else {
            return Ok(None);
        };
        let Some(height) = final_block(stage, payment.asset_id) else {
            return Ok(None);
        };
        let account = address_of(script)?;
        let next = self.final_nonce(account, height, said).await;
        if next.is_none_or(|next| next <= number) {
            return Ok(None);
        }
        let is_same = |it: &&WatchedAttempt| {
            it.from_script.as_ref() == Some(script) && it.nonce == attempt.nonce
        };
        let ours = all.iter().filter(is_same);
        let ours = ours.map(|it| identity(Some(&it.txid)));
        Ok(Some(Number {
            payment,
            of: Owner::Account(account),
            number,
            ours: ours.collect::<anyhow::Result<_>>()?,
            height,
        }))
    }

    /// Whether somebody else carried a payment of a Safe, or has used its number up.
    async fn look_for_others(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        said: &mut Said,
    ) -> anyhow::Result<()> {
        let (Some(inner), Some(_)) = (stage.inner(payment)?, &payment.safe_signatures) else {
            return Ok(());
        };
        let nonce = i64::try_from(inner.nonce)?;
        if self.next_of_safe(inner.safe, said).await? <= nonce {
            return Ok(());
        }
        let hash = identity(payment.identity_hash.as_deref())?;
        let topics = [json!(Execution::TOPICS), json!(hash)];
        let from = u64::try_from(earliest(payment))?;
        let found = self.node.logs(inner.safe, topics, from).await?;
        if let Some(txid) = found.iter().find_map(|log| log.transaction_hash) {
            return self.adopt(pool, stage, payment, txid).await;
        }
        // A cancelling payment's outcome ends both.
        let is_double = payment.is_cancelled || payment.purpose == "cancel";
        let final_block = final_block(stage, payment.asset_id);
        let Some(height) = final_block.filter(|_| !is_double) else {
            return Ok(());
        };
        let number = Number {
            payment,
            of: Owner::Safe(inner.safe),
            number: nonce,
            ours: vec![hash],
            height,
        };
        if self.is_anothers(pool, stage, &number).await {
            let reason = "the wallet's number of it was used by another transaction";
            client::fail_payment(pool, payment.payment_id, reason).await?;
            tracing::error!(payment = payment.payment_id, "failed: {reason}");
        }
        Ok(())
    }

    /// An account's next number as of a block that is final; none where the node has no such block
    /// yet.
    async fn final_nonce(&self, account: Address, block: u64, said: &mut Said) -> Option<i64> {
        if let Some(known) = said.final_nonces.get(&(account, block)) {
            return *known;
        }
        let asked = self.node.nonce(account, json!(U64::from(block))).await.ok();
        said.final_nonces.insert((account, block), asked);
        asked
    }

    async fn next_of_safe(&self, safe: Address, said: &mut Said) -> anyhow::Result<i64> {
        if let Some(known) = said.safe_nonces.get(&safe) {
            return Ok(*known);
        }
        let asked = self.safe_nonce(safe, json!("latest")).await?;
        said.safe_nonces.insert(safe, asked);
        Ok(asked)
    }

    /// Keeps the transaction by which somebody else carried the payment.
    async fn adopt(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        txid: B256,
    ) -> anyhow::Result<()> {
        let raw = self.node.raw_transaction(txid).await?;
        let receipt = self.node.receipt(txid.as_slice()).await?;
        let (Some(raw), Some(receipt)) = (raw, receipt) else {
            return Ok(());
        };
        let outcome = outcome_of(stage, payment, None, &receipt)?;
        let adopted =
            client::adopt_attempt(pool, payment.payment_id, &raw, txid.as_slice()).await?;
        // One of ours was mined, or made by another worker, since we looked: the next look has its
        // receipt, with its fee.
        let Some(adopted) = adopted else {
            return Ok(());
        };
        note(pool, adopted, &receipt, outcome, None).await?;
        tracing::warn!(payment = payment.payment_id, %txid, "somebody else carried it");
        Ok(())
    }
}

/// The highest block that is final for a coin.
fn final_block(stage: &Stage, asset_id: i32) -> Option<u64> {
    let coin = stage.coins.iter().find(|coin| coin.asset_id == asset_id)?;
    let block = stage.network.tip? - i64::from(coin.final_confirmations) + 1;
    u64::try_from(block).ok()
}

async fn note(
    pool: &Pool,
    attempt_id: i64,
    receipt: &Receipt,
    outcome: MinedOutcome,
    fee: Option<U256>,
) -> anyhow::Result<()> {
    let height = i64::try_from(receipt.block_number.to::<u64>())?;
    let block = (receipt.block_hash.as_slice(), height);
    let fee = fee.map(|fee| fee.to_string());
    client::note_mined(pool, attempt_id, block, outcome, fee.as_deref()).await?;
    Ok(())
}
