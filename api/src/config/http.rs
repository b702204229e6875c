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
    /// `EXCHANGE_CONNECTIONS`: open connections; one more gets a 503 and is closed.
    pub connections: usize,
    /// `EXCHANGE_CONNECTIONS_PER_ADDRESS`: the same for one peer.
    pub connections_per_address: usize,
    /// `EXCHANGE_HEADER_WAIT_MS`: how long a request's headers may take, and a connection may idle.
    pub header_wait: Duration,
    /// `EXCHANGE_BODY_WAIT_MS`: how long a request's body may take.
    pub body_wait: Duration,
    /// `EXCHANGE_UPLOAD_WAIT_MS`: the same for a body with files.
    pub upload_wait: Duration,
    /// `EXCHANGE_WRITE_WAIT_MS`: how long a client may take to read what it is sent.
    pub write_wait: Duration,
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
        let wait = |name, default| {
            let wait_ms = bounded(lookup, name, default, 1..=600_000)?;
            Ok::<_, ConfigError>(Duration::from_millis(wait_ms as u64))
        };
        let connections = bounded(lookup, "EXCHANGE_CONNECTIONS", 10_000, 1..=1_000_000)?;
        let name = "EXCHANGE_CONNECTIONS_PER_ADDRESS";
        Ok(HttpConfig {
            bind,
            demo,
            shutdown_limit: Duration::from_secs(seconds as u64),
            connections,
            connections_per_address: bounded(lookup, name, 2_048, 1..=1_000_000)?,
            header_wait: wait("EXCHANGE_HEADER_WAIT_MS", 30_000)?,
            body_wait: wait("EXCHANGE_BODY_WAIT_MS", 10_000)?,
            upload_wait: wait("EXCHANGE_UPLOAD_WAIT_MS", 120_000)?,
            write_wait: wait("EXCHANGE_WRITE_WAIT_MS", 30_000)?,
        })
    }
}
