//! Limits of callers by weight: per address before anybody is asked who it is, per account and API
//! key, or member of staff, after.
//!
//! Windows are fixed and shared by all servers: a server reserves a part of a limit in the database
//! and spends it from memory, so all together never give more than the limit.

mod budget;
mod layer;
mod reserve;
mod subject;
mod weights;

use std::sync::Arc;
use std::time::{Duration, Instant};

use client::Pool;

use crate::batcher::Batcher;
use crate::config::limits::{Limit, LimitsConfig};
use crate::error::ApiError;
use budget::{Budgets, Spent};
use reserve::Reserve;

pub use layer::{Charges, charge_address};
pub use subject::Subject;

/// Subjects that may wait for a reservation, and how many go into one statement.
const QUEUE_LENGTH: usize = 20_000;
const BATCH_LIMIT: usize = 1_000;
/// Reservations one request waits for at most, while others spend what comes.
const ATTEMPTS: usize = 16;

/// Where a caller stands after it was charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// Which kind of limit: `address`, `account`, `key` or `member`.
    pub policy: &'static str,
    /// The limit.
    pub limit: Limit,
    /// What is left of it, as far as this server knows.
    pub remaining: u64,
    /// Until the window ends.
    pub ends_in_seconds: u64,
    /// There was enough.
    pub is_granted: bool,
}

/// The limits of all callers. Cheap to clone.
#[derive(Clone)]
pub struct Limits {
    config: LimitsConfig,
    budgets: Arc<Budgets>,
    reserve: Batcher<Reserve>,
}

impl Limits {
    /// On this pool, where a reservation waits so long at most; asks nothing yet.
    pub fn start(config: LimitsConfig, pool: Pool, wait: Duration) -> Self {
        let budgets = Arc::new(Budgets::new());
        let reserve = Reserve {
            pool,
            budgets: budgets.clone(),
        };
        Limits {
            config,
            budgets,
            reserve: Batcher::start(reserve, QUEUE_LENGTH, BATCH_LIMIT, wait),
        }
    }

    /// Takes this weight of a caller's limit; `None` where it has none.
    ///
    /// # Errors
    /// The database's, where it had to be asked.
    pub async fn charge(&self, subject: Subject, weight: u32) -> Result<Option<Charge>, ApiError> {
        let (policy, limit) = match subject {
            Subject::Address(_) => ("address", self.config.address),
            Subject::Account(_) => ("account", self.config.account),
            Subject::Key(_) => ("key", self.config.key),
            Subject::Member(_) => ("member", self.config.member),
        };
        let Some(limit) = limit else { return Ok(None) };
        // What weighs more than a whole window is taken by whoever has asked for nothing else.
        let weight = weight.min(limit.weight);
        let mut spent = self.budgets.spend(subject, weight, Instant::now());
        for _ in 0..ATTEMPTS {
            if spent != Spent::Unknown {
                break;
            }
            self.reserve.ask((subject, limit, weight)).await?;
            spent = self.budgets.spend(subject, weight, Instant::now());
        }
        let (is_granted, remaining, ends_in_seconds) = match spent {
            Spent::Enough { remaining, seconds } => (true, remaining, seconds),
            Spent::TooLittle { remaining, seconds } => (false, remaining, seconds),
            Spent::Unknown => return Err(ApiError::Overloaded),
        };
        Ok(Some(Charge {
            policy,
            limit,
            remaining,
            ends_in_seconds,
            is_granted,
        }))
    }
}
