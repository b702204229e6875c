//! Commands of the operator for the cold wallet, whose keys are offline: what is to go from it to
//! the hot one is exported as a file, signed elsewhere, imported, and sent by the worker of
//! payments. They need an administrator's connection to the database.

mod bitcoin;
mod evm;
mod statement;

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use chain::fee::FeeRate;
use chain::unsigned::{MAX_FILE_BYTES, SafeFile, read_psbt};
use client::{HouseWallet, NewPayment, PaymentNetwork, Pool, RefillAmount, run_tx};
use serde_json::{Value, json};

use crate::fault_point::fault_point;
use crate::payments::PaymentsConfig;

const USAGE: &str = "workers cold export NETWORK ASSET AMOUNT FILE [SATOSHIS A BYTE] | \
    bump NETWORK SATOSHIS_A_BYTE FILE | statement PROOF NETWORK FILE | import FILE | \
    cancel FILE";

/// # Errors
/// What is missing or wrong, in one line.
pub async fn run(pool: &Pool, command: &[&str]) -> anyhow::Result<()> {
    let settings = PaymentsConfig::from_env()?;
    match command {
        ["export", network, asset, amount, file] => {
            let place = Place::of(pool, network).await?;
            export(pool, &settings, &place, (asset, amount, None), file).await
        }
        ["export", network, asset, amount, file, rate] => {
            let place = Place::of(pool, network).await?;
            let rate = bitcoin::rate(&place, rate)?;
            export(pool, &settings, &place, (asset, amount, Some(rate)), file).await
        }
        ["bump", network, rate, file] => {
            let place = Place::of(pool, network).await?;
            let rate = bitcoin::rate(&place, rate)?;
            bump(pool, &settings, &place, rate, file).await
        }
        ["statement", proof, network, file] => {
            let proof_id = proof.parse().context("a proof has a number")?;
            let place = Place::of(pool, network).await?;
            statement::export(pool, &place, proof_id, file).await
        }
        ["import", file] if statement::is_one(Path::new(file)) => {
            statement::import(pool, Path::new(file)).await
        }
        ["import", file] => Signed::read(Path::new(file))?.import(pool, &settings).await,
        ["cancel", file] => Signed::read(Path::new(file))?.cancel(pool, &settings).await,
        _ => bail!(USAGE),
    }
}

/// A network with its two wallets.
struct Place {
    family: &'static str,
    network: PaymentNetwork,
    hot: HouseWallet,
    cold: HouseWallet,
}

impl Place {
    async fn of(pool: &Pool, name: &str) -> anyhow::Result<Place> {
        for family in ["bitcoin", "evm"] {
            let networks = client::payment_networks(pool, family).await?;
            let Some(network) = networks.into_iter().find(|network| network.name == name) else {
                continue;
            };
            let wallets = client::house_wallets(pool, network.network_id).await?;
            let take = |role: &str| {
                let found = wallets.iter().find(|wallet| wallet.role == role);
                found
                    .cloned()
                    .with_context(|| format!("{name} has no {role} wallet"))
            };
            return Ok(Place {
                family,
                network,
                hot: take("hot")?,
                cold: take("cold")?,
            });
        }
        bail!("no network {name}")
    }
}

/// What is written into the file and into the database.
struct Planned {
    text: String,
    /// The hash that the file is found by when it comes back.
    identity_hash: Vec<u8>,
    plan: Value,
    /// bitcoin: what it spends.
    outputs: Vec<(Vec<u8>, i32)>,
}

async fn export(
    pool: &Pool,
    settings: &PaymentsConfig,
    place: &Place,
    (asset, amount, rate): (&str, &str, Option<FeeRate>),
    file: &str,
) -> anyhow::Result<()> {
    let (name, network_id) = (&place.network.name, place.network.network_id);
    let wanted = client::refill_amount(pool, network_id, asset, amount).await?;
    let wanted = wanted.with_context(|| format!("{asset} is not listed on {name}"))?;
    ensure!(wanted.is_whole, "{amount} is no amount of {asset}");
    ensure!(!wanted.is_halted, "{name} or {asset} is halted");
    if let Some(open) = client::open_refill(pool, network_id).await? {
        let open = open.payment_id;
        bail!("refill {open} of {name} is under way: import it, cancel it, or bump it");
    }
    let planned = match place.family {
        "bitcoin" => bitcoin::plan(pool, settings, place, &wanted.atoms, rate).await?,
        _ => evm::plan(settings, place, &wanted).await?,
    };
    let text = planned.text.clone();
    let payment_id = written(file, &text, add(pool, place, &wanted, planned)).await?;
    let (cold, hot) = (&place.cold.address, &place.hot.address);
    println!("refill {payment_id}: {amount} {asset} from {cold} to {hot}");
    Ok(())
}

/// Writes a file before what it holds is added: what the database knows has a file, and a file that
/// it does not know cannot be imported.
async fn written<T>(
    file: &str,
    text: &str,
    added: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    let shown = || file.to_owned();
    let mut made = std::fs::File::create_new(file).with_context(shown)?;
    made.write_all(text.as_bytes())?;
    made.sync_all()?;
    fault_point("refill_written");
    let added = added.await;
    if added.is_err() {
        std::fs::remove_file(file).with_context(shown)?;
    }
    added
}

