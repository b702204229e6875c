//! Plans: one transaction of the Safe for each withdrawal, with the Safe's next number.

use std::collections::HashMap;
use std::sync::Arc;

use alloy::primitives::{Address, B256, U256};
use anyhow::Context as _;
use chain::safe::{self, SafeTransaction};
use client::{ApprovedWithdrawal, NewPayment, OpenPayment, Pool, Query, run_tx};
use serde_json::{Value, json};

use super::{Payer, PlannedCall, Stage, address_of};
use crate::evm_limits::MAX_INNER_GAS;
use crate::fault_point::fault_point;

/// Safe transactions under way at once: what follows a failed one is carried again.
const MOST_UNDER_WAY: usize = 32;
/// The least gas that an inner call gets.
pub(super) const LEAST_GAS: u64 = 30_000;
/// What a call gets where the node's simulation fails: it will fail on the chain, and be refunded.
const GAS_OF_FAILURE: u64 = 100_000;

impl Payer {
    /// Writes down what is to be paid next.
    pub(super) async fn plan(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        self.cancel(pool, stage).await?;
        client::drop_refused_payments(pool, stage.network.network_id).await?;
        if stage.network.is_halted {
            return Ok(());
        }
        let mut holdings = HashMap::new();
        for coin in &stage.coins {
            let balance = self.holding(stage.safe, coin.contract.as_deref()).await?;
            holdings.insert(coin.asset_id, balance);
        }
        let at_least = self.safe_nonce(stage.safe, json!("latest")).await?;
        let gas = self.gas_of_withdrawals(pool, stage, holdings.clone());
        let shared = Arc::new((stage.clone(), holdings, gas.await?));
        let planned = run_tx(pool, "plan_payments", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (stage, holdings, gas) = &*shared;
                plan_approved(tx, stage, holdings, gas, at_least).await
            })
        })
        .await?;
        if planned > 0 {
            fault_point("payment_planned");
            tracing::info!(network = stage.network.name, planned, "payments planned");
        }
        Ok(())
    }

    /// What an account holds of a coin.
    pub(super) async fn holding(
        &self,
        account: Address,
        contract: Option<&[u8]>,
    ) -> anyhow::Result<U256> {
        let Some(contract) = contract else {
            return self.node.balance(account).await;
        };
        let question = chain::erc20::ask_balance(account);
        let answer = self
            .node
            .ask(address_of(contract)?, &question, json!("latest"))
            .await?;
        Ok(chain::erc20::read_balance(&answer)?)
    }

    /// A Safe's next number, as of a block.
    pub(super) async fn safe_nonce(&self, safe: Address, block: Value) -> anyhow::Result<i64> {
        let answer = self.node.ask(safe, &safe::ask_nonce(), block).await?;
        Ok(i64::try_from(safe::read_nonce(&answer)?)?)
    }

    /// Gas of the inner calls of what waits, which only the node can tell.
    async fn gas_of_withdrawals(
        &self,
        pool: &Pool,
        stage: &Stage,
        mut left: HashMap<i32, U256>,
    ) -> anyhow::Result<HashMap<i64, u64>> {
        let most = i32::try_from(MOST_UNDER_WAY)?;
        let mut gas = HashMap::new();
        for waiting in client::approved_withdrawals(pool, stage.network.network_id, most).await? {
            let atoms: U256 = waiting.atoms.parse().context("atoms")?;
            let left = left.entry(waiting.asset_id).or_default();
            let rest = left.checked_sub(atoms);
            *left = rest.unwrap_or(U256::ZERO);
            if rest.is_none() {
                // It waits for a refill.
                continue;
            }
            let call = call_of(&waiting, atoms)?;
            let found = self.inner_gas(stage, &call).await?;
            gas.insert(waiting.withdrawal_id, found);
        }
        Ok(gas)
    }

    /// Gas for an inner call, with room to spare.
    pub(super) async fn inner_gas(&self, stage: &Stage, call: &PlannedCall) -> anyhow::Result<u64> {
        let found = self
            .node
            .gas(stage.safe, call.to, call.value, &call.data)
            .await?;
        let gas = found.map_or(GAS_OF_FAILURE, |gas| gas.saturating_add(gas / 4));
        Ok(gas.clamp(LEAST_GAS, MAX_INNER_GAS))
    }
}

