//! Logins and sessions. A token itself never comes here, only its SHA-256.

use std::net::IpAddr;
use std::time::Duration;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

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
    /// SHA-256 of the token of a device that may be known.
    pub device_hash: Option<&'a [u8]>,
    /// SHA-256 of the token that the device gets where it is not.
    pub new_device_hash: Option<&'a [u8]>,
}

/// A login that was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// Names the session.
    pub session_id: i64,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// The device that logged in.
    pub device_id: Option<i64>,
    /// It was not known, and keeps the new token from now on.
    pub is_new_device: bool,
}

/// Records a login.
///
/// # Errors
/// Rejected: `INVALID_LIFETIME`, `INVALID_TOKEN_HASH`, `UNKNOWN_ACCOUNT`,
/// `SECOND_FACTOR_REQUIRED`.
pub async fn open_session(on: &impl Query, session: NewSession<'_>) -> Result<Opened, Error> {
    const STATEMENT: Statement = Statement::write(
        "open_session",
        "select session_id, expires_at, device_id, is_new_device from exchange.open_session(\
         $1, $2, $3::bigint * interval '1 second', $4, $5, $6, $7, $8) limit 1",
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
                &session.device_hash,
                &session.new_device_hash,
            ],
        )
        .await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok(Opened {
        session_id: column(&row, 0)?,
        expires_at: column(&row, 1)?,
        device_id: column(&row, 2)?,
        is_new_device: column(&row, 3)?,
    })
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

/// Ends all other sessions of the account, or all, in the name of a session; gives how many.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`.
pub async fn close_sessions(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    include_current: bool,
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "close_sessions",
        "select exchange.close_sessions($1, $2, $3)",
    );
    on.value(STATEMENT, &[&account_id, &session_id, &include_current])
        .await
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
    /// The device, while it is known.
    pub device_id: Option<i64>,
}

/// The account's sessions that have not ended, the newest first.
///
/// # Errors
/// The database's.
pub async fn sessions_of(on: &impl Query, account_id: i64) -> Result<Vec<OpenSession>, Error> {
    const STATEMENT: Statement = Statement::read(
        "sessions_of",
        "select session_id, created_at, expires_at, address, user_agent, device_id \
         from exchange.sessions_of($1) limit 1000",
    );
    let session = |row| {
        Ok(OpenSession {
            session_id: column(row, 0)?,
            created_at: column(row, 1)?,
            expires_at: column(row, 2)?,
            address: column(row, 3)?,
            user_agent: column(row, 4)?,
            device_id: column(row, 5)?,
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
