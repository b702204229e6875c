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
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::json;

use super::{Place, Planned};
use crate::payments::{
    BitcoinNode, LIMITS, PaymentsConfig, coin_of, find_previous, outputs_of, per_byte, shown,
};

/// It is signed days later, and to bump it two people have to sign again: it pays more than what is
/// wanted now.
const FEE_FACTOR: u64 = 2;
/// Decimals of satoshis a byte that count.
const RATE_DECIMALS: u32 = 3;

/// A fee rate as an operator writes it: satoshis a virtual byte.
pub(super) fn rate(place: &Place, text: &str) -> anyhow::Result<FeeRate> {
    ensure!(
        place.family == "bitcoin",
        "whoever carries a Safe's transaction pays for it, and bumps it"
    );
    let wrong = || format!("{text} is no rate in satoshis a byte");
    let rate: Decimal = text.parse().with_context(wrong)?;
    let per_kvb = rate.checked_mul(Decimal::from(10_u64.pow(RATE_DECIMALS)));
    let per_kvb = per_kvb.and_then(|rate| rate.trunc().to_u64());
    let per_kvb = per_kvb.filter(|rate| *rate > 0).with_context(wrong)?;
    Ok(FeeRate::per_kvb(per_kvb))
}

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

/// The node, which is of the network's chain.
async fn node_of(settings: &PaymentsConfig, place: &Place) -> anyhow::Result<BitcoinNode> {
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
    Ok(node)
}

async fn cold_coins(pool: &Pool, place: &Place) -> anyhow::Result<Vec<Coin>> {
    let coins = client::free_outputs(pool, place.network.network_id, "cold").await?;
    coins.iter().map(coin_of).collect()
}

async fn planned(
    node: &BitcoinNode,
    pool: &Pool,
    place: &Place,
    spend: &Spend,
    rate: FeeRate,
) -> anyhow::Result<Planned> {
    let network_id = place.network.network_id;
    let previous = find_previous(node, pool, network_id, &spend.coins, Previous::default());
    let psbt = spend.psbt(&cold_wallet(place)?, &previous.await?)?;
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

pub(super) async fn plan(
    pool: &Pool,
    settings: &PaymentsConfig,
    place: &Place,
    atoms: &str,
    rate: Option<FeeRate>,
) -> anyhow::Result<Planned> {
    let node = node_of(settings, place).await?;
    let wallet = cold_wallet(place)?;
    let coins = cold_coins(pool, place).await?;
    let rate = match rate {
        Some(rate) => rate,
        None => {
            let (least, most) = (settings.min_sats_per_kvb, settings.max_sats_per_kvb);
            let wanted = node.rates(least, most).await?.wanted.sats_per_kvb();
            FeeRate::per_kvb(wanted.saturating_mul(FEE_FACTOR).min(most))
        }
    };
    let payments = vec![hot_payment(place, atoms)?];
    let spend = Spend::new(&coins, payments, wallet.hot_script(), rate, &LIMITS)?;
    planned(&node, pool, place, &spend, rate).await
}

/// The refill again, from the same outputs and, where they do not suffice, further ones.
pub(super) async fn replan(
    pool: &Pool,
    settings: &PaymentsConfig,
    place: &Place,
    refill: &Refill,
    rate: FeeRate,
) -> anyhow::Result<Planned> {
    let node = node_of(settings, place).await?;
    let wallet = cold_wallet(place)?;
    let text = refill.plan["psbt"]
        .as_str()
        .context("a plan without psbt")?;
    let old = Spend::read(&read_psbt(text)?, &wallet, wallet.hot_script())?;
    let paid = rate.fee_sats(old.vsize).context("a fee")?;
    ensure!(
        paid > old.fee_sats,
        "it offers {} satoshis already, which is no less",
        old.fee_sats
    );
    let (least, most) = (settings.min_sats_per_kvb, settings.max_sats_per_kvb);
    let relay = node.rates(least, most).await?.relay;
    let coins = cold_coins(pool, place).await?;
    let spend = old.bump(&coins, wallet.hot_script(), rate, relay, &LIMITS)?;
    planned(&node, pool, place, &spend, rate).await
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
    let number = refill.attempts + 1;
    let shared = Arc::new((attempt, signed.bytes, shown(signed.txid)));
    let imported = run_tx(pool, "import_refill", move |tx| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (attempt, raw, txid) = &*shared;
            if !client::begin_attempt(tx, attempt.payment_id, number).await? {
                return Ok(false);
            }
            let attempt_id = client::add_attempt(tx, attempt).await?;
            client::store_raw(tx, attempt_id, raw, txid).await
        })
    });
    Ok(imported.await?)
}
