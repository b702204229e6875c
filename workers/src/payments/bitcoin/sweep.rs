//! Sweeps: outputs of deposit addresses go to the hot wallet while blocks are cheap, what it holds
//! above its ceiling to the cold one, and deposits that staff gives back to where they belong.

use std::sync::Arc;

use anyhow::Context as _;
use bitcoin::ScriptBuf;
use chain::coin_selection::Coin;
use chain::previous::Previous;
use chain::spend::{Payment, Spend};
use client::{FreeOutput, Pool, run_tx};
use rust_decimal::Decimal;
use serde_json::json;

use super::node::Rates;
use super::plan::{HOT, NewSpend, add_spend};
use super::{LIMITS, Payer, Stage, coin_of};
use crate::fault_point::fault_point;

/// Where coins of deposit addresses go.
struct Place<'a> {
    to: ScriptBuf,
    address: &'a str,
    deposit_id: Option<i64>,
}

impl Payer {
    pub(super) async fn sweep(&self, pool: &Pool, stage: &Stage) -> anyhow::Result<()> {
        let network_id = stage.network.network_id;
        let rates = self.rates().await?;
        self.watch_hot_wallet(pool, stage, rates).await?;
        if self.deposits.is_none() || stage.network.is_halted || stage.coin.is_halted {
            return Ok(());
        }
        for output in client::free_outputs(pool, network_id, "refunds").await? {
            self.give_back(pool, stage, &output, rates).await?;
        }
        let smoothed = client::smoothed_rate(pool, network_id).await?;
        let smoothed: Option<Decimal> = smoothed.and_then(|rate| rate.parse().ok());
        let now = Decimal::new(i64::try_from(rates.wanted.sats_per_kvb())?, 3);
        if smoothed.is_none_or(|smoothed| now <= smoothed) {
            self.gather(pool, stage, rates).await?;
        }
        Ok(())
    }

    async fn gather(&self, pool: &Pool, stage: &Stage, rates: Rates) -> anyhow::Result<()> {
        let outputs = client::free_outputs(pool, stage.network.network_id, "deposits").await?;
        let coins = outputs
            .iter()
            .map(coin_of)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let total: u64 = coins.iter().map(|coin| coin.value_sats).sum();
        let least: u64 = stage
            .coin
            .sweep_atoms
            .parse()
            .context("a limit of sweeps")?;
        if total < least {
            return Ok(());
        }
        let place = Place {
            to: stage.hot_script(),
            address: &stage.hot.address,
            deposit_id: None,
        };
        let gathered = self.send_all(pool, stage, &coins, place, rates).await?;
        if gathered {
            fault_point("sweep_planned");
            tracing::info!(network = stage.network.name, "deposits are gathered");
        }
        Ok(())
    }

    async fn give_back(
        &self,
        pool: &Pool,
        stage: &Stage,
        output: &FreeOutput,
        rates: Rates,
    ) -> anyhow::Result<()> {
        let Some((deposit_id, address, script)) = &output.refund else {
            return Ok(());
        };
        let place = Place {
            to: ScriptBuf::from_bytes(script.clone()),
            address,
            deposit_id: Some(*deposit_id),
        };
        self.send_all(pool, stage, &[coin_of(output)?], place, rates)
            .await?;
        Ok(())
    }

    /// Sends coins of deposit addresses to one place, less the fee.
    async fn send_all(
        &self,
        pool: &Pool,
        stage: &Stage,
        coins: &[Coin],
        place: Place<'_>,
        rates: Rates,
    ) -> anyhow::Result<bool> {
        let Place {
            to,
            address,
            deposit_id,
        } = place;
        let Ok(spend) = Spend::sweep(coins, &to, rates.wanted, &LIMITS) else {
            // Dust waits.
            return Ok(false);
        };
        let moved = spend
            .change
            .as_ref()
            .context("a sweep without an output")?
            .value_sats;
        let mut item = json!({
            "address": address, "script": hex::encode(to.as_bytes()), "atoms": moved.to_string() });
        if let Some(deposit_id) = deposit_id {
            item["deposit_id"] = json!(deposit_id);
        }
        let known = Previous::default();
        let previous = self.previous(pool, stage, &spend.coins, known).await?;
        let shared = Arc::new((stage.clone(), spend, previous, item));
        run_tx(pool, "sweep_outputs", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (stage, spend, previous, item) = &*shared;
                let new = NewSpend {
                    purpose: if deposit_id.is_some() {
                        "refund"
                    } else {
                        "sweep"
                    },
                    items: vec![item.clone()],
                    from_wallet: None,
                    signings: vec!["a deposit_keys"],
                };
                add_spend(tx, stage, spend, previous, new, rates).await
            })
        })
        .await?;
        Ok(true)
    }

    /// Asks for a refill below the floor; sends to the cold wallet what is above the ceiling.
    async fn watch_hot_wallet(
        &self,
        pool: &Pool,
        stage: &Stage,
        rates: Rates,
    ) -> anyhow::Result<()> {
        let (network_id, asset_id) = (stage.network.network_id, stage.coin.asset_id);
        let outputs = client::free_outputs(pool, network_id, "hot").await?;
        let coins = outputs
            .iter()
            .map(coin_of)
            .collect::<anyhow::Result<Vec<_>>>()?;
        let held: u64 = coins.iter().map(|coin| coin.value_sats).sum();
        // Change that is on its way back is not missing.
        let whole = client::hot_atoms(pool, network_id).await?;
        let change = client::note_hot_balance(pool, network_id, asset_id, &whole).await?;
        if let Some(change) = change {
            tracing::warn!(network = stage.network.name, "hot wallet: {change}");
        }
        let ceiling: u64 = stage.coin.ceiling_atoms.parse().context("a ceiling")?;
        let least: u64 = stage
            .coin
            .sweep_atoms
            .parse()
            .context("a limit of sweeps")?;
        let excess = held.saturating_sub(ceiling);
        let (Some(cold), false) = (&stage.cold, excess < least) else {
            return Ok(());
        };
        let is_halted = stage.network.is_halted || stage.coin.is_halted;
        if is_halted || client::is_under_way(pool, network_id, "cold", asset_id).await? {
            return Ok(());
        }
        let payment = Payment {
            script: ScriptBuf::from_bytes(cold.script.clone()),
            value_sats: excess,
        };
        let change = stage.hot_script();
        let spend = Spend::new(&coins, vec![payment], &change, rates.wanted, &LIMITS);
        let Ok(spend) = spend else {
            return Ok(());
        };
        let known = Previous::default();
        let previous = self.previous(pool, stage, &spend.coins, known).await?;
        let shared = Arc::new((stage.clone(), spend, previous, cold.clone()));
        run_tx(pool, "pay_cold", move |tx| {
            let shared = Arc::clone(&shared);
            Box::pin(async move {
                let (stage, spend, previous, cold) = &*shared;
                let new = NewSpend {
                    purpose: "cold",
                    items: vec![json!({
                        "address": cold.address, "script": hex::encode(&cold.script),
                        "atoms": excess.to_string() })],
                    from_wallet: Some("hot"),
                    signings: HOT.to_vec(),
                };
                add_spend(tx, stage, spend, previous, new, rates).await
            })
        })
        .await?;
        fault_point("cold_planned");
        tracing::info!(network = stage.network.name, "excess goes to cold");
        Ok(())
    }
}
