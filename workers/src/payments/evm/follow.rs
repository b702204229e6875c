//! Follows: which block holds an attempt, and what became of what it carried. Only what is provable
//! is believed: a receipt, the Safe's own event, or a number that something else has used for good.

use alloy::primitives::{Address, B256, U256};
use anyhow::Context as _;
use chain::erc20::TokenTransfer;
use chain::safe::Execution;
use client::{MinedOutcome, OpenAttempt, OpenPayment, PaymentCoin, Pool};
use serde_json::json;

use super::node::{Log, Receipt};
use super::{Payer, Stage, address_of, identity};
use crate::fault_point::fault_point;

/// Payments that are settled in one transaction.
const SETTLED_AT_ONCE: i32 = 100;
/// Blocks before the plan in which the outcome is looked for, for a plan made in a fork.
const EARLIER_BLOCKS: i64 = 100;

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
        let payments = client::open_payments(pool, network_id).await?;
        let attempts = client::open_attempts(pool, network_id).await?;
        for payment in &payments {
            let own = |it: &&OpenAttempt| it.payment_id == payment.payment_id;
            let own: Vec<&OpenAttempt> = attempts.iter().filter(own).collect();
            let mut is_mined = false;
            for attempt in own
                .iter()
                .filter(|it| it.state == "signed" || it.state == "broadcast")
            {
                is_mined |= self.look_at(pool, stage, payment, attempt).await?;
            }
            if !is_mined && !own.is_empty() {
                self.look_for_others(pool, stage, payment, &own).await?;
            }
        }
        self.look_at_overtaken(pool, network_id).await?;
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

    /// Whether a block holds the attempt.
    async fn look_at(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        attempt: &OpenAttempt,
    ) -> anyhow::Result<bool> {
        let txid = attempt
            .txid
            .as_deref()
            .context("an attempt without a hash")?;
        let Some(receipt) = self.node.receipt(txid).await? else {
            return Ok(false);
        };
        let outcome = outcome_of(stage, payment, &receipt)?;
        let fee = receipt.gas_used.saturating_mul(receipt.effective_gas_price);
        note(pool, attempt.attempt_id, &receipt, outcome, Some(fee)).await?;
        fault_point("mined_noted");
        tracing::info!(payment = payment.payment_id, ?outcome, "mined");
        Ok(true)
    }

    /// Notes what came too late: it moves nothing, but its gas is paid.
    async fn look_at_overtaken(&self, pool: &Pool, network_id: i32) -> anyhow::Result<()> {
        for attempt in client::overtaken_attempts(pool, network_id).await? {
            let receipt = self.node.receipt(&attempt.txid).await?;
            // One that succeeded has overtaken the other: the blocks are being undone.
            let Some(receipt) = receipt.filter(|receipt| receipt.status.is_zero()) else {
                continue;
            };
            let fee = receipt.gas_used.saturating_mul(receipt.effective_gas_price);
            let outcome = MinedOutcome::Reverted;
            note(pool, attempt.attempt_id, &receipt, outcome, Some(fee)).await?;
            tracing::warn!(payment = attempt.payment_id, "a carrier came too late");
        }
        Ok(())
    }

    /// Whether somebody else carried the payment, or has used its number up.
    async fn look_for_others(
        &self,
        pool: &Pool,
        stage: &Stage,
        payment: &OpenPayment,
        attempts: &[&OpenAttempt],
    ) -> anyhow::Result<()> {
        let final_block = self.final_block(stage, payment.asset_id);
        let Some(inner) = stage.inner(payment)? else {
            return self
                .look_for_used_nonces(pool, payment, attempts, final_block)
                .await;
        };
        let nonce = i64::try_from(inner.nonce)?;
        if self.safe_nonce(inner.safe, json!("latest")).await? <= nonce {
            return Ok(());
        }
        let hash = identity(payment.identity_hash.as_deref())?;
        let from = payment.plan["height"]
            .as_i64()
            .unwrap_or(0)
            .saturating_sub(EARLIER_BLOCKS);
        let topics = [json!(Execution::TOPICS), json!(hash)];
        let from = u64::try_from(from.max(0))?;
        let found = self.node.logs(inner.safe, topics, from).await?;
        if let Some(txid) = found.iter().find_map(|log| log.transaction_hash) {
            return self.adopt(pool, stage, payment, txid).await;
        }
        // A cancelling payment's outcome ends both.
        let is_double = payment.is_cancelled || payment.purpose == "cancel";
        let Some(block) = final_block.filter(|_| !is_double) else {
            return Ok(());
        };
        // A node whose chain was just undone has no such block yet: then later.
        let block = json!(alloy::primitives::U64::from(block));
        let used = self.safe_nonce(inner.safe, block).await;
        if used.is_ok_and(|used| used > nonce) {
            let reason = "the wallet's number of it was used by another transaction";
            client::fail_payment(pool, payment.payment_id, reason).await?;
            tracing::error!(payment = payment.payment_id, "failed: {reason}");
        }
        Ok(())
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
        let outcome = outcome_of(stage, payment, &receipt)?;
        let adopted =
            client::adopt_attempt(pool, payment.payment_id, &raw, txid.as_slice()).await?;
        note(pool, adopted, &receipt, outcome, None).await?;
        tracing::warn!(payment = payment.payment_id, %txid, "somebody else carried it");
        Ok(())
    }

    /// An account's own payments: somebody who has the key has used their number.
    async fn look_for_used_nonces(
        &self,
        pool: &Pool,
        payment: &OpenPayment,
        attempts: &[&OpenAttempt],
        final_block: Option<u64>,
    ) -> anyhow::Result<()> {
        let Some(block) = final_block else {
            return Ok(());
        };
        let mut is_used = !attempts.is_empty();
        for attempt in attempts {
            let (Some(account), Some(nonce)) = (&attempt.from_script, attempt.nonce) else {
                return Ok(());
            };
            let block = json!(alloy::primitives::U64::from(block));
            let used = self.node.nonce(address_of(account)?, block).await;
            is_used &= used.is_ok_and(|used| used > nonce);
        }
        if is_used {
            let reason = "its number was used by another transaction";
            client::fail_payment(pool, payment.payment_id, reason).await?;
            tracing::error!(payment = payment.payment_id, "failed: {reason}");
        }
        Ok(())
    }

    /// The highest block that is final for a coin.
    fn final_block(&self, stage: &Stage, asset_id: i32) -> Option<u64> {
        let coin = stage.coins.iter().find(|coin| coin.asset_id == asset_id)?;
        let block = stage.network.tip? - i64::from(coin.final_confirmations) + 1;
        u64::try_from(block).ok()
    }
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

