//! Plans: withdrawals that have waited are paid together, from outputs reserved for them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use bitcoin::ScriptBuf;
use chain::coin_selection::Coin;
use chain::previous::Previous;
use chain::spend::{Payment, Spend, SpendReject};
use client::{ApprovedWithdrawal, NewAttempt, NewPayment, Pool, Query, run_tx};
use serde_json::{Value, json};

use super::node::Rates;
use super::previous::lacks;
use super::{LIMITS, Payer, Stage, coin_of, millis, outputs_of, per_byte};
use crate::fault_point::fault_point;

/// Withdrawals of one transaction; so many do not wait for more.
const MOST_IN_BATCH: i32 = 100;
/// Between two words about withdrawals that the hot wallet cannot pay.
const SHORT_PAUSE: Duration = Duration::from_secs(60);
/// Choices of coins in a row, until what made them is known.
pub(super) const CHOICES: u32 = 3;
/// What waits for the hot wallet's two signers.
pub(super) const HOT: [&str; 2] = ["a hot_outputs", "b hot_outputs"];

impl Payer {
    /// Plans the next payment; where withdrawals wait for others to go with them, gives how long
    /// they still do.
    pub(super) async fn plan(
        &self,
        pool: &Pool,
        stage: &Stage,
    ) -> anyhow::Result<Option<Duration>> {
        if stage.coin.is_halted {
            return Ok(None);
        }
        let rates = self.rates().await?;
        let batching = Batching {
            wait_ms: i64::try_from(self.config.batch_wait.as_millis())?,
            most_sats: self.config.batch_sats,
        };
        let mut known = Previous::default();
        let (mut waiting, mut due) = (0, None);
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
                Planned::Later(wait_ms) => {
                    due = millis(Some(wait_ms));
                    break;
                }
                Planned::Short(short) => {
                    waiting = short;
                    break;
                }
                Planned::Lacks(coins) => known = self.previous(pool, stage, &coins, known).await?,
                Planned::Paid(planned, left) => {
                    waiting = left;
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
        if waiting > 0 && self.short_told.is_due(SHORT_PAUSE) {
            tracing::warn!(
                network = stage.network.name,
                waiting,
                "withdrawals wait: the hot wallet's free outputs do not suffice"
            );
        }
        Ok(due)
    }
}

/// Which withdrawals go together.
#[derive(Clone, Copy)]
struct Batching {
    wait_ms: i64,
    /// Signers have limits, which several together must not exceed for ever.
    most_sats: u64,
}

/// What a look at approved withdrawals came to.
enum Planned {
    Nothing,
    /// The oldest waits so many milliseconds more for others.
    Later(i64),
    /// So many are approved, and the coins suffice for none of them.
    Short(usize),
    /// It would spend these coins, of which it has to be known first what made them.
    Lacks(Vec<Coin>),
    /// So many are paid, and so many wait.
    Paid(usize, usize),
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
    let Some(waited_ms) = approved.iter().map(|it| it.waited_ms).max() else {
        return Ok(Planned::Nothing);
    };
    if !is_full && waited_ms < batching.wait_ms {
        return Ok(Planned::Later(batching.wait_ms - waited_ms));
    }
    let coins = client::free_outputs(tx, network_id, "hot").await?;
    let most = batching.most_sats;
    let Some((spend, paid)) = choose(stage, &coins, &approved, most, rates) else {
        return Ok(Planned::Short(approved.len()));
    };
    if lacks(known, &spend.coins) {
        return Ok(Planned::Lacks(spend.coins));
    }
    let new = NewSpend {
        purpose: "withdrawal",
        items: paid.iter().copied().map(item_of).collect(),
        from_wallet: Some("hot"),
        signings: HOT.to_vec(),
    };
    add_spend(tx, stage, &spend, known, new, rates).await?;
    Ok(Planned::Paid(paid.len(), approved.len() - paid.len()))
}

/// A transaction for those that the coins suffice for, the oldest first, and which these are: where
/// one is larger than what is left, smaller ones go before it.
fn choose<'a>(
    stage: &Stage,
    coins: &[client::FreeOutput],
    approved: &'a [ApprovedWithdrawal],
    most_sats: u64,
    rates: Rates,
) -> Option<(Spend, Vec<&'a ApprovedWithdrawal>)> {
    let coins: Vec<_> = coins
        .iter()
        .filter_map(|output| coin_of(output).ok())
        .collect();
    let payment = |(_, withdrawal, atoms): &(usize, &ApprovedWithdrawal, u64)| Payment {
        script: ScriptBuf::from_bytes(withdrawal.script.clone()),
        value_sats: *atoms,
    };
    let mut left: u64 = coins.iter().map(|coin| coin.value_sats).sum();
    let mut room = most_sats;
    let mut chosen = Vec::new();
    for (place, withdrawal) in approved.iter().enumerate() {
        let atoms = withdrawal.atoms.parse().ok()?;
        let is_within = chosen.is_empty() || atoms <= room;
        if let Some(rest) = left.checked_sub(atoms).filter(|_| is_within) {
            left = rest;
            room = room.saturating_sub(atoms);
            chosen.push((place, withdrawal, atoms));
        }
    }
    while !chosen.is_empty() {
        let payments = chosen.iter().map(payment).collect();
        match Spend::new(&coins, payments, &stage.hot_script(), rates.wanted, &LIMITS) {
            Ok(spend) => return Some((spend, chosen.iter().map(|it| it.1).collect())),
            // Nothing is left for the fee, or it takes too many coins.
            Err(SpendReject::NotEnoughCoins) => {
                let largest = chosen.iter().max_by_key(|it| (it.2, it.0)).map(|it| it.0);
                chosen.retain(|it| Some(it.0) != largest);
            }
            Err(SpendReject::TooHeavy | SpendReject::FeeTooHigh(_)) => {
                chosen.truncate(chosen.len() / 2);
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
