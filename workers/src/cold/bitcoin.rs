//! A refill on Bitcoin: a PSBT that spends the cold wallet's outputs.

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use bitcoin::{Psbt, ScriptBuf};
use chain::bitcoin_wallet::BitcoinWallet;
use chain::coin_selection::Coin;
use chain::fee::FeeRate;
use chain::network::BitcoinNetwork;
use chain::previous::Previous;
use chain::signing;
use chain::spend::{Payment, Spend};
use chain::unsigned::{psbt_text, read_psbt};
use client::{NewAttempt, Pool, Refill, run_tx};
use serde_json::json;

use super::{Place, Planned};
use crate::payments::{
    BitcoinNode, LIMITS, PaymentsConfig, coin_of, find_previous, outputs_of, per_byte, shown,
};

/// It is signed days later, and cannot be bumped: it pays more than what is wanted now.
const FEE_FACTOR: u64 = 2;

fn cold_wallet(place: &Place) -> anyhow::Result<BitcoinWallet> {
    let descriptor = place
        .cold
        .descriptor
        .as_deref()
        .context("a wallet without a descriptor")?;
    crate::hot_wallet::read(&place.network.chain, descriptor, &place.cold.script, None)
}

fn hot_payment(place: &Place, atoms: &str) -> anyhow::Result<Payment> {
    Ok(Payment {
        script: ScriptBuf::from_bytes(place.hot.script.clone()),
        value_sats: atoms.parse().context("satoshis")?,
    })
}

pub(super) async fn plan(
    pool: &Pool,
    settings: &PaymentsConfig,
    place: &Place,
    atoms: &str,
) -> anyhow::Result<Planned> {
    let url = settings
        .bitcoin_url
        .as_deref()
        .context("EXCHANGE_BITCOIN_URL is not set")?;
    let node = BitcoinNode::new(url)?;
    let chain: BitcoinNetwork = place.network.chain.parse()?;
    ensure!(
        chain.name() == node.chain().await?,
        "the node is of another chain"
    );
    let wallet = cold_wallet(place)?;
    let coins = client::free_outputs(pool, place.network.network_id, "cold").await?;
    let coins = coins
        .iter()
        .map(coin_of)
        .collect::<anyhow::Result<Vec<Coin>>>()?;
    let (least, most) = (settings.min_sats_per_kvb, settings.max_sats_per_kvb);
    let wanted = node.rates(least, most).await?.wanted.sats_per_kvb();
    let rate = FeeRate::per_kvb(wanted.saturating_mul(FEE_FACTOR).min(most));
    let payments = vec![hot_payment(place, atoms)?];
    let spend = Spend::new(&coins, payments, wallet.hot_script(), rate, &LIMITS)?;
    let network_id = place.network.network_id;
    let previous = find_previous(&node, pool, network_id, &spend.coins, Previous::default());
    let psbt = spend.psbt(&wallet, &previous.await?)?;
    let text = psbt_text(&psbt);
    Ok(Planned {
        identity_hash: shown(psbt.unsigned_tx.compute_txid()),
        plan: json!({
            "inputs": spend.coins.len(), "payments": 1, "psbt": text,
            "fee_rate": per_byte(rate), "fee_atoms": spend.fee_sats.to_string() }),
        outputs: outputs_of(&spend.coins),
        text,
    })
}

/// Keeps the bytes that will be sent; false where another has done so meanwhile.
pub(super) async fn import(
    pool: &Pool,
    place: &Place,
    refill: &Refill,
    file: &Psbt,
) -> anyhow::Result<bool> {
    let wallet = cold_wallet(place)?;
    let planned = |name: &str| {
        let text = refill.plan[name].as_str();
        text.map(str::to_owned)
            .with_context(|| format!("a plan without {name}"))
    };
    let unsigned = read_psbt(&planned("psbt")?)?;
    // Of the file nothing is taken but signatures, each verified.
    let mut psbt = unsigned.clone();
    signing::merge(&mut psbt, file, &wallet)?;
    let spend = Spend::read_stated(&psbt, &wallet, wallet.hot_script())?;
    let is_refill = spend.payments == [hot_payment(place, &refill.atoms)?];
    ensure!(is_refill, "it pays something else than the hot wallet");
    let signed = signing::finalise(&psbt, &wallet)?;
    let attempt = NewAttempt {
        payment_id: refill.payment_id,
        from_script: None,
        nonce: None,
        unsigned: unsigned.serialize(),
        fee_rate: planned("fee_rate")?,
        fee_atoms: Some(planned("fee_atoms")?),
        // Nobody is asked: it is signed.
        signings: Vec::new(),
    };
    let shared = Arc::new((attempt, signed.bytes, shown(signed.txid)));
    let imported = run_tx(pool, "import_refill", move |tx| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (attempt, raw, txid) = &*shared;
            if !client::begin_attempt(tx, attempt.payment_id, 1).await? {
                return Ok(false);
            }
            let attempt_id = client::add_attempt(tx, attempt).await?;
            client::store_raw(tx, attempt_id, raw, txid).await
        })
    });
    Ok(imported.await?)
}
