//! How commands are gathered into batches.

use super::{ConfigError, Lookup, bounded};

/// How commands are gathered into batches.
#[derive(Clone, Debug)]
pub struct GatherConfig {
    /// `EXCHANGE_WORKERS_PER_MARKET`: batches of one market that may be under way. With two, one is
    /// gathered and matched while the other waits for its flush.
    pub workers_per_market: usize,
    /// `EXCHANGE_QUEUE_LENGTH`: commands that may wait for one market; more are refused with 503.
    pub queue_length: usize,
    /// `EXCHANGE_BATCH_LIMIT`: commands in one transaction at most.
    pub batch_limit: usize,
}

impl GatherConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(GatherConfig {
            workers_per_market: bounded(lookup, "EXCHANGE_WORKERS_PER_MARKET", 2, 1..=8)?,
            queue_length: bounded(lookup, "EXCHANGE_QUEUE_LENGTH", 4096, 1..=1_000_000)?,
            batch_limit: bounded(lookup, "EXCHANGE_BATCH_LIMIT", 256, 1..=4096)?,
        })
    }
}
