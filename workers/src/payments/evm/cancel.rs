//! Cancels: a number of the Safe whose payment does not happen, or not now, is used up by a
//! payment of nothing to the Safe itself, because later ones cannot happen before it. The Safe does
//! one of the two, whatever becomes of the reason.

use std::sync::Arc;

use alloy::primitives::{Bytes, U256};
use anyhow::Context as _;
use client::{OpenPayment, Pool, Query, run_tx};

use super::plan::{LEAST_GAS, SafeCall, add_safe_payment};
use super::{Payer, PlannedCall, Stage};

/// Why signers are asked no more.
const RECALLED: &str = "others waited behind it while its coin was halted";

impl Payer {
    /// Uses up the numbers of what a signer refused, and of what its coin's halt keeps back where
    /// others wait behind it: a halt of one coin stops no other.
    pub(super) async fn cancel(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let due = due(pool, stage).await?;
        if due.is_empty() {
            return Ok(());
        }
        let native = stage.coins.iter().find(|coin| coin.contract.is_none());
        let native = native.context("the network has no coin of its own")?;
        let shared = Arc::new((stage.clone(), native.asset_id));
        for due in due {
            let shared = Arc::clone(&shared);
            let (payment_id, nonce) = (due.payment_id, due.safe_nonce);
            let added = run_tx(pool, "cancel_payment", move |tx| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (stage, native) = &*shared;
                    // For its lock alone: from here on nobody ends it, or cancels it too.
                    client::begin_attempt(tx, payment_id, 1).await?;
                    let still = self::due(tx, stage).await?;
                    let Some(due) = still.iter().find(|it| it.payment_id == payment_id) else {
                        return Ok(false);
                    };
                    // A signer knows no chain: it could not tell whether what both have signed
                    // was cancelled in truth, and would never sign for that withdrawal again.
                    if !due.is_refused && !client::recall_payment(tx, payment_id, RECALLED).await? {
                        return Ok(false);
                    }
                    let new = nothing(stage, *native);
                    add_safe_payment(tx, stage, new, nonce, 0).await?;
                    Ok(true)
                })
            })
            .await?;
            if added {
                let is_refused = due.is_refused;
                tracing::warn!(payment = payment_id, nonce, is_refused, "cancelled");
            }
        }
        Ok(())
    }
}

/// Open payments whose number is to be used up by another.
async fn due(on: &impl Query, stage: &Stage) -> Result<Vec<OpenPayment>, client::Error> {
    let payments = client::open_payments(on, stage.network.network_id).await?;
    let goes_on = |it: &&OpenPayment| it.purpose != "cancel" && !it.is_halted;
    let last = payments.iter().filter(goes_on);
    let last = last.filter_map(|it| it.safe_nonce).max();
    // What both owners have signed keeps its number. A network that is halted keeps back all alike.
    let is_kept_back = |it: &OpenPayment| {
        it.is_halted
            && !stage.network.is_halted
            && it.safe_signatures.is_none()
            && it.safe_nonce < last
    };
    let is_due = |it: &OpenPayment| {
        it.purpose != "cancel"
            && it.safe_nonce.is_some()
            && !it.is_cancelled
            && (it.is_refused || is_kept_back(it))
    };
    Ok(payments.into_iter().filter(is_due).collect())
}

/// What uses a number up.
fn nothing(stage: &Stage, native: i32) -> SafeCall {
    SafeCall {
        purpose: "cancel",
        asset_id: native,
        atoms: "0".to_owned(),
        call: PlannedCall {
            to: stage.safe,
            value: U256::ZERO,
            data: Bytes::new(),
        },
        gas: LEAST_GAS,
        height: stage.network.tip.unwrap_or(0),
        items: Vec::new(),
    }
}
