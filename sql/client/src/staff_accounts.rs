//! Users' accounts as staff see them. Every look is logged.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// An account of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundAccount {
    /// Names it.
    pub account_id: i64,
    /// Login name.
    pub email: String,
    /// active or frozen.
    pub status: String,
    /// Its fees.
    pub fee_tier_id: i32,
    /// When it was opened.
    pub created_at: OffsetDateTime,
}

/// Users' accounts whose address begins so, so many at most, 100 in any case.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn find_accounts(
    on: &impl Query,
    staff_session_id: i64,
    email_prefix: &str,
    limit: i32,
) -> Result<Vec<FoundAccount>, Error> {
    const STATEMENT: Statement = Statement::write(
        "find_accounts",
        "select account_id, email, status, fee_tier_id, created_at \
         from staff.find_accounts($1, $2, $3)",
    );
    let account = |row| {
        Ok(FoundAccount {
            account_id: column(row, 0)?,
            email: column(row, 1)?,
            status: column(row, 2)?,
            fee_tier_id: column(row, 3)?,
            created_at: column(row, 4)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&staff_session_id, &email_prefix, &limit])
        .await?;
    rows.iter().map(account).collect()
}

/// An account and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownAccount {
    /// Names it.
    pub account_id: i64,
    /// Whose sub-account it is.
    pub parent_account_id: Option<i64>,
    /// Login name; a sub-account has none.
    pub email: Option<String>,
    /// active or frozen.
    pub status: String,
    /// Its fees.
    pub fee_tier_id: i32,
    /// The fee tier's name.
    pub fee_tier: String,
    /// Who the owner is, by the owner's own words.
    pub full_name: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// Until when nothing may be withdrawn, where that lasts.
    pub withdrawals_blocked_until: Option<OffsetDateTime>,
    /// When the owner proved to read the address.
    pub email_verified_at: Option<OffsetDateTime>,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// Logins that have not ended.
    pub open_sessions: i32,
    /// API keys that were not revoked.
    pub live_api_keys: i32,
    /// `[{asset, available, held}]`.
    pub balances: Value,
}

/// A user's account.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `ACCOUNT_NOT_FOUND`.
pub async fn show_account(
    on: &impl Query,
    staff_session_id: i64,
    account_id: i64,
) -> Result<ShownAccount, Error> {
    const STATEMENT: Statement = Statement::write(
        "show_account",
        "select parent_account_id, email, status, fee_tier_id, fee_tier, full_name, \
         country, withdrawals_blocked_until, email_verified_at, created_at, open_sessions, \
         live_api_keys, balances from staff.show_account($1, $2) limit 1",
    );
    let row = on.row(STATEMENT, &[&staff_session_id, &account_id]).await?;
    let row = row.ok_or_else(|| Error::Bug("show_account gave no row".to_owned()))?;
    Ok(ShownAccount {
        account_id,
        parent_account_id: column(&row, 0)?,
        email: column(&row, 1)?,
        status: column(&row, 2)?,
        fee_tier_id: column(&row, 3)?,
        fee_tier: column(&row, 4)?,
        full_name: column(&row, 5)?,
        country: column(&row, 6)?,
        withdrawals_blocked_until: column(&row, 7)?,
        email_verified_at: column(&row, 8)?,
        created_at: column(&row, 9)?,
        open_sessions: column(&row, 10)?,
        live_api_keys: column(&row, 11)?,
        balances: column(&row, 12)?,
    })
}

/// Freezes a user's account at once.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `ACCOUNT_NOT_FOUND`.
pub async fn staff_freeze_account(
    on: &impl Query,
    staff_session_id: i64,
    account_id: i64,
    reason: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "staff_freeze_account",
        "select staff.freeze_account($1, $2, $3)",
    );
    on.rows(STATEMENT, &[&staff_session_id, &account_id, &reason])
        .await
        .map(drop)
}
