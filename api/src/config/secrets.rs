//! The master key that encrypts the secrets of API keys.

use std::fmt;

use super::{ConfigError, Lookup};
use crate::auth::secrets::MASTER_KEY_BYTES;

const NAME: &str = "EXCHANGE_SECRETS_KEY";

/// The master key. It is never printed by `Debug`.
#[derive(Clone)]
pub struct SecretsConfig {
    /// `EXCHANGE_SECRETS_KEY`: 64 hexadecimal digits, the same for all servers of one database.
    /// Without it no signature of an HMAC key can be checked, so the server refuses to start.
    pub master_key: [u8; MASTER_KEY_BYTES],
}

impl SecretsConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let text = lookup(NAME).unwrap_or_default();
        let mut master_key = [0; MASTER_KEY_BYTES];
        // The value is a secret: the line does not repeat it.
        hex::decode_to_slice(text.trim(), &mut master_key).map_err(|_| {
            let problem = "must be set to 64 hexadecimal digits, kept secret and kept for ever; \
                           make them once by: openssl rand -hex 32";
            ConfigError::new(NAME, problem)
        })?;
        Ok(SecretsConfig { master_key })
    }
}

impl fmt::Debug for SecretsConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretsConfig(…)")
    }
}
