//! The gatherer's way to the database: one call of `exchange.submit` a batch.

use client::{Command, Outcome, Pool};

use crate::gather::{BatchError, Submit};

/// Runs batches on a pool that has a connection for each worker, so that none ever waits for one.
pub struct PoolSubmit {
    pool: Pool,
}

impl PoolSubmit {
    /// On this pool.
    pub fn new(pool: Pool) -> Self {
        PoolSubmit { pool }
    }
}

impl Submit for PoolSubmit {
    type Command = Command;
    type Outcome = Outcome;

    /// Contention is tried again by the client, up to its limit.
    async fn submit(&self, batch: &[Command]) -> Result<Vec<Outcome>, BatchError> {
        client::submit(&self.pool, batch)
            .await
            .map_err(|error| match error {
                client::Error::Busy(_) => BatchError::Busy,
                client::Error::Unavailable(_) => BatchError::Unavailable,
                client::Error::OutcomeUnknown(_) => BatchError::OutcomeUnknown,
                other => BatchError::Failed(other.to_string()),
            })
    }
}