/// Plans approved withdrawals, as many as there is room and money for; gives how many.
async fn plan_approved(
    tx: &impl Query,
    stage: &Stage,
    holdings: &HashMap<i32, U256>,
    gas: &HashMap<i64, u64>,
    at_least: i64,
) -> Result<usize, client::Error> {
    let (network_id, height) = (stage.network.network_id, stage.network.tip.unwrap_or(0));
    let open = client::open_payments(tx, network_id).await?;
    // A halted coin's take no room from others, behind which they are cancelled.
    let takes_room = |it: &&OpenPayment| it.safe_nonce.is_some() && !it.is_halted;
    let own = open.iter().filter(takes_room);
    let room = MOST_UNDER_WAY.saturating_sub(own.count());
    let most = i32::try_from(room).unwrap_or(0);
    let approved = client::approved_withdrawals(tx, network_id, most).await?;
    let mut left = holdings.clone();
    // What is under way leaves the wallet too.
    for payment in open.iter().filter(|payment| payment.purpose != "refill") {
        let atoms = payment.atoms.parse().unwrap_or(U256::MAX);
        if let Some(left) = left.get_mut(&payment.asset_id) {
            *left = left.saturating_sub(atoms);
        }
    }
    let mut planned = 0_usize;
    for withdrawal in approved {
        if planned == room {
            break;
        }
        let Some(left) = left.get_mut(&withdrawal.asset_id) else {
            continue;
        };
        let atoms = withdrawal.atoms.parse().unwrap_or(U256::MAX);
        let Some(rest) = left.checked_sub(atoms) else {
            // It waits for a refill, and so do those after it.
            *left = U256::ZERO;
            continue;
        };
        // It came since the node was asked: the next round plans it.
        let Some(&gas) = gas.get(&withdrawal.withdrawal_id) else {
            continue;
        };
        let call = call_of(&withdrawal, atoms);
        let Some(call) = call.ok() else { continue };
        *left = rest;
        let new = SafeCall {
            purpose: "withdrawal",
            asset_id: withdrawal.asset_id,
            atoms: withdrawal.atoms.clone(),
            call,
            gas,
            height,
            items: vec![item_of(&withdrawal)],
        };
        add_safe_payment(tx, stage, new, None, at_least).await?;
        planned += 1;
    }
    Ok(planned)
}

/// A call that the Safe is to make.
pub(super) struct SafeCall {
    pub(super) purpose: &'static str,
    pub(super) asset_id: i32,
    pub(super) atoms: String,
    pub(super) call: PlannedCall,
    pub(super) gas: u64,
    pub(super) height: i64,
    pub(super) items: Vec<Value>,
}

/// Writes a transaction of the Safe down, with a number of its own unless it takes another's.
pub(super) async fn add_safe_payment(
    on: &impl Query,
    stage: &Stage,
    new: SafeCall,
    nonce: Option<i64>,
    at_least: i64,
) -> Result<(), client::Error> {
    let network_id = stage.network.network_id;
    let nonce = match nonce {
        Some(nonce) => nonce,
        None => client::take_nonce(on, network_id, &stage.hot.script, at_least).await?,
    };
    let SafeCall { call, gas, .. } = &new;
    let transaction = SafeTransaction {
        chain_id: stage.chain_id,
        safe: stage.safe,
        to: call.to,
        value: call.value,
        data: call.data.clone(),
        safe_tx_gas: *gas,
        nonce: u64::try_from(nonce).unwrap_or(0),
    };
    let hash: B256 = transaction.hash();
    let plan = json!({
        "to": call.to, "value": call.value.to_string(), "data": call.data,
        "safe_tx_gas": gas, "height": new.height });
    let payment = NewPayment {
        network_id,
        purpose: new.purpose,
        asset_id: new.asset_id,
        atoms: new.atoms,
        from_wallet: Some("hot"),
        from_address_id: None,
        safe_nonce: Some(nonce),
        identity_hash: Some(hash.to_vec()),
        plan,
        items: new.items,
    };
    client::add_payment(on, &payment).await.map(drop)
}

fn call_of(withdrawal: &ApprovedWithdrawal, atoms: U256) -> anyhow::Result<PlannedCall> {
    let to = address_of(&withdrawal.script)?;
    PlannedCall::transfer(withdrawal.contract.as_deref(), to, atoms)
}

fn item_of(withdrawal: &ApprovedWithdrawal) -> Value {
    json!({
        "withdrawal_id": withdrawal.withdrawal_id, "address": withdrawal.address,
        "script": hex::encode(&withdrawal.script), "atoms": withdrawal.atoms })
}
