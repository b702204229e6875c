//! Opening an account by mail. Tokens never come here, only their SHA-256.

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement};

/// Causes a mail to the address, and opens an account where there is none.
///
/// # Errors
/// Rejected: `INVALID_EMAIL`.
pub async fn register_account(on: &impl Query, email: &str) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("register_account", "select exchange.register_account($1)");
    on.rows(STATEMENT, &[&email]).await.map(drop)
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

/// Sets the password by a one-time token, and ends the account's sessions.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`, `INVALID_PASSWORD_HASH`.
pub async fn set_password(
    on: &impl Query,
    token_hash: &[u8],
    password_hash: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("set_password", "select exchange.set_password($1, $2)");
    on.rows(STATEMENT, &[&token_hash, &password_hash])
        .await
        .map(drop)
}

/// Deletes tokens, mails and windows of limits that nobody asks about any more, so many of each at
/// most; gives how many.
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
