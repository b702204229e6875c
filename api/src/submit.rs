//! The gatherer's way to the database: one call of `exchange.submit` a batch.

use std::time::Duration;

use client::{Authorized, Outcome, Pool};
use time::OffsetDateTime;

use crate::gather::{BatchError, Submit};

/// How the exchange refuses a command whose time is over.
const EXPIRED: &str = "REQUEST_EXPIRED";

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
    type Command = Authorized;
    type Outcome = Outcome;

    /// Contention is tried again by the client, up to its limit.
    async fn submit(&self, batch: &[Authorized]) -> Result<Vec<Outcome>, BatchError> {
        client::submit(&self.pool, batch)
            .await
            .map_err(|error| match error {
                client::Error::Busy(_) | client::Error::Overloaded(_) => BatchError::Busy,
                client::Error::Unavailable(_) => BatchError::Unavailable,
                client::Error::OutcomeUnknown(_) => BatchError::OutcomeUnknown,
                other => BatchError::Failed(other.to_string()),
            })
    }

    /// The exchange looks at the clock once it is the command's turn. So a client that was told
    /// that the outcome is unknown can look a moment later, and what it sees is final.
    fn hurry(command: &mut Authorized, limit: Duration) -> bool {
        let until = OffsetDateTime::now_utc() + limit;
        let until_ms = until.unix_timestamp_nanos() / 1_000_000;
        let until_ms = i64::try_from(until_ms).unwrap_or(i64::MAX);
        let own = &mut command.authority.valid_until_ms;
        if own.is_some_and(|own| own <= until_ms) {
            return false;
        }
        *own = Some(until_ms);
        true
    }

    fn was_late(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Rejected(reject) if reject.code == EXPIRED)
    }
}
