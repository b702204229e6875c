//! A connection on loan from the pool, and the time that the server has for an answer.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::sync::OwnedSemaphorePermit;
use tokio_postgres::Row;

use crate::error::{Effect, Error};
use crate::query::{self, Params, Statement};

/// A connection of the holder's until it is dropped or settled.
pub(crate) struct Lease {
    object: Object,
    /// In the pool or in the waiting room before it.
    _place: OwnedSemaphorePermit,
}

impl Lease {
    pub(crate) fn new(object: Object, place: OwnedSemaphorePermit) -> Self {
        Lease {
            object,
            _place: place,
        }
    }

    /// Gives the connection back. After a loss it is closed instead: an answer that came too late
    /// would stand before that of whoever had it next.
    pub(crate) fn settle<T>(self, done: Result<T, Error>) -> Result<T, Error> {
        if done.as_ref().is_err_and(Error::is_loss) {
            self.close();
        }
        done
    }

    /// Closes the connection instead of giving it back.
    pub(crate) fn close(self) {
        drop(Object::take(self.object));
    }

    /// Runs a statement as a transaction of its own; one whose plan has outlived a migration again.
    pub(crate) async fn run(
        &self,
        answer_timeout: Duration,
        statement: Statement,
        params: Params<'_>,
    ) -> Result<Vec<Row>, Error> {
        let run = async {
            let done = query::run(&**self, statement, params).await;
            if !done.as_ref().is_err_and(query::is_stale) {
                return done;
            }
            self.statement_cache.clear();
            query::run(&**self, statement, params).await
        };
        let done = in_time(answer_timeout, statement.effect, run).await;
        done.and_then(|answer| answer.map_err(|error| Error::of(&error, statement.effect)))
    }
}

impl Deref for Lease {
    type Target = Object;

    fn deref(&self) -> &Object {
        &self.object
    }
}

impl DerefMut for Lease {
    fn deref_mut(&mut self) -> &mut Object {
        &mut self.object
    }
}

/// The answer, where it comes in time; otherwise the server counts as lost.
pub(crate) async fn in_time<T>(
    limit: Duration,
    effect: Effect,
    answer: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<Result<T, tokio_postgres::Error>, Error> {
    tokio::time::timeout(limit, answer)
        .await
        .map_err(|_| effect.lost(format!("no answer within {limit:?}")))
}
