//! Deposits and debts as staff see them.

use time::OffsetDateTime;

use crate::error::Error;
use crate::place::Place;
use crate::query::{Params, Query, Statement, column};
use crate::wallet::Deposit;

/// A deposit, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffDeposit {
    /// Whose.
    pub account_id: i64,
    /// What the risk rules judged.
    pub activity_id: Option<i64>,
    /// As its owner sees it.
    pub deposit: Deposit,
}

/// Which deposits to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct StaffDepositFilter<'a> {
    /// Only in this state.
    pub state: Option<&'a str>,
    /// Only of this account.
    pub account_id: Option<i64>,
    /// Only before this one.
    pub before: Option<i64>,
    /// At most so many; 1,000 at most.
    pub limit: i32,
}

/// Deposits of users, the newest first.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn staff_deposits(
    on: &impl Query,
    staff_session_id: i64,
    filter: StaffDepositFilter<'_>,
) -> Result<Vec<StaffDeposit>, Error> {
    const STATEMENT: Statement = Statement::read(
        "staff_deposits",
        "select deposit_id, 'chain', asset, network, address, amount::text, txid, from_address, \
         state, confirmations, required_confirmations, seen_at, changed_at, credited_at, \
         account_id, activity_id from staff.list_deposits($1, $2, $3, $4, $5)",
    );
    let params: Params<'_> = &[
        &staff_session_id,
        &filter.state,
        &filter.account_id,
        &filter.before,
        &filter.limit,
    ];
    let deposit = |row| {
        Ok(StaffDeposit {
            deposit: Deposit::read(row)?,
            account_id: column(row, 14)?,
            activity_id: column(row, 15)?,
        })
    };
    on.rows(STATEMENT, params)
        .await?
        .iter()
        .map(deposit)
        .collect()
}

/// Lets a suspicious deposit be credited, at once.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `INVALID_REASON`, `DEPOSIT_NOT_FOUND`,
/// `DEPOSIT_DECIDED`, `NOT_CONFIRMED`.
pub async fn release_deposit(
    on: &impl Query,
    staff_session_id: i64,
    deposit_id: i64,
    note: &str,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "release_deposit",
        "select staff.release_deposit($1, $2, $3)",
    );
    let params: Params<'_> = &[&staff_session_id, &deposit_id, &note];
    on.rows(STATEMENT, params).await.map(drop)
}

/// What an account owes of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Debt {
    /// Who owes it.
    pub account_id: i64,
    /// Of which asset.
    pub asset_id: i32,
    /// The account's e-mail address; a sub-account has none.
    pub email: Option<String>,
    /// The asset's symbol.
    pub asset: String,
    /// How much.
    pub owed: String,
    /// What it could pay with.
    pub available: String,
    /// What else it has.
    pub held: String,
    /// When it last grew.
    pub since: OffsetDateTime,
}

impl Debt {
    /// Where it stands in the list, which has no order in time.
    pub fn place(&self) -> Place {
        Place {
            at: OffsetDateTime::UNIX_EPOCH,
            number: self.account_id,
            part: self.asset_id,
        }
    }
}

/// What accounts owe, by account and asset; of one account, or after a place, where given. 1,000 at
/// most.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn debts(
    on: &impl Query,
    staff_session_id: i64,
    account_id: Option<i64>,
    after: Option<Place>,
    limit: i32,
) -> Result<Vec<Debt>, Error> {
    const STATEMENT: Statement = Statement::read(
        "debts",
        "select account_id, asset_id, email, asset, owed::text, available::text, held::text, since \
         from staff.list_debts($1, $2, $3, $4, $5)",
    );
    let params: Params<'_> = &[
        &staff_session_id,
        &account_id,
        &after.map(|place| place.number),
        &after.map(|place| place.part),
        &limit,
    ];
    let debt = |row| {
        Ok(Debt {
            account_id: column(row, 0)?,
            asset_id: column(row, 1)?,
            email: column(row, 2)?,
            asset: column(row, 3)?,
            owed: column(row, 4)?,
            available: column(row, 5)?,
            held: column(row, 6)?,
            since: column(row, 7)?,
        })
    };
    on.rows(STATEMENT, params).await?.iter().map(debt).collect()
}
