//! Passwords and sessions.

use std::time::Duration;

use super::{ConfigError, Lookup, bounded};

/// Passwords and sessions.
#[derive(Clone, Debug)]
pub struct LoginConfig {
    /// `EXCHANGE_SESSION_HOURS`: how long a bearer token is good.
    pub session_length: Duration,
    /// `EXCHANGE_LOGIN_CONCURRENCY`: passwords checked at once; each takes a core for a while.
    pub concurrency: usize,
    /// `EXCHANGE_LOGIN_QUEUE`: logins that may wait for that; more are refused with 503.
    pub queue_length: usize,
}

impl LoginConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let hours = bounded(lookup, "EXCHANGE_SESSION_HOURS", 24, 1..=24 * 365)?;
        Ok(LoginConfig {
            session_length: Duration::from_secs(hours as u64 * 3600),
            concurrency: bounded(lookup, "EXCHANGE_LOGIN_CONCURRENCY", 2, 1..=64)?,
            queue_length: bounded(lookup, "EXCHANGE_LOGIN_QUEUE", 64, 1..=10_000)?,
        })
    }
}
