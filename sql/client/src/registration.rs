//! What is asked for under an e-mail address, and what follows from the links in mails. Tokens
//! never come here, only their SHA-256.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// From where and by which program a request came.
#[derive(Clone, Copy, Debug, Default)]
pub struct Origin<'a> {
    /// The address.
    pub address: Option<IpAddr>,
    /// The program, as it says itself; cut where it is long.
    pub user_agent: Option<&'a str>,
}

/// What is said of a person at registration.
#[derive(Clone, Copy, Debug)]
pub struct Person<'a> {
    /// As they write it.
    pub full_name: &'a str,
    /// ISO 3166-1 alpha-2.
    pub country: &'a str,
    /// `YYYY-MM-DD`.
    pub birth_date: &'a str,
    /// E.164.
    pub phone: Option<&'a str>,
    /// SHA-256 of the token that the device got at a login, whoever's.
    pub device_hash: Option<&'a [u8]>,
}

/// Asks for an account. What becomes of it is told by mail alone.
///
/// # Errors
/// Rejected: `INVALID_EMAIL`.
pub async fn request_registration(
    on: &impl Query,
    email: &str,
    person: Person<'_>,
    origin: Origin<'_>,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "request_registration",
        "select exchange.request_mail('register', $1, $2, $3, $4, $5, $6::text::date, $7, \
         $8)",
    );
    on.rows(
        STATEMENT,
        &[
            &email,
            &origin.address,
            &origin.user_agent,
            &person.full_name,
            &person.country,
            &person.birth_date,
            &person.phone,
            &person.device_hash,
        ],
    )
    .await
    .map(drop)
}

/// Asks for a new password. What becomes of it is told by mail alone.
///
/// # Errors
/// Rejected: `INVALID_EMAIL`.
pub async fn request_password_reset(
    on: &impl Query,
    email: &str,
    origin: Origin<'_>,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "request_password_reset",
        "select exchange.request_mail('reset_password', $1, $2, $3)",
    );
    on.rows(STATEMENT, &[&email, &origin.address, &origin.user_agent])
        .await
        .map(drop)
}

/// Asks, in the name of a session, that the account move to another address.
///
/// # Errors
/// Rejected: `INVALID_EMAIL`, `ACCESS_REVOKED`, `ACCOUNT_FROZEN`.
pub async fn request_email_change(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    email: &str,
    origin: Origin<'_>,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "request_email_change",
        "select exchange.request_email_change($1, $2, $3, $4, $5)",
    );
    let Origin {
        address,
        user_agent,
    } = origin;
    on.rows(
        STATEMENT,
        &[&account_id, &session_id, &email, &address, &user_agent],
    )
    .await
    .map(drop)
}

/// Answers what was asked for, by mails where there is somebody to write to, so many at most;
/// gives how many.
///
/// # Errors
/// The database's.
pub async fn answer_mail_requests(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "answer_mail_requests",
        "select exchange.answer_mail_requests($1)",
    );
    on.value(STATEMENT, &[&limit]).await
}

/// Follows a mail's link; the second token allows to set the password until the time given.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`.
pub async fn verify_email(
    on: &impl Query,
    token_hash: &[u8],
    password_token_hash: &[u8],
) -> Result<OffsetDateTime, Error> {
    const STATEMENT: Statement =
        Statement::write("verify_email", "select exchange.verify_email($1, $2)");
    on.value(STATEMENT, &[&token_hash, &password_token_hash])
        .await
}

/// Whose one-time token it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOwner {
    /// The account.
    pub account_id: i64,
    /// The account's address.
    pub email: String,
    /// The owner's name, where it is known.
    pub full_name: Option<String>,
}

/// Whose one-time token it is, without using it; `None` where it would be refused.
///
/// # Errors
/// The database's.
pub async fn token_owner(
    on: &impl Query,
    token_hash: &[u8],
    purpose: &str,
) -> Result<Option<TokenOwner>, Error> {
    const STATEMENT: Statement = Statement::read(
        "token_owner",
        "select account_id, email, full_name from exchange.token_owner($1, $2) limit 1",
    );
    let owner = |row| {
        Ok(TokenOwner {
            account_id: column(&row, 0)?,
            email: column(&row, 1)?,
            full_name: column(&row, 2)?,
        })
    };
    on.row(STATEMENT, &[&token_hash, &purpose])
        .await?
        .map(owner)
        .transpose()
}

/// Sets the password by a one-time token, ends the account's sessions, and makes the device with
/// that token a known one.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`, `INVALID_PASSWORD_HASH`.
pub async fn set_password(
    on: &impl Query,
    token_hash: &[u8],
    password_hash: &str,
    new_device_hash: &[u8],
    origin: Origin<'_>,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "set_password",
        "select exchange.set_password($1, $2, $3, $4, $5)",
    );
    let Origin {
        address,
        user_agent,
    } = origin;
    let is_done = on
        .value(
            STATEMENT,
            &[
                &token_hash,
                &password_hash,
                &new_device_hash,
                &address,
                &user_agent,
            ],
        )
        .await?;
    Error::unless_denied(is_done)
}

/// Follows the link of a mail to a new address: the account moves there.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`, `ACCOUNT_FROZEN`, `EMAIL_TAKEN`.
pub async fn confirm_email_change(
    on: &impl Query,
    token_hash: &[u8],
    address: Option<IpAddr>,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "confirm_email_change",
        "select exchange.confirm_email_change($1, $2)",
    );
    Error::unless_denied(on.value(STATEMENT, &[&token_hash, &address]).await?)
}

/// Follows the link of a mail: the account is frozen, and whoever is logged in is thrown out.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`.
pub async fn freeze_account(
    on: &impl Query,
    token_hash: &[u8],
    address: Option<IpAddr>,
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("freeze_account", "select exchange.freeze_account($1, $2)");
    on.rows(STATEMENT, &[&token_hash, &address]).await.map(drop)
}

/// Deletes tokens, mails, pauses and windows of limits that nobody asks about any more, so many of
/// each at most; gives how many.
///
/// # Errors
/// The database's.
pub async fn forget_spent_access(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_spent_access",
        "select exchange.forget_spent_access($1)",
    );
    on.value(STATEMENT, &[&limit]).await
}