/// What a receipt proves.
fn outcome_of(
    stage: &Stage,
    payment: &OpenPayment,
    receipt: &Receipt,
) -> anyhow::Result<MinedOutcome> {
    let is_done = receipt.status.to::<u64>() == 1;
    let Some(inner) = stage.inner(payment)? else {
        // The account's number is used up either way.
        return Ok(if is_done {
            MinedOutcome::Success
        } else {
            MinedOutcome::Failure
        });
    };
    let hash = identity(payment.identity_hash.as_deref())?;
    let of_safe = |log: &&Log| log.address == inner.safe;
    let executions = receipt.logs.iter().filter(of_safe);
    let mut executions = executions.filter_map(|log| Execution::read(&log.topics, &log.data));
    let execution = executions.find(|execution| execution.hash == hash);
    let Some(execution) = execution.filter(|_| is_done) else {
        return Ok(MinedOutcome::Reverted);
    };
    let coin = stage
        .coins
        .iter()
        .find(|coin| coin.asset_id == payment.asset_id);
    let contract = coin.and_then(|coin: &PaymentCoin| coin.contract.as_deref());
    // A token may say no without failing: what counts is that it moved.
    let has_moved = match contract {
        Some(contract) if payment.purpose != "cancel" => {
            has_transfer(receipt, address_of(contract)?, inner.safe, &inner.data)
        }
        _ => true,
    };
    Ok(match execution.succeeded && has_moved {
        true => MinedOutcome::Success,
        false => MinedOutcome::Failure,
    })
}

fn has_transfer(receipt: &Receipt, contract: Address, from: Address, data: &[u8]) -> bool {
    let Some((to, value)) = chain::erc20::read_transfer(data) else {
        return false;
    };
    let wanted = TokenTransfer { from, to, value };
    let of_token = |log: &&Log| log.address == contract;
    let transfers = receipt.logs.iter().filter(of_token);
    let mut transfers = transfers.filter_map(|log| TokenTransfer::read(&log.topics, &log.data));
    transfers.any(|transfer| transfer == wanted)
}
