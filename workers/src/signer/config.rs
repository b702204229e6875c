//! Which signer, its token, and what it signs at most.

use std::collections::HashMap;
use std::path::PathBuf;
use std::str::FromStr as _;

use anyhow::{Context as _, bail, ensure};
use client::{Pool, WaitingSigning};
use hsm::HsmConfig;
use rust_decimal::Decimal;

/// Seconds of the two windows.
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;
/// Wei of a gwei.
const GWEI: u128 = 1_000_000_000;

/// Which signer, its token, and what it signs at most.
#[derive(Clone, Debug)]
pub struct SignerConfig {
    /// `a` or `b`.
    pub name: String,
    /// `EXCHANGE_SIGNER_TOKEN` and `EXCHANGE_SIGNER_PIN`; the module is `EXCHANGE_HSM_MODULE`, the
    /// key that wraps the seed `EXCHANGE_HSM_KEY`.
    pub hsm: HsmConfig,
    /// `EXCHANGE_SIGNER_KEY`: label of the key of the hot wallets.
    pub hot_key: String,
    /// `EXCHANGE_GAS_KEY`: label of the key of the gas account, of signer a.
    pub gas_key: String,
    /// `EXCHANGE_SEED_FILE`: the wrapped seed of deposit addresses, of signer a.
    pub seed_file: Option<PathBuf>,
    /// What it signs in an hour and in a day.
    pub limits: Limits,
    /// `EXCHANGE_SIGNER_MAX_FEE_SATS`: the highest fee of a Bitcoin transaction.
    pub max_fee_sats: u64,
    /// `EXCHANGE_SIGNER_MAX_GAS_GWEI`: the most that is offered for a unit of gas.
    pub max_gas_wei: u128,
}

/// What is signed at most: amounts by symbol, in an hour and in a day.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    /// `EXCHANGE_SIGNER_HOURLY`: `BTC=10,ETH=200`.
    hourly: HashMap<String, Decimal>,
    /// `EXCHANGE_SIGNER_DAILY`: the same of a day.
    daily: HashMap<String, Decimal>,
}

impl SignerConfig {
    /// From the environment.
    ///
    /// # Errors
    /// A value is missing or cannot be used.
    pub fn from_env(name: &str) -> anyhow::Result<Self> {
        Self::read(name, |name| {
            std::env::var(name).ok().filter(|text| !text.is_empty())
        })
    }

    fn read(name: &str, value: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        ensure!(
            ["a", "b"].contains(&name),
            "a signer is a or b, not '{name}'"
        );
        let own = |name: &str| match name {
            "EXCHANGE_HSM_TOKEN" => value("EXCHANGE_SIGNER_TOKEN"),
            "EXCHANGE_HSM_PIN" => value("EXCHANGE_SIGNER_PIN"),
            other => value(other),
        };
        let number = |name: &str, otherwise: u64| match value(name) {
            None => Ok(otherwise),
            Some(text) => {
                let number = text.parse::<u64>();
                number.with_context(|| format!("{name}: '{text}' is no number"))
            }
        };
        let or = |name: &str, otherwise: &str| value(name).unwrap_or_else(|| otherwise.to_owned());
        let gas_gwei = number("EXCHANGE_SIGNER_MAX_GAS_GWEI", 1_000)?;
        Ok(SignerConfig {
            name: name.to_owned(),
            hsm: HsmConfig::read(own).context("EXCHANGE_SIGNER_PIN is not set")?,
            hot_key: or("EXCHANGE_SIGNER_KEY", "hot"),
            gas_key: or("EXCHANGE_GAS_KEY", "gas"),
            seed_file: value("EXCHANGE_SEED_FILE").map(PathBuf::from),
            limits: Limits {
                hourly: amounts("EXCHANGE_SIGNER_HOURLY", value("EXCHANGE_SIGNER_HOURLY"))?,
                daily: amounts("EXCHANGE_SIGNER_DAILY", value("EXCHANGE_SIGNER_DAILY"))?,
            },
            max_fee_sats: number("EXCHANGE_SIGNER_MAX_FEE_SATS", 10_000_000)?,
            max_gas_wei: u128::from(gas_gwei) * GWEI,
        })
    }
}

impl Limits {
    /// What is still within the limits for a signing: why it is not, or nothing.
    pub(super) async fn of(
        &self,
        pool: &Pool,
        signer: &str,
        signing: &WaitingSigning,
    ) -> anyhow::Result<Option<String>> {
        for (window, limits) in [(HOUR, &self.hourly), (DAY, &self.daily)] {
            let Some(limit) = limits.get(&signing.symbol) else {
                continue;
            };
            let (signed, _) = client::signed_lately(pool, signer, signing.asset_id, window).await?;
            let scale = u32::try_from(signing.scale)?;
            let atoms = |text: &str| -> anyhow::Result<Decimal> {
                let whole = i128::from_str(text).context("atoms")?;
                Decimal::try_from_i128_with_scale(whole, scale).context("atoms")
            };
            let sum = atoms(&signed)? + atoms(&signing.atoms)?;
            if sum > *limit {
                let symbol = &signing.symbol;
                let words = format!("{sum} {symbol} in {window} s would be more than {limit}");
                return Ok(Some(words));
            }
        }
        Ok(None)
    }
}

fn amounts(name: &str, text: Option<String>) -> anyhow::Result<HashMap<String, Decimal>> {
    let mut amounts = HashMap::new();
    for pair in text.iter().flat_map(|text| text.split(',')) {
        let parsed = pair.split_once('=');
        let parsed = parsed.and_then(|(symbol, amount)| Some((symbol, amount.parse().ok()?)));
        let Some((symbol, amount)) = parsed else {
            bail!("{name}: '{pair}' is no amount, such as BTC=10");
        };
        amounts.insert(symbol.to_owned(), amount);
    }
    Ok(amounts)
}