/// Exports the open refill again, with a higher fee.
async fn bump(
    pool: &Pool,
    settings: &PaymentsConfig,
    place: &Place,
    rate: FeeRate,
    file: &str,
) -> anyhow::Result<()> {
    let (name, network_id) = (&place.network.name, place.network.network_id);
    let refill = client::open_refill(pool, network_id).await?;
    let refill = refill.with_context(|| format!("no refill of {name} is under way"))?;
    ensure!(!refill.is_halted, "the network or the coin is halted");
    let payment_id = refill.payment_id;
    let planned = bitcoin::replan(pool, settings, place, &refill, rate).await?;
    let (text, fee) = (planned.text.clone(), planned.plan["fee_atoms"].clone());
    let shared = Arc::new(planned);
    let added = run_tx(pool, "bump_refill", move |tx| {
        let planned = Arc::clone(&shared);
        Box::pin(async move {
            client::reserve_outputs(tx, payment_id, &planned.outputs).await?;
            let (hash, plan) = (&planned.identity_hash, &planned.plan);
            client::add_refill_version(tx, payment_id, hash, plan).await
        })
    });
    let added = async { Ok(added.await?) };
    let is_added = written(file, &text, added).await?;
    if !is_added {
        std::fs::remove_file(file)?;
        bail!("refill {payment_id} is mined: it needs no higher fee");
    }
    println!(
        "refill {payment_id}: again, for a fee of {fee} satoshis; all earlier files still fit"
    );
    Ok(())
}

async fn add(
    pool: &Pool,
    place: &Place,
    wanted: &RefillAmount,
    planned: Planned,
) -> anyhow::Result<i64> {
    let payment = NewPayment {
        network_id: place.network.network_id,
        purpose: "refill",
        asset_id: wanted.asset_id,
        atoms: wanted.atoms.clone(),
        from_wallet: Some("cold"),
        from_address_id: None,
        safe_nonce: None,
        identity_hash: Some(planned.identity_hash),
        plan: planned.plan,
        items: vec![json!({
            "address": place.hot.address, "script": hex::encode(&place.hot.script),
            "atoms": wanted.atoms })],
    };
    let shared = Arc::new((payment, planned.outputs));
    let added = run_tx(pool, "export_refill", move |tx| {
        let shared = Arc::clone(&shared);
        Box::pin(async move {
            let (payment, outputs) = &*shared;
            let payment_id = client::add_payment(tx, payment).await?;
            client::reserve_outputs(tx, payment_id, outputs).await?;
            let hash = payment.identity_hash.as_deref().unwrap_or_default();
            client::add_refill_version(tx, payment_id, hash, &payment.plan).await?;
            Ok(payment_id)
        })
    });
    Ok(added.await?)
}

/// A file that came back.
enum Signed {
    Bitcoin(Box<::bitcoin::Psbt>),
    Evm(SafeFile),
}

impl Signed {
    fn read(file: &Path) -> anyhow::Result<Signed> {
        let shown = || file.display().to_string();
        let bytes = std::fs::metadata(file).with_context(shown)?.len();
        ensure!(
            bytes <= MAX_FILE_BYTES as u64,
            "{} is too large",
            file.display()
        );
        let text = std::fs::read_to_string(file).with_context(shown)?;
        Ok(match text.starts_with('{') {
            true => Signed::Evm(SafeFile::read(&text).with_context(shown)?),
            false => Signed::Bitcoin(Box::new(read_psbt(&text).with_context(shown)?)),
        })
    }

    /// The refill that was exported with it.
    async fn refill(
        &self,
        pool: &Pool,
        settings: &PaymentsConfig,
    ) -> anyhow::Result<(Place, client::Refill)> {
        let (name, hash) = match self {
            Signed::Bitcoin(psbt) => {
                let txid = psbt.unsigned_tx.compute_txid();
                (&settings.bitcoin_network, crate::payments::shown(txid))
            }
            Signed::Evm(file) => (&settings.evm_network, file.transaction.hash().to_vec()),
        };
        let place = Place::of(pool, name).await?;
        let refill = client::refill_of(pool, place.network.network_id, &hash).await?;
        let words = || format!("not a file that was exported for {name}, or it was changed");
        Ok((place, refill.with_context(words)?))
    }

    async fn import(&self, pool: &Pool, settings: &PaymentsConfig) -> anyhow::Result<()> {
        let (place, refill) = self.refill(pool, settings).await?;
        let payment_id = refill.payment_id;
        if refill.is_signed {
            println!(
                "refill {payment_id} was imported before: it is {}",
                refill.state
            );
            return Ok(());
        }
        ensure!(
            refill.state != "failed",
            "refill {payment_id} was cancelled"
        );
        if refill.state == "confirmed" || refill.is_replaced {
            bail!(
                "refill {payment_id} happens by another file: it is {}",
                refill.state
            );
        }
        ensure!(!refill.is_halted, "the network or the coin is halted");
        let is_new = match self {
            Signed::Bitcoin(psbt) => bitcoin::import(pool, &place, &refill, psbt).await?,
            Signed::Evm(file) => evm::import(pool, &place, &refill, file).await?,
        };
        fault_point("refill_imported");
        let words = if is_new {
            "is imported"
        } else {
            "was imported by another meanwhile"
        };
        println!("refill {payment_id} {words}");
        Ok(())
    }

    async fn cancel(&self, pool: &Pool, settings: &PaymentsConfig) -> anyhow::Result<()> {
        let (_, refill) = self.refill(pool, settings).await?;
        client::cancel_refill(pool, refill.payment_id).await?;
        println!("refill {} is cancelled", refill.payment_id);
        Ok(())
    }
}
