//! Logins and sessions. A token itself never comes here, only its SHA-256.

use std::time::Duration;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// What is needed to check a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub account_id: i64,
    /// bcrypt.
    pub password_hash: String,
    /// active or frozen; a frozen account may log in.
    pub status: String,
}

impl std::fmt::Debug for Login {
    /// Without the hash, so that no log has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

/// The login of an email address, in any case; `None` where there is none.
///
/// # Errors
/// The database's.
pub async fn login_account(on: &impl Query, email: &str) -> Result<Option<Login>, Error> {
    const STATEMENT: Statement = Statement::read(
        "login_account",
        "select account_id, password_hash, status from exchange.login_account($1) limit 1",
    );
    let login = |row| {
        Ok(Login {
            account_id: column(&row, 0)?,
            password_hash: column(&row, 1)?,
            status: column(&row, 2)?,
        })
    };
    on.row(STATEMENT, &[&email]).await?.map(login).transpose()
}

/// Records a login; gives the time at which the session ends.
///
/// # Errors
/// Rejected: `INVALID_LIFETIME`, `INVALID_TOKEN_HASH`, `UNKNOWN_ACCOUNT`.
pub async fn open_session(
    on: &impl Query,
    account_id: i64,
    token_hash: &[u8],
    lifetime: Duration,
) -> Result<OffsetDateTime, Error> {
    const STATEMENT: Statement = Statement::write(
        "open_session",
        "select exchange.open_session($1, $2, $3::bigint * interval '1 second')",
    );
    let seconds = i64::try_from(lifetime.as_secs())
        .unwrap_or(i64::MAX)
        .min(u32::MAX.into());
    on.value(STATEMENT, &[&account_id, &token_hash, &seconds])
        .await
}

/// Whose session it is; `None` where the token is unknown or its session has ended.
///
/// # Errors
/// The database's.
pub async fn session_account(on: &impl Query, token_hash: &[u8]) -> Result<Option<i64>, Error> {
    const STATEMENT: Statement = Statement::read(
        "session_account",
        "select account_id from exchange.session_account($1) limit 1",
    );
    on.row(STATEMENT, &[&token_hash])
        .await?
        .map(|row| column(&row, 0))
        .transpose()
}

/// Logs out; false where there was no such session.
///
/// # Errors
/// The database's.
pub async fn close_session(on: &impl Query, token_hash: &[u8]) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("close_session", "select exchange.close_session($1)");
    on.value(STATEMENT, &[&token_hash]).await
}

/// Deletes sessions that have ended, so many at most; gives how many.
///
/// # Errors
/// The database's.
pub async fn forget_ended_sessions(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_ended_sessions",
        "select exchange.forget_ended_sessions($1)",
    );
    on.value(STATEMENT, &[&limit]).await
}
