//! When and how often to try again: named limits, and a pause that grows and is never the same.

use std::future::Future;
use std::time::Duration;

use rand::Rng as _;

use crate::error::Error;

/// Attempts of a transaction, the first one included.
pub const MAX_ATTEMPTS: u32 = 10;
/// Longest pause before the second attempt; it doubles from attempt to attempt.
pub const FIRST_PAUSE: Duration = Duration::from_millis(2);
/// Longest pause of all.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(200);

/// Runs `attempt` until it succeeds, fails for another reason than contention, or has been tried
/// [`MAX_ATTEMPTS`] times.
pub(crate) async fn retry<T, F, R>(name: &'static str, attempt: F) -> Result<T, Error>
where
    F: Fn() -> R,
    R: Future<Output = Result<T, Error>>,
{
    for number in 1..MAX_ATTEMPTS {
        match attempt().await {
            Err(error) if error.is_retryable() => {
                tracing::debug!(name, number, %error, "trying again");
                tokio::time::sleep(pause(number)).await;
            }
            done => return done,
        }
    }
    let done = attempt().await;
    if let Err(error) = &done
        && error.is_retryable()
    {
        tracing::warn!(name, MAX_ATTEMPTS, %error, "giving up");
    }
    done
}

/// Between nothing and the limit, so that those who met do not meet again.
pub(crate) fn pause(number: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(1 << number.saturating_sub(1).min(16));
    let limit = doubled.min(LONGEST_PAUSE).as_micros();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    Duration::from_micros(rand::rng().random_range(0..=limit))
}

/// Pauses for what is tried for ever: from short to long, and short again after a success.
pub(crate) struct Backoff {
    limit: Duration,
}

impl Backoff {
    const FIRST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(5);

    pub(crate) fn new() -> Self {
        Backoff { limit: Self::FIRST }
    }

    /// The next pause: between a half and all of a limit that doubles each time.
    pub(crate) fn next(&mut self) -> Duration {
        let longest = u64::try_from(self.limit.as_millis()).unwrap_or(u64::MAX);
        self.limit = (self.limit * 2).min(Self::LONGEST);
        Duration::from_millis(rand::rng().random_range(longest / 2..=longest))
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn contention_is_tried_again_up_to_the_limit() {
        let attempts = Cell::new(0);
        let done: Result<(), Error> = retry("test", async || {
            attempts.set(attempts.get() + 1);
            Err(Error::Busy("40001".into()))
        })
        .await;
        assert_eq!(attempts.get(), MAX_ATTEMPTS);
        assert!(done.is_err_and(|error| error.is_retryable()));
    }

    #[tokio::test]
    async fn other_errors_are_not_tried_again() {
        let attempts = Cell::new(0);
        let done: Result<(), Error> = retry("test", async || {
            attempts.set(attempts.get() + 1);
            Err(Error::OutcomeUnknown("lost".into()))
        })
        .await;
        assert_eq!((attempts.get(), done.is_err()), (1, true));
    }

    #[test]
    fn what_is_tried_for_ever_is_tried_less_and_less_often() {
        let mut backoff = Backoff::new();
        assert!(backoff.next() <= Backoff::FIRST);
        let last = (0..20).map(|_| backoff.next()).last();
        assert!(last.is_some_and(|last| last >= Backoff::LONGEST / 2 && last <= Backoff::LONGEST));
    }

    #[test]
    fn pauses_stay_below_their_limit() {
        for number in 1..40 {
            assert!(pause(number) <= LONGEST_PAUSE);
        }
    }
}
