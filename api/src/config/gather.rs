//! How commands are gathered into batches.

use std::time::Duration;

use super::{ConfigError, Lookup, bounded};

/// How commands are gathered into batches.
#[derive(Clone, Debug)]
pub struct GatherConfig {
    /// `EXCHANGE_WORKERS_PER_MARKET`: batches of one market that may be under way. With two, one is
    /// gathered and matched while the other waits for its flush.
    pub workers_per_market: usize,
    /// `EXCHANGE_LANES`: markets with a queue and workers of their own; further markets share one.
    pub lanes: usize,
    /// `EXCHANGE_QUEUE_LENGTH`: commands that may wait for one market; more are refused with 503.
    pub queue_length: usize,
    /// `EXCHANGE_BATCH_LIMIT`: commands in one transaction at most.
    pub batch_limit: usize,
    /// `EXCHANGE_QUEUE_WAIT_MS`: how long a command may wait to be sent; then it is refused with
    /// 503, and certainly not done.
    pub queue_wait: Duration,
    /// `EXCHANGE_ANSWER_WAIT_MS`: how long the database may take for a batch that was sent; then
    /// its clients are told that the outcome is unknown.
    pub answer_wait: Duration,
}

impl GatherConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let wait = |name, default| {
            let wait_ms = bounded(lookup, name, default, 1..=600_000)?;
            Ok::<_, ConfigError>(Duration::from_millis(wait_ms as u64))
        };
        Ok(GatherConfig {
            workers_per_market: bounded(lookup, "EXCHANGE_WORKERS_PER_MARKET", 2, 1..=8)?,
            lanes: bounded(lookup, "EXCHANGE_LANES", 64, 1..=4096)?,
            queue_length: bounded(lookup, "EXCHANGE_QUEUE_LENGTH", 4096, 1..=1_000_000)?,
            batch_limit: bounded(lookup, "EXCHANGE_BATCH_LIMIT", 256, 1..=4000)?,
            queue_wait: wait("EXCHANGE_QUEUE_WAIT_MS", 400)?,
            answer_wait: wait("EXCHANGE_ANSWER_WAIT_MS", 500)?,
        })
    }
}
