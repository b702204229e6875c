//! Logins and sessions. A token itself never comes here, only its SHA-256.

use std::net::IpAddr;
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

/// A login to record.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// Whose login it is.
    pub account_id: i64,
    /// SHA-256 of the token.
    pub token_hash: &'a [u8],
    /// How long it is good.
    pub lifetime: Duration,
    /// From where it came.
    pub address: Option<IpAddr>,
    /// The program, as it says itself; cut where it is long.
    pub user_agent: Option<&'a str>,
    /// The hash against which the password was checked, so that no login outlives a new password.
    /// It opens no account that has a second factor.
    pub password_hash: Option<&'a str>,
}

/// Records a login; gives the session's number, and the time at which it ends.
///
/// # Errors
/// Rejected: `INVALID_LIFETIME`, `INVALID_TOKEN_HASH`, `UNKNOWN_ACCOUNT`,
/// `SECOND_FACTOR_REQUIRED`.
pub async fn open_session(
    on: &impl Query,
    session: NewSession<'_>,
) -> Result<(i64, OffsetDateTime), Error> {
    const STATEMENT: Statement = Statement::write(
        "open_session",
        "select session_id, expires_at \
         from exchange.open_session($1, $2, $3::bigint * interval '1 second', $4, $5, $6) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &session.account_id,
                &session.token_hash,
                &seconds(session.lifetime),
                &session.address,
                &session.user_agent,
                &session.password_hash,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("no session was opened".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}

/// A lifetime as Postgres is given it; one that is too long is refused there.
pub(crate) fn seconds(lifetime: Duration) -> i64 {
    let seconds = i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX);
    seconds.min(u32::MAX.into())
}

/// A session that has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    /// Names it.
    pub session_id: i64,
    /// Whose it is.
    pub account_id: i64,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Whose session it is; `None` where the token is unknown or its session has ended.
///
/// # Errors
/// The database's.
pub async fn session_account(on: &impl Query, token_hash: &[u8]) -> Result<Option<Session>, Error> {
    const STATEMENT: Statement = Statement::read(
        "session_account",
        "select session_id, account_id, expires_at from exchange.session_account($1) limit 1",
    );
    let session = |row| {
        Ok(Session {
            session_id: column(&row, 0)?,
            account_id: column(&row, 1)?,
            expires_at: column(&row, 2)?,
        })
    };
    on.row(STATEMENT, &[&token_hash])
        .await?
        .map(session)
        .transpose()
}

/// Ends a session of the account; false where there was no such session.
///
/// # Errors
/// The database's.
pub async fn close_session(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("close_session", "select exchange.close_session($1, $2)");
    on.value(STATEMENT, &[&account_id, &session_id]).await
}

/// A session as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenSession {
    /// Names it.
    pub session_id: i64,
    /// When the login happened.
    pub created_at: OffsetDateTime,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// From where the login came.
    pub address: Option<IpAddr>,
    /// The program, as it said itself.
    pub user_agent: Option<String>,
}

/// The account's sessions that have not ended, the newest first.
///
/// # Errors
/// The database's.
pub async fn sessions_of(on: &impl Query, account_id: i64) -> Result<Vec<OpenSession>, Error> {
    const STATEMENT: Statement = Statement::read(
        "sessions_of",
        "select session_id, created_at, expires_at, address, user_agent \
         from exchange.sessions_of($1) limit 1000",
    );
    let session = |row| {
        Ok(OpenSession {
            session_id: column(row, 0)?,
            created_at: column(row, 1)?,
            expires_at: column(row, 2)?,
            address: column(row, 3)?,
            user_agent: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(session).collect()
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
