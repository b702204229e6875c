//! Sweeps: what lies at deposit addresses goes to the hot wallet while blocks are cheap, what the
//! hot wallet holds above its ceiling to the cold one, and deposits that staff gives back to where
//! they belong. Tokens need gas at their address first.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use alloy::primitives::{Address, Bytes, U256};
use anyhow::Context as _;
use chain::evm_transaction::{EvmTransaction, GasFees};
use client::{Gathered, NewAttempt, NewPayment, Pool, run_tx};
use serde_json::json;

use super::node::fees_at;
use super::plan::{SafeCall, add_safe_payment};
use super::{Payer, PlannedCall, Stage, address_of};
use crate::evm_bytes::unsigned;
use crate::evm_limits::{MAX_GAS, MAX_TOP_UP_WEI};
use crate::fault_point::fault_point;

/// Gas of a transfer that asks no node.
const ETHER_GAS: u64 = 40_000;
/// Rows that are looked at in a turn: the next one goes on after them.
const PAGE: i32 = 100;

/// Which number of its account a transaction gets.
#[derive(Clone, Copy)]
pub(super) enum Nonce {
    /// The next one, and at least what the node says that was used.
    Next(i64),
    /// One that was given before, and is used by nothing.
    Given(i64),
}

/// What there is to send.
enum Measured {
    /// This, with so much gas: it moves so much.
    Call(PlannedCall, u64, U256),
    /// Less than it costs.
    Nothing,
    /// The node says that it would fail, or it takes too much.
    Refused(String),
}

impl Payer {
    pub(super) async fn sweep(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        self.watch_hot_wallet(pool, stage).await?;
        let network_id = stage.network.network_id;
        let price = self.node.price().await?;
        let fees = fees_at(price, self.config.max_gas_wei)?;
        let smoothed = client::smoothed_rate(pool, network_id).await?;
        let smoothed = smoothed.and_then(|rate| rate.parse::<U256>().ok());
        let is_cheap = smoothed.is_none_or(|smoothed| price.whole() <= smoothed);
        let after = self.swept_to.load(Ordering::Relaxed);
        let mut page = client::gathered(pool, network_id, after, PAGE).await?;
        if page.is_empty() && after > 0 {
            page = client::gathered(pool, network_id, 0, PAGE).await?;
        }
        let last = page.last().map_or(0, |due| due.address_id);
        self.swept_to.store(last, Ordering::Relaxed);
        let mut busy = None;
        for due in page {
            // One payment at a time leaves an address.
            let waits = busy == Some(due.address_id) || (due.refund.is_none() && !is_cheap);
            if !waits && self.gather(pool, stage, &due, fees).await? {
                busy = Some(due.address_id);
            }
        }
        Ok(())
    }

    /// Whether something leaves the address now.
    async fn gather(
        &self,
        pool: &Pool,
        stage: &Stage,
        due: &Gathered,
        fees: GasFees,
    ) -> anyhow::Result<bool> {
        let from = address_of(&due.script)?;
        let (to, to_script, to_text) = match &due.refund {
            Some((_, address, script)) => (address_of(script)?, script, address),
            None => (stage.safe, &stage.hot.script, &stage.hot.address),
        };
        let (call, gas_limit, moved) = match self.measure(due, from, to, fees).await? {
            Measured::Call(call, gas_limit, moved) => (call, gas_limit, moved),
            Measured::Nothing => return Ok(false),
            Measured::Refused(words) => {
                give_up(pool, due, &words).await?;
                return Ok(false);
            }
        };
        let cost = U256::from(gas_limit).saturating_mul(U256::from(fees.max_fee_per_gas));
        if due.contract.is_some() && self.node.balance(from).await? < cost {
            return self.top_up(pool, stage, due, from, cost).await;
        }
        // One payment at a time leaves an address, so the chain's number is the next one; that of
        // a payment that was never sent is used again.
        let nonce = Nonce::Given(self.node.nonce(from, json!("latest")).await?);
        let mut item = json!({
            "address": to_text, "script": hex::encode(to_script), "atoms": moved.to_string() });
        if let Some((deposit_id, ..)) = &due.refund {
            item["deposit_id"] = json!(deposit_id);
        }
        let payment = &NewPayment {
            network_id: stage.network.network_id,
            purpose: if due.refund.is_some() {
                "refund"
            } else {
                "sweep"
            },
            asset_id: due.asset_id,
            atoms: moved.to_string(),
            from_wallet: None,
            from_address_id: Some(due.address_id),
            safe_nonce: None,
            identity_hash: None,
            plan: json!({
                "to": call.to, "value": call.value.to_string(), "data": call.data,
                "height": stage.network.tip.unwrap_or(0) }),
            items: vec![item],
        };
        let transaction = &EvmTransaction {
            chain_id: stage.chain_id,
            nonce: 0,
            to: call.to,
            value: call.value,
            input: call.data,
            gas_limit,
            fees,
        };
        self.add_direct(pool, payment, transaction, from, nonce, "a deposit_keys")
            .await?;
        fault_point("sweep_planned");
        tracing::info!(network = stage.network.name, %from, moved = %moved, "gathered");
        Ok(true)
    }

