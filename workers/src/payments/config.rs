//! Which nodes, and the limits of what is paid for being mined.

use std::time::Duration;

use anyhow::Context as _;

/// Which nodes, and the limits of what is paid for being mined.
#[derive(Clone)]
pub struct PaymentsConfig {
    /// `EXCHANGE_BITCOIN_URL`: the Bitcoin node; user and password may be in it.
    pub bitcoin_url: Option<String>,
    /// `EXCHANGE_EVM_URL`: the Ethereum node.
    pub evm_url: Option<String>,
    /// `EXCHANGE_BITCOIN_NETWORK`: the network's name here.
    pub bitcoin_network: String,
    /// `EXCHANGE_EVM_NETWORK`: the network's name here.
    pub evm_network: String,
    /// `EXCHANGE_BITCOIN_XPUB`: of the deposit addresses; without it nothing is swept there.
    pub bitcoin_xpub: Option<String>,
    /// `EXCHANGE_BATCH_WAIT_MS`: how long a Bitcoin withdrawal waits for others to go with it.
    pub batch_wait: Duration,
    /// `EXCHANGE_BATCH_SATS`: what several withdrawals of one Bitcoin transaction come to at most.
    pub batch_sats: u64,
    /// `EXCHANGE_BUMP_AFTER_MS`: what is not mined for so long is replaced by one that pays more.
    pub bump_after: Duration,
    /// `EXCHANGE_RESEND_AFTER_MS`: what is not mined is sent again as often.
    pub resend_after: Duration,
    /// `EXCHANGE_SWEEP_EVERY_MS`: pause between two looks at what lies at deposit addresses.
    pub sweep_every: Duration,
    /// `EXCHANGE_MAX_GAS_GWEI`: the most that is offered for a unit of gas.
    pub max_gas_wei: u128,
    /// `EXCHANGE_MIN_SATS_PER_KVB`: the least that is offered for a thousand virtual bytes.
    pub min_sats_per_kvb: u64,
    /// `EXCHANGE_MAX_SATS_PER_KVB`: the most that is offered for a thousand virtual bytes.
    pub max_sats_per_kvb: u64,
}

/// Wei of a gwei.
const GWEI: u128 = 1_000_000_000;

impl PaymentsConfig {
    /// From the environment.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env() -> anyhow::Result<Self> {
        Self::read(|name| std::env::var(name).ok().filter(|text| !text.is_empty()))
    }

    fn read(value: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let number = |name: &str, otherwise: u64| match value(name) {
            None => Ok(otherwise),
            Some(text) => {
                let number = text.parse::<u64>();
                number.with_context(|| format!("{name}: '{text}' is no number"))
            }
        };
        let millis = |name, otherwise| number(name, otherwise).map(Duration::from_millis);
        let or = |name: &str, otherwise: &str| value(name).unwrap_or_else(|| otherwise.to_owned());
        Ok(PaymentsConfig {
            bitcoin_url: value("EXCHANGE_BITCOIN_URL"),
            evm_url: value("EXCHANGE_EVM_URL"),
            bitcoin_network: or("EXCHANGE_BITCOIN_NETWORK", "bitcoin"),
            evm_network: or("EXCHANGE_EVM_NETWORK", "ethereum"),
            bitcoin_xpub: value("EXCHANGE_BITCOIN_XPUB"),
            batch_wait: millis("EXCHANGE_BATCH_WAIT_MS", 1_000)?,
            batch_sats: number("EXCHANGE_BATCH_SATS", u64::MAX)?,
            bump_after: millis("EXCHANGE_BUMP_AFTER_MS", 180_000)?,
            resend_after: millis("EXCHANGE_RESEND_AFTER_MS", 30_000)?,
            sweep_every: millis("EXCHANGE_SWEEP_EVERY_MS", 60_000)?,
            max_gas_wei: u128::from(number("EXCHANGE_MAX_GAS_GWEI", 500)?) * GWEI,
            min_sats_per_kvb: number("EXCHANGE_MIN_SATS_PER_KVB", 1_000)?,
            max_sats_per_kvb: number("EXCHANGE_MAX_SATS_PER_KVB", 300_000)?,
        })
    }
}

impl std::fmt::Debug for PaymentsConfig {
    /// Without the nodes' addresses, which may hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PaymentsConfig")
            .field("bitcoin_network", &self.bitcoin_network)
            .field("evm_network", &self.evm_network)
            .finish_non_exhaustive()
    }
}
