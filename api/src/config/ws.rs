//! The WebSocket: how many, how much, and how long.

use std::time::Duration;

use super::{ConfigError, Lookup, bounded};
use crate::outbox::Limit;

/// The WebSocket: how many, how much, and how long.
#[derive(Clone, Debug)]
pub struct WsConfig {
    /// `EXCHANGE_WS_CONNECTIONS`: open sockets; one more gets a 503.
    pub connections: usize,
    /// `EXCHANGE_WS_CONNECTIONS_PER_ADDRESS`: the same for one address.
    pub connections_per_address: usize,
    /// `EXCHANGE_WS_MESSAGES_PER_SECOND`: messages that a client may send; more are refused, and
    /// after as many again its socket is closed.
    pub messages_per_second: usize,
    /// `EXCHANGE_WS_PING_MS`: pause between two pings.
    pub ping_pause: Duration,
    /// `EXCHANGE_WS_SILENCE_MS`: a client of whom nothing was heard for so long is dropped.
    pub silence_limit: Duration,
    /// `EXCHANGE_WS_QUEUE_MESSAGES` and `EXCHANGE_WS_QUEUE_BYTES`: what may wait for a client; one
    /// who falls behind further is dropped.
    pub queue: Limit,
    /// `EXCHANGE_WS_CLOSE_MS`: how long the end may take: the last messages and the closing frame.
    pub close_limit: Duration,
    /// `EXCHANGE_WS_LEASE_MS`: orders that are cancelled on disconnect outlive a killed server by
    /// so much at most.
    pub lease: Duration,
}

impl WsConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let count = |name, default| bounded(lookup, name, default, 1..=1_000_000);
        let wait = |name, default, least| {
            let wait_ms = bounded(lookup, name, default, least..=3_600_000)?;
            Ok::<_, ConfigError>(Duration::from_millis(wait_ms as u64))
        };
        let bytes = bounded(lookup, "EXCHANGE_WS_QUEUE_BYTES", 4 << 20, 1..=1 << 30)?;
        Ok(WsConfig {
            connections: count("EXCHANGE_WS_CONNECTIONS", 10_000)?,
            connections_per_address: count("EXCHANGE_WS_CONNECTIONS_PER_ADDRESS", 2_048)?,
            messages_per_second: count("EXCHANGE_WS_MESSAGES_PER_SECOND", 200)?,
            ping_pause: wait("EXCHANGE_WS_PING_MS", 15_000, 1)?,
            silence_limit: wait("EXCHANGE_WS_SILENCE_MS", 45_000, 1)?,
            queue: Limit {
                messages: count("EXCHANGE_WS_QUEUE_MESSAGES", 4_096)?,
                bytes,
            },
            close_limit: wait("EXCHANGE_WS_CLOSE_MS", 5_000, 1)?,
            lease: wait("EXCHANGE_WS_LEASE_MS", 30_000, 1_000)?,
        })
    }
}
