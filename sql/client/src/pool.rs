//! The pool of connections, and statements as transactions of their own.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, PoolError, RecyclingMethod, Runtime};
use tokio::sync::Semaphore;
use tokio_postgres::{NoTls, Row};

use crate::config::Config;
use crate::error::{ConfigError, Effect, Error};
use crate::lease::Lease;
use crate::query::{Params, Query, Statement};
use crate::retry::retry;

/// Connections to one database as one role. Cheap to clone.
///
/// No TLS: the server is on the same machine or in a private network.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool_postgres::Pool,
    /// For those who have a connection and those who wait for one.
    places: Arc<Semaphore>,
    answer_timeout: Duration,
}

impl Pool {
    /// Connects nothing yet: connections are made when they are needed.
    ///
    /// # Errors
    /// The URL cannot be read.
    pub fn new(config: &Config) -> Result<Self, ConfigError> {
        let recycling_method = RecyclingMethod::Fast;
        let manager =
            Manager::from_config(config.driver()?, NoTls, ManagerConfig { recycling_method });
        let inner = deadpool_postgres::Pool::builder(manager)
            .max_size(config.pool_size)
            .wait_timeout(Some(config.acquire_timeout))
            .create_timeout(Some(config.acquire_timeout))
            .recycle_timeout(Some(config.acquire_timeout))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| ConfigError::Url(error.to_string()))?;
        let places = config.pool_size.saturating_add(config.waiting_limit);
        Ok(Pool {
            inner,
            places: Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS))),
            answer_timeout: config.answer_timeout,
        })
    }

    /// Gives up all connections that are free, and refuses new work.
    pub fn close(&self) {
        self.inner.close();
    }

    /// How long the server may take to answer a statement.
    pub(crate) fn answer_timeout(&self) -> Duration {
        self.answer_timeout
    }

    /// A connection of the caller's until it is dropped.
    pub(crate) async fn connection(&self) -> Result<Lease, Error> {
        let place = self.places.clone().try_acquire_owned();
        let place = place.map_err(|error| Error::Overloaded(error.to_string()))?;
        let object = self.inner.get().await.map_err(|error| match error {
            PoolError::Backend(error) => match Error::of(&error, Effect::Reads) {
                // A refused login is a matter of configuration, and lasts.
                Error::Bug(text) | Error::Busy(text) => Error::Unavailable(text),
                other => other,
            },
            other => Error::Unavailable(other.to_string()),
        })?;
        Ok(Lease::new(object, place))
    }

    async fn attempt(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let connection = self.connection().await?;
        let done = connection.run(self.answer_timeout, statement, params).await;
        connection.settle(done)
    }
}

impl Query for Pool {
    async fn rows(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        retry(statement.name, || self.attempt(statement, params)).await
    }
}

/// Whether the database answers.
///
/// # Errors
/// It does not.
pub async fn ping(on: &impl Query) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::read("ping", "select 1");
    on.row(STATEMENT, &[]).await.map(drop)
}
