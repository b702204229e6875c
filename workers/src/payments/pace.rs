//! When something is due again.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// When something was last due; never, at first.
#[derive(Debug, Default)]
pub(super) struct Last(Mutex<Option<Instant>>);

impl Last {
    /// Whether so much time has passed since it was last due; then it is due now.
    pub(super) fn is_due(&self, pause: Duration) -> bool {
        let mut last = self
            .0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let is_due = last.is_none_or(|at| at.elapsed() >= pause);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }
}

/// A time as the database counts it.
pub(super) fn millis(number: Option<i64>) -> Option<Duration> {
    number
        .and_then(|number| u64::try_from(number).ok())
        .map(Duration::from_millis)
}
