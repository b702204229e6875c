//! Asks the database which credentials are still good, for many requests in one round trip.

use std::collections::HashSet;
use std::time::Duration;

use client::Pool;

use super::access::Id;
use crate::batcher::{Answers, Batcher};

/// Requests that may wait for the answer, and how many go into one query.
const QUEUE_LENGTH: usize = 10_000;
const BATCH_LIMIT: usize = 1_000;

/// Asks about credentials.
pub(super) struct Check {
    pool: Pool,
}

/// On this pool; asks nothing yet.
pub(super) fn start(pool: Pool, wait: Duration) -> Batcher<Check> {
    Batcher::start(Check { pool }, QUEUE_LENGTH, BATCH_LIMIT, wait)
}

impl Answers for Check {
    type Question = Id;
    type Answer = bool;

    async fn answer(&self, questions: Vec<Id>) -> Result<Vec<bool>, client::Error> {
        let (mut sessions, mut keys) = (Vec::new(), Vec::new());
        for id in &questions {
            match id {
                Id::Session(session_id, _) => sessions.push(*session_id),
                Id::Key(api_key_id) => keys.push(*api_key_id),
            }
        }
        for ids in [&mut sessions, &mut keys] {
            ids.sort_unstable();
            ids.dedup();
        }
        let live = client::check_access(&self.pool, &sessions, &keys).await?;
        let sessions: HashSet<i64> = live.session_ids.into_iter().collect();
        let keys: HashSet<i64> = live.api_key_ids.into_iter().collect();
        let is_live = |id: &Id| match id {
            Id::Session(session_id, _) => sessions.contains(session_id),
            Id::Key(api_key_id) => keys.contains(api_key_id),
        };
        Ok(questions.iter().map(is_live).collect())
    }
}
