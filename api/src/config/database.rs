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
    /// `EXCHANGE_READ_LIMIT_MS`: how long Postgres may take for a statement that is no command;
    /// then the request gets a 503.
    pub read_limit: Duration,
    /// `EXCHANGE_READ_QUEUE`: requests that may wait for a connection; one more gets a 503 at once.
    pub read_queue: usize,
    /// `EXCHANGE_KEYED_CONNECTIONS`: connections for commands that carry an idempotency key. Apart
    /// from those for reads, because they wait for the market.
    pub keyed_connections: usize,
}

impl DatabaseConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let default = "postgres://exchange_api@127.0.0.1:5440/exchange".to_owned();
        let wait = |name, default| {
            let wait_ms = bounded(lookup, name, default, 1..=60_000)?;
            Ok::<_, ConfigError>(Duration::from_millis(wait_ms as u64))
        };
        Ok(DatabaseConfig {
            url: value_or(lookup, "DATABASE_URL", default)?,
            read_connections: bounded(lookup, "EXCHANGE_READ_CONNECTIONS", 8, 1..=512)?,
            read_wait: wait("EXCHANGE_READ_WAIT_MS", 500)?,
            read_limit: wait("EXCHANGE_READ_LIMIT_MS", 400)?,
            read_queue: bounded(lookup, "EXCHANGE_READ_QUEUE", 1024, 1..=1_000_000)?,
            keyed_connections: bounded(lookup, "EXCHANGE_KEYED_CONNECTIONS", 4, 1..=512)?,
        })
    }
}