    /// The call that moves a coin, its gas, and how much moves: of ether what is left beside the
    /// gas, so that what lies there for others is not touched.
    async fn measure(
        &self,
        due: &Gathered,
        from: Address,
        to: Address,
        fees: GasFees,
    ) -> anyhow::Result<Measured> {
        let atoms: U256 = due.atoms.parse().context("atoms")?;
        let held = self.holding(from, due.contract.as_deref()).await?;
        let atoms = atoms.min(held);
        let call = PlannedCall::transfer(due.contract.as_deref(), to, atoms)?;
        if atoms.is_zero() {
            return Ok(Measured::Nothing);
        }
        let tried = call.value.min(U256::ONE);
        let Some(gas) = self.node.gas(from, call.to, tried, &call.data).await? else {
            return Ok(Measured::Refused("the chain would refuse it".to_owned()));
        };
        let gas_limit = gas.saturating_add(gas / 4);
        if gas_limit > MAX_GAS {
            return Ok(Measured::Refused(format!("it takes {gas} gas")));
        }
        if due.contract.is_some() {
            return Ok(Measured::Call(call, gas_limit, atoms));
        }
        let cost = U256::from(gas_limit).saturating_mul(U256::from(fees.max_fee_per_gas));
        let value = atoms.saturating_sub(cost);
        Ok(match value.is_zero() {
            true => Measured::Nothing,
            false => Measured::Call(PlannedCall { value, ..call }, gas_limit, value),
        })
    }

    /// Sends gas to a deposit address, so that it can pay for sending its tokens: twice what that
    /// costs now, within a limit. Whether something is sent.
    async fn top_up(
        &self,
        pool: &Pool,
        stage: &Stage,
        due: &Gathered,
        address: Address,
        cost: U256,
    ) -> anyhow::Result<bool> {
        let most = U256::from(MAX_TOP_UP_WEI);
        if cost > most {
            // Blocks may be cheaper later; a deposit that goes back waits for that.
            if due.refund.is_none() {
                give_up(pool, due, &format!("its gas costs {cost} wei")).await?;
            }
            return Ok(false);
        }
        let value = cost.saturating_mul(U256::from(2)).min(most);
        let native = stage.coins.iter().find(|coin| coin.contract.is_none());
        let native = native.context("the network has no coin of its own")?;
        let payment = &NewPayment {
            network_id: stage.network.network_id,
            purpose: "gas",
            asset_id: native.asset_id,
            atoms: value.to_string(),
            from_wallet: Some("gas"),
            // The address waits until it has come.
            from_address_id: Some(due.address_id),
            safe_nonce: None,
            identity_hash: None,
            plan: json!({
                "to": address, "value": value.to_string(), "data": "0x",
                "asset_id": due.asset_id, "height": stage.network.tip.unwrap_or(0) }),
            items: vec![json!({
                "address": address, "script": hex::encode(address), "atoms": value.to_string() })],
        };
        let transaction = &EvmTransaction {
            chain_id: stage.chain_id,
            nonce: 0,
            to: address,
            value,
            input: Bytes::new(),
            gas_limit: ETHER_GAS,
            fees: self.node.fees(self.config.max_gas_wei).await?,
        };
        let at_least = self.node.nonce(stage.gas, json!("latest")).await?;
        self.add_direct(
            pool,
            payment,
            transaction,
            stage.gas,
            Nonce::Next(at_least),
            "a gas_account",
        )
        .await?;
        fault_point("gas_planned");
        tracing::info!(network = stage.network.name, %address, "gas is sent to a deposit address");
        Ok(true)
    }

