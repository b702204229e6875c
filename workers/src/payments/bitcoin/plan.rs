//! Plans: withdrawals that have waited are paid together, from outputs reserved for them.

use std::sync::Arc;

use anyhow::Context as _;
use bitcoin::ScriptBuf;
use chain::coin_selection::Coin;
use chain::previous::Previous;
use chain::spend::{Payment, Spend, SpendReject};
use client::{ApprovedWithdrawal, NewAttempt, NewPayment, Pool, Query, run_tx};
use serde_json::{Value, json};

use super::node::Rates;
use super::previous::lacks;
use super::{LIMITS, Payer, Stage, coin_of, outputs_of, per_byte};
use crate::fault_point::fault_point;

/// Withdrawals of one transaction; so many do not wait for more.
const MOST_IN_BATCH: i32 = 100;
/// Choices of coins in a row, until what made them is known.
pub(super) const CHOICES: u32 = 3;
/// What waits for the hot wallet's two signers.
pub(super) const HOT: [&str; 2] = ["a hot_outputs", "b hot_outputs"];

impl Payer {
    pub(super) async fn plan(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        if stage.coin.is_halted {
            return Ok(());
        }
        let rates = self.rates().await?;
        let batching = Batching {
            wait_ms: i64::try_from(self.config.batch_wait.as_millis())?,
            most_sats: self.config.batch_sats,
        };
        let mut known = Previous::default();
        for _ in 0..CHOICES {
            let shared = Arc::new((stage.clone(), known.clone()));
            let planned = run_tx(pool, "plan_payment", move |tx| {
                let shared = Arc::clone(&shared);
                Box::pin(async move {
                    let (stage, known) = &*shared;
                    plan_once(tx, stage, known, rates, batching).await
                })
            })
            .await?;
            match planned {
                Planned::Nothing => break,
                Planned::Lacks(coins) => known = self.previous(pool, stage, &coins, known).await?,
                Planned::Paid(planned) => {
                    fault_point("payment_planned");
                    tracing::info!(
                        network = stage.network.name,
                        planned,
                        "withdrawals planned together"
                    );
                    break;
                }
            }
        }
        Ok(())
    }
}

/// Which withdrawals go together.
#[derive(Clone, Copy)]
struct Batching {
    wait_ms: i64,
    most_sats: u64,
}

