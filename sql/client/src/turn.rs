//! Turns: of the sessions that ask for the same one, one has it, until that session ends.
//!
//! Whoever works only in its turn runs every statement on the turn itself. Then nothing is read or
//! stored by one that has lost it, and what a lost session still did was committed before the
//! server gave the turn to the next.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_postgres::Row;

use crate::error::Error;
use crate::lease::Lease;
use crate::pool::Pool;
use crate::query::{Params, Query, Statement};
use crate::retry::retry;

/// The one session that has a turn; it ends, and the turn with it, when this is dropped.
pub struct Turn {
    /// None only while it is dropped.
    lease: Option<Lease>,
    answer_timeout: Duration,
    is_lost: AtomicBool,
}

/// Takes the turn of that name in that class, unless another session has it: does not wait.
///
/// It is an advisory lock of the session, which the server gives up when the session ends and never
/// before. The server notices a process that was killed at once, and a machine that is gone within
/// 20 seconds: left to its own settings it would keep the lock for hours.
///
/// # Errors
/// The database's.
pub async fn take_turn(pool: &Pool, class: &str, name: &str) -> Result<Option<Turn>, Error> {
    const STATEMENT: Statement = Statement::read(
        "take_turn",
        "select pg_try_advisory_lock(hashtext($1), hashtext($2)), \
         set_config('tcp_keepalives_idle', '5', false), \
         set_config('tcp_keepalives_interval', '5', false), \
         set_config('tcp_keepalives_count', '3', false), \
         set_config('tcp_user_timeout', '20000', false)",
    );
    // From here on the connection is closed unless it certainly has no lock: the pool would lend it
    // to somebody else.
    let mut turn = Turn {
        lease: Some(pool.connection().await?),
        answer_timeout: pool.answer_timeout(),
        is_lost: AtomicBool::new(false),
    };
    if turn.value(STATEMENT, &[&class, &name]).await? {
        return Ok(Some(turn));
    }
    drop(turn.lease.take());
    Ok(None)
}

impl Turn {
    /// Whether its session was lost. It answers nothing from then on; the turn has to be taken
    /// anew.
    pub fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Relaxed)
    }

    async fn attempt(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        let lease = self.lease.as_ref().filter(|_| !self.is_lost());
        let Some(lease) = lease else {
            return Err(Error::Unavailable("the turn is lost".to_owned()));
        };
        let done = lease.run(self.answer_timeout, statement, params).await;
        if done.as_ref().is_err_and(Error::is_loss) {
            self.is_lost.store(true, Ordering::Relaxed);
        }
        done
    }
}

impl Query for Turn {
    async fn rows(&self, statement: Statement, params: Params<'_>) -> Result<Vec<Row>, Error> {
        retry(statement.name, || self.attempt(statement, params)).await
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(lease) = self.lease.take() {
            lease.close();
        }
    }
}
