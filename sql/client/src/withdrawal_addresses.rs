//! The address book of an account.

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Params, Query, Statement, column};

/// An address of the book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalAddress {
    /// Names it in lists.
    pub address_id: i64,
    /// On which network.
    pub network: String,
    /// As people write it.
    pub address: String,
    /// A name of the owner's choice.
    pub label: String,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// Nothing is sent there before this time.
    pub usable_from: OffsetDateTime,
}

/// Whether withdrawals go to addresses of the book alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithdrawalMode {
    /// They do.
    pub book_only: bool,
    /// Until then, where the owner took it back.
    pub ends_at: Option<OffsetDateTime>,
}

/// An address to add.
#[derive(Clone, Copy, Debug)]
pub struct NewWithdrawalAddress<'a> {
    /// Whose book.
    pub account_id: i64,
    /// A session that has stepped up.
    pub session_id: i64,
    /// On which network.
    pub network: &'a str,
    /// In its canonical form.
    pub address: &'a str,
    /// What the chain has: the output script, or the 20 bytes.
    pub script: &'a [u8],
    /// A name of the owner's choice.
    pub label: &'a str,
}

/// An address that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddedWithdrawalAddress {
    /// Names it in lists.
    pub address_id: i64,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// Nothing is sent there before this time.
    pub usable_from: OffsetDateTime,
    /// It was in the book already.
    pub repeated: bool,
}

/// Puts an address into the book.
///
/// # Errors
/// Rejected: `RISK_DENIED`, `UNKNOWN_NETWORK`, `ACCESS_REVOKED`, `STEP_UP_REQUIRED`,
/// `ACCOUNT_FROZEN`, `UNSUPPORTED_ADDRESS`, `TOO_MANY_ADDRESSES`.
pub async fn add_withdrawal_address(
    on: &impl Query,
    new: NewWithdrawalAddress<'_>,
) -> Result<AddedWithdrawalAddress, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_withdrawal_address",
        "select withdrawal_address_id, created_at, usable_from, repeated \
         from exchange.add_withdrawal_address($1, $2, $3, $4, $5, $6) limit 1",
    );
    let params: Params<'_> = &[
        &new.account_id,
        &new.session_id,
        &new.network,
        &new.address,
        &new.script,
        &new.label,
    ];
    let row = on.row(STATEMENT, params).await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok(AddedWithdrawalAddress {
        address_id: column(&row, 0)?,
        created_at: column(&row, 1)?,
        usable_from: column(&row, 2)?,
        repeated: column(&row, 3)?,
    })
}

/// Takes an address out of the book; a repeat changes nothing.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `ACCOUNT_FROZEN`, `ADDRESS_NOT_FOUND`.
pub async fn remove_withdrawal_address(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    address_id: i64,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "remove_withdrawal_address",
        "select exchange.remove_withdrawal_address($1, $2, $3)",
    );
    on.rows(STATEMENT, &[&account_id, &session_id, &address_id])
        .await
        .map(drop)
}

/// The whole book, the oldest entry first; 100 at most.
///
/// # Errors
/// The database's.
pub async fn withdrawal_addresses(
    on: &impl Query,
    account_id: i64,
) -> Result<Vec<WithdrawalAddress>, Error> {
    const STATEMENT: Statement = Statement::read(
        "withdrawal_addresses",
        "select withdrawal_address_id, network, address, label, created_at, usable_from \
         from exchange.withdrawal_addresses_of($1) limit 1000",
    );
    let address = |row| {
        Ok(WithdrawalAddress {
            address_id: column(row, 0)?,
            network: column(row, 1)?,
            address: column(row, 2)?,
            label: column(row, 3)?,
            created_at: column(row, 4)?,
            usable_from: column(row, 5)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(address).collect()
}

/// Whether the account's withdrawals go to addresses of its book alone.
///
/// # Errors
/// The database's.
pub async fn withdrawal_mode(on: &impl Query, account_id: i64) -> Result<WithdrawalMode, Error> {
    const STATEMENT: Statement = Statement::read(
        "withdrawal_mode",
        "select book_only, book_only_ends_at from exchange.withdrawal_mode_of($1) limit 1",
    );
    let row = on.row(STATEMENT, &[&account_id]).await?;
    let row = row.ok_or_else(|| Error::Bug("withdrawal_mode_of gave no row".to_owned()))?;
    Ok(WithdrawalMode {
        book_only: column(&row, 0)?,
        ends_at: column(&row, 1)?,
    })
}

/// Has withdrawals go to addresses of the book alone from now on, or takes that back, which counts
/// a day later.
///
/// # Errors
/// Rejected: `RISK_DENIED`, `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `ACCOUNT_FROZEN`.
pub async fn set_withdrawal_mode(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    book_only: bool,
) -> Result<WithdrawalMode, Error> {
    const STATEMENT: Statement = Statement::write(
        "set_withdrawal_mode",
        "select now_book_only, book_only_ends_at \
         from exchange.set_withdrawal_mode($1, $2, $3) limit 1",
    );
    let row = on
        .row(STATEMENT, &[&account_id, &session_id, &book_only])
        .await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok(WithdrawalMode {
        book_only: column(&row, 0)?,
        ends_at: column(&row, 1)?,
    })
}