    /// Writes down a payment that an account makes by itself, with its one transaction.
    pub(super) async fn add_direct(
        &self,
        pool: &Pool,
        payment: &NewPayment,
        transaction: &EvmTransaction,
        from: Address,
        nonce: Nonce,
        signing: &'static str,
    ) -> anyhow::Result<()> {
        let shared = Arc::new((payment.clone(), transaction.clone()));
        run_tx(pool, "add_direct", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (payment, transaction) = &*shared;
                let payment_id = client::add_payment(tx, payment).await?;
                let script = from.as_slice();
                let network_id = payment.network_id;
                let nonce = match nonce {
                    Nonce::Given(nonce) => nonce,
                    Nonce::Next(at_least) => {
                        client::take_nonce(tx, network_id, script, at_least).await?
                    }
                };
                let numbered = EvmTransaction {
                    nonce: u64::try_from(nonce).unwrap_or(0),
                    ..transaction.clone()
                };
                let attempt = NewAttempt {
                    payment_id,
                    from_script: Some(from.to_vec()),
                    nonce: Some(nonce),
                    unsigned: unsigned(&numbered),
                    fee_rate: numbered.fees.max_fee_per_gas.to_string(),
                    fee_atoms: None,
                    signings: vec![signing],
                };
                client::add_attempt(tx, &attempt).await.map(drop)
            })
        })
        .await?;
        Ok(())
    }

    /// Asks for a refill below the floor; sends to the cold wallet what is above the ceiling.
    async fn watch_hot_wallet(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        for coin in &stage.coins {
            let held = self.holding(stage.safe, coin.contract.as_deref()).await?;
            let atoms = held.to_string();
            let change = client::note_hot_balance(pool, network_id, coin.asset_id, &atoms);
            if let Some(change) = change.await? {
                tracing::warn!(
                    network = stage.network.name,
                    asset = coin.symbol,
                    "hot wallet: {change}"
                );
            }
            let ceiling: U256 = coin.ceiling_atoms.parse().context("a ceiling")?;
            let least: U256 = coin.sweep_atoms.parse().context("a limit of sweeps")?;
            let excess = held.saturating_sub(ceiling);
            let (Some(cold), false) = (&stage.cold, excess < least) else {
                continue;
            };
            let is_halted = stage.network.is_halted || coin.is_halted;
            if is_halted || client::is_under_way(pool, network_id, "cold", coin.asset_id).await? {
                continue;
            }
            let to = address_of(&cold.script)?;
            let call = PlannedCall::transfer(coin.contract.as_deref(), to, excess)?;
            let gas = self.inner_gas(stage, &call).await?;
            let at_least = self.safe_nonce(stage.safe, json!("latest")).await?;
            let shared = Arc::new((stage.clone(), call, cold.clone()));
            let asset_id = coin.asset_id;
            run_tx(pool, "pay_cold", move |tx| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (stage, call, cold) = &*shared;
                    let new = SafeCall {
                        purpose: "cold",
                        asset_id,
                        atoms: excess.to_string(),
                        call: call.clone(),
                        gas,
                        height: stage.network.tip.unwrap_or(0),
                        items: vec![json!({
                            "address": cold.address, "script": hex::encode(&cold.script),
                            "atoms": excess.to_string() })],
                    };
                    add_safe_payment(tx, stage, new, None, at_least).await
                })
            })
            .await?;
            fault_point("cold_planned");
            tracing::info!(
                network = stage.network.name,
                asset = coin.symbol,
                "excess goes to cold"
            );
        }
        Ok(())
    }
}

/// What cannot be sent now: a sweep pauses, a deposit that was to go back waits for staff.
async fn give_up(pool: &Pool, due: &Gathered, words: &str) -> anyhow::Result<()> {
    let (address, asset) = (due.address_id, due.asset_id);
    let has_stopped = match &due.refund {
        Some((deposit_id, ..)) => client::end_refund(pool, *deposit_id, words).await?,
        None => client::pause_sweep(pool, address, asset, words).await?,
    };
    tracing::warn!(address, asset, has_stopped, "not gathered: {words}");
    Ok(())
}
