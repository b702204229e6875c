//! Transactions of several statements, retried as a whole.

use std::time::Duration;

use futures::future::BoxFuture;
use tokio_postgres::Row;
use tracing::Instrument as _;

use crate::error::{Effect, Error};
use crate::lease::{Lease, in_time};
use crate::pool::Pool;
use crate::query::{self, Params, Query, Statement};
use crate::retry::retry;

/// An open transaction; dropped without a commit, it is rolled back.
pub struct Transaction<'a> {
    inner: deadpool_postgres::Transaction<'a>,
    answer_timeout: Duration,
}

impl Query for Transaction<'_> {
    /// A loss within the transaction means that nothing was done: only the commit is in doubt.
    async fn rows(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let run = query::run(&self.inner, statement, params);
        let done = in_time(self.answer_timeout, Effect::Reads, run).await?;
        done.map_err(|error| Error::of(&error, Effect::Reads))
    }
}

/// Runs `work` in a READ COMMITTED transaction and commits it. On a serialization failure or a
/// deadlock all of it runs again, up to [`crate::retry::MAX_ATTEMPTS`] times: it must have no other
/// effect than its statements.
///
/// # Errors
/// Those of `work`, after a rollback; [`Error::OutcomeUnknown`] where the server was lost at
/// commit.
pub async fn run_tx<T, F>(pool: &Pool, name: &'static str, work: F) -> Result<T, Error>
where
    T: Send,
    F: for<'t> Fn(&'t Transaction<'t>) -> BoxFuture<'t, Result<T, Error>> + Send + Sync,
{
    let attempt = || async {
        let mut connection = pool.connection().await?;
        let done = attempt(&mut connection, pool.answer_timeout(), &work).await;
        connection.settle(done)
    };
    retry(name, attempt)
        .instrument(tracing::debug_span!("transaction", name))
        .await
}

async fn attempt<T, F>(
    connection: &mut Lease,
    answer_timeout: Duration,
    work: &F,
) -> Result<T, Error>
where
    T: Send,
    F: for<'t> Fn(&'t Transaction<'t>) -> BoxFuture<'t, Result<T, Error>> + Send + Sync,
{
    let began = in_time(answer_timeout, Effect::Reads, connection.transaction()).await?;
    let transaction = Transaction {
        inner: began.map_err(|error| Error::of(&error, Effect::Reads))?,
        answer_timeout,
    };
    let done = work(&transaction).await?;
    let committed = in_time(answer_timeout, Effect::Writes, transaction.inner.commit()).await?;
    committed.map_err(|error| Error::of(&error, Effect::Writes))?;
    Ok(done)
}

/// Reads as one account: row-level security shows its rows and no other's.
pub(crate) async fn read_as(
    pool: &Pool,
    account_id: i64,
    statement: Statement,
    params: Params<'_>,
) -> Result<Vec<Row>, Error> {
    // A number, so that nothing can be smuggled into the text.
    let acting = format!("set local exchange.account_id = '{account_id}'");
    let attempt = || async {
        let mut connection = pool.connection().await?;
        let read = async {
            let transaction = connection
                .build_transaction()
                .read_only(true)
                .start()
                .await?;
            let prepared = transaction.prepare_cached(statement.text).await?;
            // Sent together, done in this order; the transaction ends when it is dropped.
            let set = transaction.batch_execute(&acting);
            let (_, rows) = futures::try_join!(set, transaction.query(&prepared, params))?;
            Ok(rows)
        };
        let done = match in_time(pool.answer_timeout(), Effect::Reads, read).await {
            Ok(Err(error)) if query::is_stale(&error) => {
                connection.statement_cache.clear();
                Err(Error::Busy("a statement outlived a migration".to_owned()))
            }
            Ok(done) => done.map_err(|error| Error::of(&error, Effect::Reads)),
            Err(late) => Err(late),
        };
        connection.settle(done)
    };
    retry(statement.name, attempt).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::pool::ping;

    #[tokio::test]
    async fn a_transaction_can_be_spawned_and_says_that_no_server_is_there() {
        let mut config = Config::new("postgres://nobody@127.0.0.1:1/nothing");
        config.acquire_timeout = std::time::Duration::from_secs(2);
        let pool = Pool::new(&config).expect("a pool connects nothing yet");
        let work = async move {
            run_tx(&pool, "test", |tx| Box::pin(async move { ping(tx).await })).await
        };
        let done = tokio::spawn(work).await.expect("no panic");
        assert!(matches!(done, Err(Error::Unavailable(_))), "{done:?}");
    }
}
