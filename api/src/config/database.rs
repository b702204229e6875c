//! The Postgres that the API works on.

use std::time::Duration;

use super::{ConfigError, Lookup, bounded, value_or};

/// The Postgres that the API works on.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    /// `DATABASE_URL`: as role `exchange_api`, which can write no table.
    pub url: String,
    /// `EXCHANGE_READ_CONNECTIONS`: connections for everything but commands.
    pub read_connections: usize,
    /// `EXCHANGE_READ_WAIT_MS`: how long a request may wait for one of them before a 503.
    pub read_wait: Duration,
}

impl DatabaseConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let default = "postgres://exchange_api@127.0.0.1:5440/exchange".to_owned();
        let wait_ms = bounded(lookup, "EXCHANGE_READ_WAIT_MS", 1000, 1..=60_000)?;
        Ok(DatabaseConfig {
            url: value_or(lookup, "DATABASE_URL", default)?,
            read_connections: bounded(lookup, "EXCHANGE_READ_CONNECTIONS", 8, 1..=512)?,
            read_wait: Duration::from_millis(wait_ms as u64),
        })
    }
}
