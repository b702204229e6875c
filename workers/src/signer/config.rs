//! Which signer, its token, and what it signs at most.

use std::collections::HashMap;
use std::path::PathBuf;

use alloy::primitives::U256;
use anyhow::{Context as _, bail, ensure};
use client::{Query, WaitingSigning};
use hsm::HsmConfig;
use rust_decimal::Decimal;

use super::pins::{self, Pins};

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
    /// `EXCHANGE_SIGNER_WALLETS`: the hot and cold wallets that it pays from and to.
    pub(super) wallets: Pins,
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
            wallets: Pins::read(value(pins::SETTING))?,
            max_fee_sats: number("EXCHANGE_SIGNER_MAX_FEE_SATS", 10_000_000)?,
            max_gas_wei: u128::from(gas_gwei) * GWEI,
        })
    }
}

/// What limits say of a signing.
#[derive(Clone, Debug, Default)]
pub(super) struct Room {
    /// Why it has to wait, where it has.
    pub(super) full: Option<String>,
    /// The most that is ever signed at once, in atoms: what is more would wait for ever.
    pub(super) most: Option<U256>,
}

impl Limits {
    /// What is still within the limits for a signing.
    pub(super) async fn of(
        &self,
        on: &impl Query,
        signer: &str,
        signing: &WaitingSigning,
    ) -> anyhow::Result<Room> {
        let mut room = Room::default();
        for (window, limits) in [(HOUR, &self.hourly), (DAY, &self.daily)] {
            let Some(limit) = limits.get(&signing.symbol) else {
                continue;
            };
            let most = atoms_of(*limit, signing.scale);
            let (signed, _) = client::signed_lately(on, signer, signing.asset_id, window).await?;
            let signed: U256 = signed.parse().context("atoms")?;
            let asked: U256 = signing.atoms.parse().context("atoms")?;
            let sum = signed.saturating_add(asked);
            if sum > most && room.full.is_none() {
                let symbol = &signing.symbol;
                let words =
                    format!("{sum} atoms of {symbol} in {window} s would be more than {limit}");
                room.full = Some(words);
            }
            room.most = Some(room.most.map_or(most, |least| least.min(most)));
        }
        Ok(room)
    }
}

/// An amount in atoms, rounded down: of whatever scale a coin is.
fn atoms_of(amount: Decimal, scale: i32) -> U256 {
    let digits = U256::from(amount.mantissa().unsigned_abs());
    let more = scale - i32::try_from(amount.scale()).unwrap_or(i32::MAX);
    let power = U256::from(10).saturating_pow(U256::from(more.unsigned_abs()));
    match more >= 0 {
        true => digits.saturating_mul(power),
        false => digits / power,
    }
}

fn amounts(name: &str, text: Option<String>) -> anyhow::Result<HashMap<String, Decimal>> {
    let mut amounts = HashMap::new();
    for pair in text.iter().flat_map(|text| text.split(',')) {
        let parsed = pair.split_once('=');
        let parsed = parsed.and_then(|(symbol, amount)| Some((symbol, amount.parse().ok()?)));
        let parsed = parsed.filter(|(_, amount): &(_, Decimal)| amount.is_sign_positive());
        let Some((symbol, amount)) = parsed else {
            bail!("{name}: '{pair}' is no amount, such as BTC=10");
        };
        amounts.insert(symbol.to_owned(), amount);
    }
    Ok(amounts)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::U256;
    use rust_decimal::Decimal;

    use super::atoms_of;

    #[test]
    fn limits_are_compared_in_atoms_however_many_these_are() {
        let atoms = |text: &str, scale| atoms_of(text.parse::<Decimal>().expect("one"), scale);
        assert_eq!(atoms("1.5", 8), U256::from(150_000_000));
        assert_eq!(atoms("1.23456789", 6), U256::from(1_234_567));
        // 2^96 atoms are 79,228,162,514.26 of a coin of 18 decimals.
        let billions = atoms("100000000000000", 18);
        assert_eq!(billions, U256::from(10).pow(U256::from(32)));
        assert!(billions > U256::from(2).pow(U256::from(96)));
        assert_eq!(atoms("1", 80), U256::MAX);
    }
}
