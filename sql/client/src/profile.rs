//! What an account says of its owner.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// What an account's owner may see of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The login name.
    pub email: String,
    /// When the owner proved to read it.
    pub email_verified_at: Option<OffsetDateTime>,
    /// As the owner wrote it.
    pub full_name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// `YYYY-MM-DD`.
    pub birth_date: Option<String>,
    /// E.164.
    pub phone: Option<String>,
    /// active or frozen.
    pub status: String,
    /// What every mail repeats.
    pub anti_phishing_code: Option<String>,
    /// Before this time nothing is withdrawn.
    pub withdrawals_blocked_until: Option<OffsetDateTime>,
    /// When the account was opened.
    pub created_at: OffsetDateTime,
}

/// The account's profile; `None` where it is no user's.
///
/// # Errors
/// The database's.
pub async fn profile_of(on: &impl Query, account_id: i64) -> Result<Option<Profile>, Error> {
    const STATEMENT: Statement = Statement::read(
        "profile_of",
        "select email, email_verified_at, full_name, country, birth_date, phone, status, \
         anti_phishing_code, withdrawals_blocked_until, created_at \
         from exchange.profile_of($1) limit 1",
    );
    let profile = |row| {
        Ok(Profile {
            email: column(&row, 0)?,
            email_verified_at: column(&row, 1)?,
            full_name: column(&row, 2)?,
            country: column(&row, 3)?,
            birth_date: column(&row, 4)?,
            phone: column(&row, 5)?,
            status: column(&row, 6)?,
            anti_phishing_code: column(&row, 7)?,
            withdrawals_blocked_until: column(&row, 8)?,
            created_at: column(&row, 9)?,
        })
    };
    on.row(STATEMENT, &[&account_id])
        .await?
        .map(profile)
        .transpose()
}

/// Sets the words that every mail repeats, or takes them away, in the name of a session.
///
/// # Errors
/// Rejected: `INVALID_CODE`, `ACCESS_REVOKED`, `ACCOUNT_FROZEN`.
pub async fn set_anti_phishing_code(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    code: Option<&str>,
    address: IpAddr,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "set_anti_phishing_code",
        "select exchange.set_anti_phishing_code($1, $2, $3, $4)",
    );
    on.rows(STATEMENT, &[&account_id, &session_id, &code, &address])
        .await
        .map(drop)
}
