//! Attempts to log in, and the pauses after wrong ones. Passwords never come here.

use std::net::IpAddr;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// What becomes of an attempt.
#[derive(Clone, PartialEq, Eq)]
pub enum Attempt {
    /// It is not taken; come back after so many milliseconds.
    Paused(i64),
    /// It is taken, and counts as wrong until it proves right. What is needed to check the
    /// password; `None` where there is no such login.
    Taken(Option<Login>),
}

/// What is needed to check a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub account_id: i64,
    /// bcrypt.
    pub password_hash: String,
}

impl std::fmt::Debug for Login {
    /// Without the hash, so that no log has it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Login")
            .field("account_id", &self.account_id)
            .finish_non_exhaustive()
    }
}

/// Takes an attempt to log in under an e-mail address, in any case, from an address and perhaps a
/// device of the account. It proves right by [`crate::open_session`].
///
/// # Errors
/// The database's.
pub async fn begin_login(
    on: &impl Query,
    email: &str,
    address: IpAddr,
    device_hash: Option<&[u8]>,
) -> Result<Attempt, Error> {
    const STATEMENT: Statement = Statement::write(
        "begin_login",
        "select wait_ms, account_id, password_hash from exchange.begin_login($1, $2, $3) limit 1",
    );
    let row = on.row(STATEMENT, &[&email, &address, &device_hash]).await?;
    let row = row.ok_or_else(|| Error::Bug("no attempt was taken".to_owned()))?;
    let wait_ms: i64 = column(&row, 0)?;
    if wait_ms > 0 {
        return Ok(Attempt::Paused(wait_ms));
    }
    let account_id: Option<i64> = column(&row, 1)?;
    let password_hash: Option<String> = column(&row, 2)?;
    let login = account_id.zip(password_hash);
    Ok(Attempt::Taken(login.map(|(account_id, password_hash)| {
        Login {
            account_id,
            password_hash,
        }
    })))
}

/// Takes an attempt of somebody who is logged in to prove the password again. It proves right by
/// [`end_password_check`].
///
/// # Errors
/// The database's.
pub async fn begin_password_check(on: &impl Query, account_id: i64) -> Result<Attempt, Error> {
    const STATEMENT: Statement = Statement::write(
        "begin_password_check",
        "select wait_ms, password_hash from exchange.begin_password_check($1) limit 1",
    );
    let Some(row) = on.row(STATEMENT, &[&account_id]).await? else {
        return Ok(Attempt::Taken(None));
    };
    let wait_ms: i64 = column(&row, 0)?;
    if wait_ms > 0 {
        return Ok(Attempt::Paused(wait_ms));
    }
    let password_hash: Option<String> = column(&row, 1)?;
    Ok(Attempt::Taken(password_hash.map(|password_hash| Login {
        account_id,
        password_hash,
    })))
}

/// The password was right.
///
/// # Errors
/// The database's.
pub async fn end_password_check(on: &impl Query, account_id: i64) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "end_password_check",
        "select exchange.end_password_check($1)",
    );
    on.rows(STATEMENT, &[&account_id]).await.map(drop)
}

/// The same password at another cost; false where it was changed meanwhile.
///
/// # Errors
/// Rejected: `INVALID_PASSWORD_HASH`.
pub async fn rehash_password(
    on: &impl Query,
    account_id: i64,
    old_hash: &str,
    new_hash: &str,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "rehash_password",
        "select exchange.rehash_password($1, $2, $3)",
    );
    on.value(STATEMENT, &[&account_id, &old_hash, &new_hash])
        .await
}