impl Batching {
    /// How many of the first ones: signers have limits, which a batch must not exceed for ever.
    fn count(self, approved: &[ApprovedWithdrawal]) -> usize {
        let mut left = self.most_sats;
        let mut fits = |withdrawal: &&ApprovedWithdrawal| {
            let rest = withdrawal.atoms.parse().ok();
            let rest = rest.and_then(|sats: u64| left.checked_sub(sats));
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        let count = approved.iter().take_while(|it| fits(it)).count();
        count.max(approved.len().min(1))
    }
}

/// What a look at approved withdrawals came to.
enum Planned {
    Nothing,
    /// It would spend these coins, of which it has to be known first what made them.
    Lacks(Vec<Coin>),
    /// So many are paid.
    Paid(usize),
}

async fn plan_once(
    tx: &impl Query,
    stage: &Stage,
    known: &Previous,
    rates: Rates,
    batching: Batching,
) -> Result<Planned, client::Error> {
    let network_id = stage.network.network_id;
    let approved = client::approved_withdrawals(tx, network_id, MOST_IN_BATCH).await?;
    let is_full = approved.len() >= usize::try_from(MOST_IN_BATCH).unwrap_or(usize::MAX);
    if !is_full && approved.iter().all(|it| it.waited_ms < batching.wait_ms) {
        return Ok(Planned::Nothing);
    }
    let coins = client::free_outputs(tx, network_id, "hot").await?;
    let together = &approved[..batching.count(&approved)];
    let Some((spend, paid)) = choose(stage, &coins, together, rates) else {
        return Ok(Planned::Nothing);
    };
    if lacks(known, &spend.coins) {
        return Ok(Planned::Lacks(spend.coins));
    }
    let paid = &approved[..paid];
    let new = NewSpend {
        purpose: "withdrawal",
        items: paid.iter().map(item_of).collect(),
        from_wallet: Some("hot"),
        signings: HOT.to_vec(),
    };
    add_spend(tx, stage, &spend, known, new, rates).await?;
    Ok(Planned::Paid(paid.len()))
}

/// A transaction for as many as the coins suffice for, the oldest first.
fn choose(
    stage: &Stage,
    coins: &[client::FreeOutput],
    approved: &[ApprovedWithdrawal],
    rates: Rates,
) -> Option<(Spend, usize)> {
    let coins: Vec<_> = coins
        .iter()
        .filter_map(|output| coin_of(output).ok())
        .collect();
    let payment = |withdrawal: &ApprovedWithdrawal| {
        Some(Payment {
            script: ScriptBuf::from_bytes(withdrawal.script.clone()),
            value_sats: withdrawal.atoms.parse().ok()?,
        })
    };
    let mut count = approved.len();
    while count > 0 {
        let payments = approved[..count]
            .iter()
            .map(payment)
            .collect::<Option<Vec<_>>>()?;
        match Spend::new(&coins, payments, &stage.hot_script(), rates.wanted, &LIMITS) {
            Ok(spend) => return Some((spend, count)),
            Err(
                SpendReject::NotEnoughCoins | SpendReject::TooHeavy | SpendReject::FeeTooHigh(_),
            ) => {
                count /= 2;
            }
            Err(reject) => {
                tracing::error!(network = stage.network.name, "cannot pay: {reject}");
                return None;
            }
        }
    }
    None
}

/// What a transaction is for.
pub(super) struct NewSpend {
    pub(super) purpose: &'static str,
    pub(super) items: Vec<Value>,
    pub(super) from_wallet: Option<&'static str>,
    pub(super) signings: Vec<&'static str>,
}

/// Writes a payment down with its first attempt, and reserves what it spends.
pub(super) async fn add_spend(
    on: &impl Query,
    stage: &Stage,
    spend: &Spend,
    previous: &Previous,
    new: NewSpend,
    rates: Rates,
) -> Result<(), client::Error> {
    let amount = |item: &Value| {
        item["atoms"]
            .as_str()
            .and_then(|atoms| atoms.parse::<u64>().ok())
    };
    let atoms: u64 = new.items.iter().filter_map(amount).sum();
    let payment = NewPayment {
        network_id: stage.network.network_id,
        purpose: new.purpose,
        asset_id: stage.coin.asset_id,
        atoms: atoms.to_string(),
        from_wallet: new.from_wallet,
        from_address_id: None,
        safe_nonce: None,
        identity_hash: None,
        plan: json!({ "inputs": spend.coins.len(), "payments": new.items.len() }),
        items: new.items,
    };
    let payment_id = client::add_payment(on, &payment).await?;
    add_version(
        on,
        stage,
        payment_id,
        (spend, previous),
        new.signings,
        rates,
    )
    .await
}

/// Writes a version of a payment down, and reserves what it spends.
pub(super) async fn add_version(
    on: &impl Query,
    stage: &Stage,
    payment_id: i64,
    (spend, previous): (&Spend, &Previous),
    signings: Vec<&'static str>,
    rates: Rates,
) -> Result<(), client::Error> {
    client::reserve_outputs(on, payment_id, &outputs_of(&spend.coins)).await?;
    let psbt = spend.psbt(&stage.wallet, previous).context("a PSBT");
    let psbt = psbt.map_err(|error| client::Error::Bug(format!("{error:#}")))?;
    let attempt = NewAttempt {
        payment_id,
        from_script: None,
        nonce: None,
        unsigned: psbt.serialize(),
        fee_rate: per_byte(rates.wanted),
        fee_atoms: Some(spend.fee_sats.to_string()),
        signings,
    };
    client::add_attempt(on, &attempt).await.map(drop)
}

fn item_of(withdrawal: &ApprovedWithdrawal) -> Value {
    json!({
        "withdrawal_id": withdrawal.withdrawal_id, "address": withdrawal.address,
        "script": hex::encode(&withdrawal.script), "atoms": withdrawal.atoms })
}
