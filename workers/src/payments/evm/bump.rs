//! Bumps: what stays unmined while blocks ask for more is replaced, under the same number, by one
//! that pays more, up to a limit. Of the same number only one can be mined.

use std::sync::Arc;

use chain::evm_transaction::GasFees;
use client::{NewAttempt, OpenAttempt, Pool, run_tx};

use super::carry::MOST_ATTEMPTS;
use super::{Payer, Stage, millis};
use crate::evm_bytes::{read_unsigned, unsigned};
use crate::fault_point::fault_point;

impl Payer {
    pub(super) async fn bump(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let attempts = client::open_attempts(pool, stage.network.network_id).await?;
        let is_stuck = |attempt: &&OpenAttempt| {
            let waited = millis(attempt.waited_ms);
            // What no node took is stuck too, unless it is not to be sent now.
            let is_sent = match attempt.state.as_str() {
                "broadcast" => true,
                "signed" => !attempt.is_halted,
                _ => false,
            };
            is_sent && waited.is_some_and(|waited| waited >= self.config.bump_after)
        };
        let mut wanted = None;
        for attempt in attempts.iter().filter(is_stuck) {
            // One that was refused is none: another is tried.
            let is_later = |it: &OpenAttempt| {
                it.payment_id == attempt.payment_id && it.number > attempt.number && !it.is_refused
            };
            if attempts.iter().any(is_later) {
                continue;
            }
            let wanted = match wanted {
                Some(wanted) => wanted,
                None => *wanted.insert(self.node.fees(self.config.max_gas_wei).await?),
            };
            self.replace(pool, attempt, wanted).await?;
        }
        Ok(())
    }

    async fn replace(
        &self,
        pool: &Pool,
        attempt: &OpenAttempt,
        wanted: GasFees,
    ) -> anyhow::Result<()> {
        let old = read_unsigned(&attempt.unsigned)?;
        if wanted.max_fee_per_gas <= old.fees.max_fee_per_gas {
            // It offers enough: blocks are slow.
            return Ok(());
        }
        let bumped = old.bumped(wanted);
        let within = bumped.filter(|new| new.fees.max_fee_per_gas <= self.config.max_gas_wei);
        let Some(bumped) = within else {
            tracing::warn!(
                payment = attempt.payment_id,
                "stuck, and more would be too much"
            );
            return Ok(());
        };
        let is_deposit_key = self.is_deposit_key(pool, attempt).await?;
        let new = NewAttempt {
            payment_id: attempt.payment_id,
            from_script: attempt.from_script.clone(),
            nonce: attempt.nonce,
            unsigned: unsigned(&bumped),
            fee_rate: bumped.fees.max_fee_per_gas.to_string(),
            fee_atoms: None,
            signings: vec![if is_deposit_key {
                "a deposit_keys"
            } else {
                "a gas_account"
            }],
        };
        let payment_id = attempt.payment_id;
        let number = client::next_attempt(pool, payment_id).await?;
        if number > MOST_ATTEMPTS {
            return Ok(());
        }
        let fee_rate = new.fee_rate.clone();
        let shared = Arc::new(new);
        let added = run_tx(pool, "bump_attempt", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                if !client::begin_attempt(tx, payment_id, number).await? {
                    return Ok(false);
                }
                client::add_attempt(tx, &shared).await.map(|_| true)
            })
        })
        .await?;
        if added {
            fault_point("bump_added");
            tracing::info!(payment = payment_id, fee_rate, "bumped");
        }
        Ok(())
    }

    async fn is_deposit_key(&self, pool: &Pool, attempt: &OpenAttempt) -> anyhow::Result<bool> {
        let gas = client::signing_kinds(pool, attempt.attempt_id).await?;
        Ok(gas.iter().any(|kind| kind == "deposit_keys"))
    }
}
