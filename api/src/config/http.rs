//! Where the API listens.

use std::net::SocketAddr;
use std::time::Duration;

use super::{ConfigError, Lookup, bounded, switch, value_or};

/// Where the API listens, and how it stops.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// `EXCHANGE_BIND`: address and port.
    pub bind: SocketAddr,
    /// `EXCHANGE_DEMO`: accounts with published passwords exist, so only loopback may listen.
    pub demo: bool,
    /// `EXCHANGE_SHUTDOWN_SECONDS`: how long requests in flight may take to end at a stop.
    pub shutdown_limit: Duration,
}

impl HttpConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let bind: SocketAddr = value_or(
            lookup,
            "EXCHANGE_BIND",
            SocketAddr::from(([127, 0, 0, 1], 8080)),
        )?;
        let demo = switch(lookup, "EXCHANGE_DEMO")?;
        if demo && !bind.ip().is_loopback() {
            let problem = format!(
                "{bind} is not loopback, and the demo accounts' passwords are public; listen on \
                 127.0.0.1, or set EXCHANGE_DEMO=0"
            );
            return Err(ConfigError::new("EXCHANGE_BIND", problem));
        }
        let seconds = bounded(lookup, "EXCHANGE_SHUTDOWN_SECONDS", 10, 1..=300)?;
        Ok(HttpConfig {
            bind,
            demo,
            shutdown_limit: Duration::from_secs(seconds as u64),
        })
    }
}
