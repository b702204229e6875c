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
    /// `EXCHANGE_BCRYPT_COST`: work factor of new hashes, and the time that every check takes at
    /// least: 12 is 2^12 rounds, about 0.2 s. A cheaper hash is made anew at its owner's login.
    /// Below 10 is for tests alone.
    pub bcrypt_cost: u32,
}

impl LoginConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let hours = bounded(lookup, "EXCHANGE_SESSION_HOURS", 24, 1..=24 * 365)?;
        let cost = bounded(lookup, "EXCHANGE_BCRYPT_COST", 12, 4..=16)?;
        Ok(LoginConfig {
            bcrypt_cost: cost as u32,
            session_length: Duration::from_secs(hours as u64 * 3600),
            concurrency: bounded(lookup, "EXCHANGE_LOGIN_CONCURRENCY", 2, 1..=64)?,
            queue_length: bounded(lookup, "EXCHANGE_LOGIN_QUEUE", 64, 1..=10_000)?,
        })
    }
}
