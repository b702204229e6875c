//! What this server has reserved for each caller and not spent yet. Bounded: a caller who is
//! forgotten loses what was reserved, never gains.

use std::num::NonZeroUsize;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lru::LruCache;

use super::subject::Subject;

/// Callers remembered.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(131_072).expect("not zero");

#[derive(Clone, Copy, Debug)]
struct Budget {
    /// Reserved and not spent.
    reserved: u64,
    /// What no server had reserved when this one last asked.
    unreserved: u64,
    ends_at: Instant,
}

/// What came of spending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spent {
    /// It was taken.
    Enough { remaining: u64, seconds: u64 },
    /// Nothing was taken: the window has no more.
    TooLittle { remaining: u64, seconds: u64 },
    /// More must be reserved first.
    Unknown,
}

/// The budgets of all callers.
pub(super) struct Budgets {
    budgets: Mutex<LruCache<Subject, Budget>>,
}

impl Budgets {
    pub(super) fn new() -> Self {
        Budgets {
            budgets: Mutex::new(LruCache::new(REMEMBERED)),
        }
    }

    pub(super) fn spend(&self, subject: Subject, weight: u32, now: Instant) -> Spent {
        let mut budgets = self.lock();
        let Some(budget) = budgets.get_mut(&subject) else {
            return Spent::Unknown;
        };
        let Some(left) = budget.ends_at.checked_duration_since(now) else {
            return Spent::Unknown;
        };
        let weight = u64::from(weight);
        // Rounded up: who comes back after these seconds finds a new window.
        let seconds = left.as_secs() + 1;
        if budget.reserved >= weight {
            budget.reserved -= weight;
            let remaining = budget.reserved + budget.unreserved;
            return Spent::Enough { remaining, seconds };
        }
        let remaining = budget.reserved + budget.unreserved;
        if remaining < weight {
            return Spent::TooLittle { remaining, seconds };
        }
        Spent::Unknown
    }

    /// Adds what the database granted; what is left of an older window is void.
    pub(super) fn grant(&self, subject: Subject, granted: u64, unreserved: u64, ends_at: Instant) {
        let mut budgets = self.lock();
        let kept = match budgets.get(&subject) {
            Some(budget) if is_same_window(budget.ends_at, ends_at) => budget.reserved,
            _ => 0,
        };
        let budget = Budget {
            reserved: kept + granted,
            unreserved,
            ends_at,
        };
        budgets.put(subject, budget);
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Subject, Budget>> {
        self.budgets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same end, learnt from two answers that took different times to arrive; windows are a second
/// long at least.
fn is_same_window(one: Instant, other: Instant) -> bool {
    const TRAVEL: Duration = Duration::from_millis(500);
    one.max(other) - one.min(other) < TRAVEL
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: Subject = Subject::Account(7);

    #[test]
    fn a_budget_is_spent_to_the_last_and_no_further() {
        let budgets = Budgets::new();
        let now = Instant::now();
        let ends_at = now + Duration::from_secs(10);
        assert_eq!(budgets.spend(SUBJECT, 1, now), Spent::Unknown);
        budgets.grant(SUBJECT, 5, 2, ends_at);
        let spent = budgets.spend(SUBJECT, 4, now);
        assert_eq!(
            spent,
            Spent::Enough {
                remaining: 3,
                seconds: 11
            }
        );
        // The database may have more.
        assert_eq!(budgets.spend(SUBJECT, 3, now), Spent::Unknown);
        budgets.grant(SUBJECT, 0, 0, ends_at);
        let spent = budgets.spend(SUBJECT, 3, now);
        assert_eq!(
            spent,
            Spent::TooLittle {
                remaining: 1,
                seconds: 11
            }
        );
        assert!(matches!(
            budgets.spend(SUBJECT, 1, now),
            Spent::Enough { remaining: 0, .. }
        ));
    }

    #[test]
    fn a_new_window_starts_with_what_is_reserved_in_it() {
        let budgets = Budgets::new();
        let now = Instant::now();
        budgets.grant(SUBJECT, 5, 0, now + Duration::from_secs(1));
        let later = now + Duration::from_secs(2);
        assert_eq!(budgets.spend(SUBJECT, 1, later), Spent::Unknown);
        budgets.grant(SUBJECT, 2, 0, later + Duration::from_secs(1));
        assert!(matches!(
            budgets.spend(SUBJECT, 3, later),
            Spent::TooLittle { .. }
        ));
    }
}
