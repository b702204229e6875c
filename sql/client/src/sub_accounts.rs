//! Sub-accounts, and money between the accounts of one owner.

use time::OffsetDateTime;

use crate::accounts::is_decimal;
use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A sub-account that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedSubAccount {
    /// The account's number.
    pub account_id: i64,
    /// When.
    pub created_at: OffsetDateTime,
    /// It existed already.
    pub repeated: bool,
}

/// Opens a sub-account; a repeat of the label gives the one that exists.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `ACCOUNT_FROZEN`, `TOO_MANY_SUB_ACCOUNTS`.
pub async fn open_sub_account(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    label: &str,
) -> Result<OpenedSubAccount, Error> {
    const STATEMENT: Statement = Statement::write(
        "open_sub_account",
        "select sub_account_id, created_at, repeated \
         from exchange.open_sub_account($1, $2, $3) limit 1",
    );
    let row = on
        .row(STATEMENT, &[&account_id, &session_id, &label])
        .await?;
    let row = row.ok_or_else(|| Error::Bug("open_sub_account gave no row".to_owned()))?;
    Ok(OpenedSubAccount {
        account_id: column(&row, 0)?,
        created_at: column(&row, 1)?,
        repeated: column(&row, 2)?,
    })
}

/// A sub-account as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubAccount {
    /// The account's number.
    pub account_id: i64,
    /// The owner's name for it.
    pub label: String,
    /// active or frozen.
    pub status: String,
    /// When it was opened.
    pub created_at: OffsetDateTime,
}

/// The account's sub-accounts, the oldest first; 20 at most.
///
/// # Errors
/// The database's.
pub async fn sub_accounts_of(on: &impl Query, account_id: i64) -> Result<Vec<SubAccount>, Error> {
    const STATEMENT: Statement = Statement::read(
        "sub_accounts_of",
        "select sub_account_id, label, status, created_at \
         from exchange.sub_accounts_of($1) limit 1000",
    );
    let account = |row| {
        Ok(SubAccount {
            account_id: column(row, 0)?,
            label: column(row, 1)?,
            status: column(row, 2)?,
            created_at: column(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(account).collect()
}

/// Money to move between accounts of one owner.
#[derive(Clone, Copy, Debug)]
pub struct NewTransfer<'a> {
    /// The owner.
    pub account_id: i64,
    /// The owner's session.
    pub session_id: i64,
    /// Whose balance it leaves.
    pub from_account_id: i64,
    /// Whose balance it joins.
    pub to_account_id: i64,
    /// In which asset.
    pub asset: &'a str,
    /// Decimal text.
    pub amount: &'a str,
    /// A repeat of the same key changes nothing.
    pub request_key: Option<&'a str>,
}

/// A transfer that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transferred {
    /// Its number.
    pub transfer_id: i64,
    /// When.
    pub transferred_at: OffsetDateTime,
    /// An earlier request of the same request key made it.
    pub repeated: bool,
}

/// Moves money between accounts of one owner.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `INVALID_AMOUNT`, `ACCESS_REVOKED`, `ACCOUNT_NOT_FOUND`,
/// `SAME_ACCOUNT`, `ACCOUNT_FROZEN`, `DUPLICATE_IDEMPOTENCY_KEY`, `INSUFFICIENT_BALANCE`.
pub async fn transfer(on: &impl Query, asked: NewTransfer<'_>) -> Result<Transferred, Error> {
    const STATEMENT: Statement = Statement::write(
        "transfer",
        "select transfer_id, transferred_at, repeated \
         from exchange.transfer($1, $2, $3, $4, $5, $6::text::numeric, $7) limit 1",
    );
    if !is_decimal(asked.amount) {
        let message = "an amount is a decimal number of at most 60 characters".to_owned();
        return Err(Error::Rejected {
            code: "INVALID_AMOUNT".to_owned(),
            message,
        });
    }
    let row = on
        .row(
            STATEMENT,
            &[
                &asked.account_id,
                &asked.session_id,
                &asked.from_account_id,
                &asked.to_account_id,
                &asked.asset,
                &asked.amount,
                &asked.request_key,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("transfer gave no row".to_owned()))?;
    Ok(Transferred {
        transfer_id: column(&row, 0)?,
        transferred_at: column(&row, 1)?,
        repeated: column(&row, 2)?,
    })
}
