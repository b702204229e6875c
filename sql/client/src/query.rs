//! What every typed function asks of its connection: rows for a statement. A pool answers each
//! statement as a transaction of its own, with retries; a transaction answers within itself.

use std::future::Future;

use deadpool_postgres::GenericClient;
use tokio_postgres::Row;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::ToSql;

use crate::error::{Effect, Error};

/// Parameters of a statement.
pub type Params<'a> = &'a [&'a (dyn ToSql + Sync)];

/// A SQL statement of ours: prepared once a connection.
#[derive(Clone, Copy, Debug)]
pub struct Statement {
    /// Its name in traces.
    pub name: &'static str,
    /// The SQL.
    pub text: &'static str,
    /// Whether it changes anything.
    pub effect: Effect,
}

impl Statement {
    /// A statement that only reads.
    pub const fn read(name: &'static str, text: &'static str) -> Self {
        Statement {
            name,
            text,
            effect: Effect::Reads,
        }
    }

    /// A statement that changes something.
    pub const fn write(name: &'static str, text: &'static str) -> Self {
        Statement {
            name,
            text,
            effect: Effect::Writes,
        }
    }
}

/// Where statements can be run: a [`crate::Pool`] or a [`crate::Transaction`].
pub trait Query: Sync {
    /// Runs a statement and gives all its rows.
    fn rows(
        &self,
        statement: Statement,
        params: Params<'_>,
    ) -> impl Future<Output = Result<Vec<Row>, Error>> + Send;

    /// Runs a statement that gives one row at most.
    fn row(
        &self,
        statement: Statement,
        params: Params<'_>,
    ) -> impl Future<Output = Result<Option<Row>, Error>> + Send {
        async move { Ok(self.rows(statement, params).await?.into_iter().next()) }
    }

    /// Runs a statement that gives one value.
    fn value<T>(
        &self,
        statement: Statement,
        params: Params<'_>,
    ) -> impl Future<Output = Result<T, Error>> + Send
    where
        T: for<'r> tokio_postgres::types::FromSql<'r>,
    {
        async move {
            match self.row(statement, params).await? {
                Some(row) => column(&row, 0),
                None => Err(Error::Bug(format!("{} gave no row", statement.name))),
            }
        }
    }
}

/// A column of a row, by number; a wrong type is a fault of ours, not a panic.
pub(crate) fn column<T>(row: &Row, index: usize) -> Result<T, Error>
where
    T: for<'r> tokio_postgres::types::FromSql<'r>,
{
    row.try_get(index)
        .map_err(|error| Error::of(&error, Effect::Reads))
}

/// Prepares (once a connection) and runs a statement.
pub(crate) async fn run<C: GenericClient>(
    connection: &C,
    statement: Statement,
    params: Params<'_>,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    let prepared = connection.prepare_cached(statement.text).await?;
    connection.query(&prepared, params).await
}

/// Whether a prepared statement has outlived a migration: "cached plan must not change result
/// type". Nothing was run.
pub(crate) fn is_stale(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_some_and(|said| {
        *said.code() == SqlState::FEATURE_NOT_SUPPORTED && said.message().contains("cached plan")
    })
}
