//! What staff do about withdrawals: reviews and halts.

use time::OffsetDateTime;

use crate::error::Error;
use crate::place::Place;
use crate::query::{Params, Query, Statement, column};

/// A withdrawal that waits for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingWithdrawal {
    /// Its number.
    pub withdrawal_id: i64,
    /// Whose.
    pub account_id: i64,
    /// Of which asset.
    pub asset: String,
    /// On which network.
    pub network: String,
    /// To where.
    pub address: String,
    /// To another account of the exchange.
    pub is_internal: bool,
    /// What arrives.
    pub amount: String,
    /// What is taken besides.
    pub fee: String,
    /// The amount in USDT, where the asset has a price.
    pub value_usdt: Option<String>,
    /// The level of the account.
    pub kyc_level: i32,
    /// How many reviewers must approve it.
    pub required_reviews: i32,
    /// Who has.
    pub approved_by: Vec<i64>,
    /// It waits for a risk officer too.
    pub is_risk_held: bool,
    /// The risk rules that were met.
    pub rules: Vec<String>,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
}

impl WaitingWithdrawal {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place {
            at: self.requested_at,
            number: self.withdrawal_id,
            part: 0,
        }
    }
}

/// Withdrawals that wait for people, the oldest first, after a number.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn withdrawal_queue(
    on: &impl Query,
    staff_session_id: i64,
    after: Option<i64>,
    limit: i32,
) -> Result<Vec<WaitingWithdrawal>, Error> {
    const STATEMENT: Statement = Statement::write(
        "withdrawal_queue",
        "select withdrawal_id, account_id, asset, network, address, is_internal, amount::text, \
         fee::text, value_usdt::text, kyc_level, required_reviews, approved_by, is_risk_held, \
         rules, requested_at from staff.withdrawal_queue($1, $2, $3)",
    );
    let waiting = |row| {
        Ok(WaitingWithdrawal {
            withdrawal_id: column(row, 0)?,
            account_id: column(row, 1)?,
            asset: column(row, 2)?,
            network: column(row, 3)?,
            address: column(row, 4)?,
            is_internal: column(row, 5)?,
            amount: column(row, 6)?,
            fee: column(row, 7)?,
            value_usdt: column(row, 8)?,
            kyc_level: column(row, 9)?,
            required_reviews: column(row, 10)?,
            approved_by: column(row, 11)?,
            is_risk_held: column(row, 12)?,
            rules: column(row, 13)?,
            requested_at: column(row, 14)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&staff_session_id, &after, &limit])
        .await?;
    rows.iter().map(waiting).collect()
}

/// A reviewer's decision; gives the state that follows, and whether it is a repeat.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `WITHDRAWAL_NOT_FOUND`, `WITHDRAWAL_DECIDED`,
/// `SECOND_PERSON_REQUIRED`, `ACCOUNT_FROZEN`, `WITHDRAWALS_BLOCKED`, `IN_DEBT`, `KYC_REQUIRED`.
pub async fn review_withdrawal(
    on: &impl Query,
    staff_session_id: i64,
    withdrawal_id: i64,
    approve: bool,
    note: &str,
) -> Result<(String, bool), Error> {
    const STATEMENT: Statement = Statement::write(
        "review_withdrawal",
        "select state, repeated from staff.review_withdrawal($1, $2, $3, $4) limit 1",
    );
    let params: Params<'_> = &[&staff_session_id, &withdrawal_id, &approve, &note];
    let row = on.row(STATEMENT, params).await?;
    let row = row.ok_or_else(|| Error::Bug("review_withdrawal gave no row".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}

/// Halts withdrawals at once: of an asset, of a network, of an asset on one network, or all. Gives
/// how many coins or networks were not halted before.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `INVALID_REASON`, `UNKNOWN_ASSET`,
/// `UNKNOWN_NETWORK`.
pub async fn halt_withdrawals(
    on: &impl Query,
    staff_session_id: i64,
    asset: Option<&str>,
    network: Option<&str>,
    reason: &str,
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "halt_withdrawals",
        "select staff.halt_withdrawals($1, $2, $3, $4)",
    );
    let params: Params<'_> = &[&staff_session_id, &asset, &network, &reason];
    on.value(STATEMENT, params).await
}

/// What is halted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalHalt {
    /// Which asset; none: all of the network.
    pub asset: Option<String>,
    /// On which network.
    pub network: String,
    /// Why.
    pub reason: String,
}

/// Every halt, by network.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn withdrawal_halts(
    on: &impl Query,
    staff_session_id: i64,
) -> Result<Vec<WithdrawalHalt>, Error> {
    const STATEMENT: Statement = Statement::write(
        "withdrawal_halts",
        "select asset, network, reason from staff.list_halts($1) limit 1000",
    );
    let halt = |row| {
        Ok(WithdrawalHalt {
            asset: column(row, 0)?,
            network: column(row, 1)?,
            reason: column(row, 2)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&staff_session_id]).await?;
    rows.iter().map(halt).collect()
}
