//! The pool of connections, and statements as transactions of their own.

use deadpool_postgres::{Manager, ManagerConfig, Object, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{NoTls, Row};

use crate::config::Config;
use crate::error::{ConfigError, Effect, Error};
use crate::query::{self, Params, Query, Statement};
use crate::retry::retry;

/// Connections to one database as one role. Cheap to clone.
///
/// No TLS: the server is on the same machine or in a private network.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool_postgres::Pool,
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
        Ok(Pool { inner })
    }

    /// Gives up all connections that are free, and refuses new work.
    pub fn close(&self) {
        self.inner.close();
    }

    /// A connection of the caller's until it is dropped.
    pub(crate) async fn connection(&self) -> Result<Object, Error> {
        self.inner.get().await.map_err(|error| match error {
            PoolError::Backend(error) => match Error::of(&error, Effect::Reads) {
                // A refused login is a matter of configuration, and lasts.
                Error::Bug(text) | Error::Busy(text) => Error::Unavailable(text),
                other => other,
            },
            other => Error::Unavailable(other.to_string()),
        })
    }

    async fn attempt(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let connection = self.connection().await?;
        let mut done = query::run(&connection, statement, params).await;
        if done.as_ref().is_err_and(query::is_stale) {
            connection.statement_cache.clear();
            done = query::run(&connection, statement, params).await;
        }
        done.map_err(|error| Error::of(&error, statement.effect))
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
