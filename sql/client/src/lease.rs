//! A connection on loan from the pool, and the time that the server has for an answer.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use deadpool_postgres::Object;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::{Effect, Error};

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
            drop(Object::take(self.object));
        }
        done
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
