//! Reserves parts of limits in the database, for many callers in one statement.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use client::{Pool, RateRequest};

use super::budget::Budgets;
use super::subject::Subject;
use crate::batcher::Answers;
use crate::config::limits::Limit;

/// A server reserves this part of a limit at once: a light caller costs a round trip a window, a
/// heavy one a few.
const PARTS: u32 = 10;

/// Puts what the database grants into the budgets.
pub(super) struct Reserve {
    pub(super) pool: Pool,
    pub(super) budgets: Arc<Budgets>,
}

impl Answers for Reserve {
    type Question = (Subject, Limit, u32);
    type Answer = ();

    async fn answer(&self, questions: Vec<Self::Question>) -> Result<Vec<()>, client::Error> {
        let answers = vec![(); questions.len()];
        let mut wanted: BTreeMap<Subject, (Limit, u64)> = BTreeMap::new();
        for (subject, limit, weight) in questions {
            wanted.entry(subject).or_insert((limit, 0)).1 += u64::from(weight);
        }
        let mut request = RateRequest::default();
        let mut by_name = BTreeMap::new();
        for (subject, (limit, weight)) in wanted {
            let amount = weight
                .max(u64::from(limit.weight / PARTS))
                .min(limit.weight.into());
            request.subjects.push(subject.to_string());
            request
                .amounts
                .push(i64::try_from(amount).unwrap_or(i64::MAX));
            request.limits.push(limit.weight.into());
            request
                .seconds
                .push(i32::try_from(limit.seconds).unwrap_or(i32::MAX));
            by_name.insert(subject.to_string(), subject);
        }
        for grant in client::take_rate(&self.pool, &request).await? {
            let Some(subject) = by_name.get(&grant.subject) else {
                return Err(client::Error::Bug(format!("a grant for {}", grant.subject)));
            };
            let left = Duration::from_millis(u64::try_from(grant.ends_in_ms).unwrap_or(0));
            let whole = |amount: i64| u64::try_from(amount).unwrap_or(0);
            self.budgets.grant(
                *subject,
                whole(grant.granted),
                whole(grant.remaining),
                Instant::now() + left,
            );
        }
        Ok(answers)
    }
}
