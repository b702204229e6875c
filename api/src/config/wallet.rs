//! Deposits: from which keys addresses are derived, and whose word that a chain has moved counts.

use chain::extended_key::ExtendedKey;

use super::{ConfigError, Lookup, secret};

/// Deposits.
#[derive(Clone)]
pub struct WalletConfig {
    /// `EXCHANGE_BITCOIN_XPUB`: extended public key of the account that Bitcoin deposit addresses
    /// are derived from (m/84'/c'/0'). Without it none are given out.
    pub bitcoin_key: Option<ExtendedKey>,
    /// `EXCHANGE_EVM_XPUB`: the same for EVM chains (m/44'/60'/0').
    pub evm_key: Option<ExtendedKey>,
    /// `EXCHANGE_WEBHOOK_SECRET`: 64 hexadecimal digits that nodes sign their notices with; without
    /// it none is believed.
    pub webhook_secret: Option<[u8; 32]>,
}

impl WalletConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(WalletConfig {
            bitcoin_key: key(lookup, "EXCHANGE_BITCOIN_XPUB")?,
            evm_key: key(lookup, "EXCHANGE_EVM_XPUB")?,
            webhook_secret: secret(lookup, "EXCHANGE_WEBHOOK_SECRET")?,
        })
    }
}

fn key(lookup: Lookup<'_>, name: &'static str) -> Result<Option<ExtendedKey>, ConfigError> {
    let text = lookup(name).filter(|text| !text.is_empty());
    let key = text.map(|text| text.trim().parse::<ExtendedKey>());
    key.transpose()
        .map_err(|error| ConfigError::new(name, error.to_string()))
}

impl std::fmt::Debug for WalletConfig {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WalletConfig")
            .field("bitcoin_key", &self.bitcoin_key)
            .field("evm_key", &self.evm_key)
            .finish_non_exhaustive()
    }
}
