//! Withdrawals of accounts: fees, requests, lists.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::accounts::is_decimal;
use crate::authority::Authority;
use crate::error::Error;
use crate::orders::page;
use crate::place::Place;
use crate::pool::Pool;
use crate::query::{Params, Query, Statement, column};
use crate::transaction::read_as;

/// The network of a withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawalNetwork {
    /// Its name.
    pub name: String,
    /// bitcoin or evm.
    pub family: String,
    /// Which chain of its family.
    pub chain: String,
}

/// By which network's rules an address is read. Where the asset is on one network alone, that need
/// not be said.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`, `NETWORK_REQUIRED`.
pub async fn withdrawal_network(
    on: &impl Query,
    asset: &str,
    network: Option<&str>,
) -> Result<WithdrawalNetwork, Error> {
    const STATEMENT: Statement = Statement::read(
        "withdrawal_network",
        "select name, family, chain from exchange.withdrawal_network($1, $2) limit 1",
    );
    let row = on.row(STATEMENT, &[&asset, &network]).await?;
    let row = row.ok_or_else(|| Error::Bug("withdrawal_network gave no row".to_owned()))?;
    network_of(&row)
}

/// The network of that name.
///
/// # Errors
/// The database's.
pub async fn network_named(
    on: &impl Query,
    name: &str,
) -> Result<Option<WithdrawalNetwork>, Error> {
    const STATEMENT: Statement = Statement::read(
        "network_named",
        "select name, family, chain from chain.networks where name = $1 limit 1",
    );
    let row = on.row(STATEMENT, &[&name]).await?;
    row.map(|row| network_of(&row)).transpose()
}

fn network_of(row: &Row) -> Result<WithdrawalNetwork, Error> {
    Ok(WithdrawalNetwork {
        name: column(row, 0)?,
        family: column(row, 1)?,
        chain: column(row, 2)?,
    })
}

/// A fee that was promised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeeQuote {
    /// Its number.
    pub quote_id: i64,
    /// On which network.
    pub network: String,
    /// The fee of a withdrawal of any amount, in the asset.
    pub fee: String,
    /// By how many millionths it is less, because the hour is a quiet one.
    pub quiet_ppm: i32,
    /// The least that is sent.
    pub min_withdrawal: String,
    /// Until when it is kept.
    pub expires_at: OffsetDateTime,
}

/// Promises an account the fee of a withdrawal for a minute.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`, `NETWORK_REQUIRED`, `FEE_UNKNOWN`.
pub async fn quote_withdrawal_fee(
    on: &impl Query,
    account_id: i64,
    asset: &str,
    network: Option<&str>,
) -> Result<FeeQuote, Error> {
    // A quote that nobody heard of does no harm, so that a loss leaves nothing in doubt.
    const STATEMENT: Statement = Statement::read(
        "quote_withdrawal_fee",
        "select quote_id, network_name, fee::text, quiet_ppm, min_withdrawal::text, expires_at \
         from exchange.quote_withdrawal_fee($1, $2, $3) limit 1",
    );
    let row = on.row(STATEMENT, &[&account_id, &asset, &network]).await?;
    let row = row.ok_or_else(|| Error::Bug("quote_withdrawal_fee gave no row".to_owned()))?;
    Ok(FeeQuote {
        quote_id: column(&row, 0)?,
        network: column(&row, 1)?,
        fee: column(&row, 2)?,
        quiet_ppm: column(&row, 3)?,
        min_withdrawal: column(&row, 4)?,
        expires_at: column(&row, 5)?,
    })
}

/// A withdrawal to ask for.
#[derive(Clone, Copy, Debug)]
pub struct NewWithdrawal<'a> {
    /// Who pays.
    pub account_id: i64,
    /// By what right: a session that has stepped up, or a key that may withdraw.
    pub authority: Authority,
    /// Of which asset.
    pub asset: &'a str,
    /// On which network.
    pub network: &'a str,
    /// To where, in its canonical form.
    pub address: &'a str,
    /// What the chain has: the output script, or the 20 bytes.
    pub script: &'a [u8],
    /// Decimal text.
    pub amount: &'a str,
    /// Whose fee is taken; none: that of now.
    pub quote_id: Option<i64>,
    /// A repeat of the same key changes nothing.
    pub request_key: Option<&'a str>,
    /// From where it is asked, as text.
    pub from_address: &'a str,
}

/// Asks for a withdrawal; gives it as it is then, and whether an earlier request of the same key
/// made it. One statement: where it fails with anything but [`Error::OutcomeUnknown`], nothing was
/// done.
///
/// # Errors
/// Rejected: `RISK_DENIED`, and the codes of `exchange.request_withdrawal`.
pub async fn request_withdrawal(
    on: &impl Query,
    asked: NewWithdrawal<'_>,
) -> Result<(Withdrawal, bool), Error> {
    const STATEMENT: Statement = Statement::write(
        "request_withdrawal",
        "select withdrawal_id, asset, network, address, amount::text, fee::text, state, \
         is_internal, may_cancel, txid, end_reason, requested_at, approved_at, ended_at, repeated \
         from exchange.place_withdrawal($1, $2, $3, $4, $5, $6, $7, $8, $9::text::numeric, $10, \
         $11, $12::text::inet) limit 1",
    );
    if !is_decimal(asked.amount) {
        let message = "an amount is a decimal number of at most 60 characters".to_owned();
        return Err(Error::Rejected {
            code: "INVALID_AMOUNT".to_owned(),
            message,
        });
    }
    let params: Params<'_> = &[
        &asked.account_id,
        &asked.authority.session_id,
        &asked.authority.api_key_id,
        &asked.authority.valid_until_ms,
        &asked.asset,
        &asked.network,
        &asked.address,
        &asked.script,
        &asked.amount,
        &asked.quote_id,
        &asked.request_key,
        &asked.from_address,
    ];
    let row = on.row(STATEMENT, params).await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok((Withdrawal::read(&row)?, column(&row, 14)?))
}

/// Takes back a withdrawal that is not being sent yet. `true`: it was cancelled before.
///
/// # Errors
/// Rejected: `REQUEST_EXPIRED`, `ACCESS_REVOKED`, `WITHDRAWAL_NOT_FOUND`,
/// `WITHDRAWAL_NOT_CANCELLABLE`.
pub async fn cancel_withdrawal(
    on: &impl Query,
    account_id: i64,
    authority: Authority,
    withdrawal_id: i64,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "cancel_withdrawal",
        "select exchange.cancel_withdrawal($1, $2, $3, $4, $5)",
    );
    let params: Params<'_> = &[
        &account_id,
        &authority.session_id,
        &authority.api_key_id,
        &authority.valid_until_ms,
        &withdrawal_id,
    ];
    on.value(STATEMENT, params).await
}

/// A withdrawal as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its number.
    pub withdrawal_id: i64,
    /// Of which asset.
    pub asset: String,
    /// On which network.
    pub network: String,
    /// To where.
    pub address: String,
    /// What arrives.
    pub amount: String,
    /// What is taken besides.
    pub fee: String,
    /// requested, approved, signed, broadcast, confirmed, rejected, cancelled or failed.
    pub state: String,
    /// It was paid to another account of the exchange, without a chain.
    pub is_internal: bool,
    /// It is not being sent yet.
    pub may_cancel: bool,
    /// The transaction that carries it, as the chain's tools print it.
    pub txid: Option<String>,
    /// Why it was rejected, cancelled or failed.
    pub end_reason: Option<String>,
    /// When it was asked for.
    pub requested_at: OffsetDateTime,
    /// When the last approval came.
    pub approved_at: Option<OffsetDateTime>,
    /// When it ended.
    pub ended_at: Option<OffsetDateTime>,
}

impl Withdrawal {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place {
            at: self.requested_at,
            number: self.withdrawal_id,
            part: 0,
        }
    }

    fn read(row: &Row) -> Result<Self, Error> {
        Ok(Withdrawal {
            withdrawal_id: column(row, 0)?,
            asset: column(row, 1)?,
            network: column(row, 2)?,
            address: column(row, 3)?,
            amount: column(row, 4)?,
            fee: column(row, 5)?,
            state: column(row, 6)?,
            is_internal: column(row, 7)?,
            may_cancel: column(row, 8)?,
            txid: column(row, 9)?,
            end_reason: column(row, 10)?,
            requested_at: column(row, 11)?,
            approved_at: column(row, 12)?,
            ended_at: column(row, 13)?,
        })
    }
}

/// Which withdrawals of an account to list.
#[derive(Clone, Debug, Default)]
pub struct WithdrawalFilter {
    /// Only of this asset.
    pub asset: Option<String>,
    /// Only on this network.
    pub network: Option<String>,
    /// Only in this state.
    pub state: Option<&'static str>,
    /// Asked for at this time or later.
    pub from: Option<OffsetDateTime>,
    /// Asked for before this time.
    pub to: Option<OffsetDateTime>,
    /// Only what follows this place: the last one of the page before.
    pub before: Option<Place>,
    /// Only this one.
    pub withdrawal_id: Option<i64>,
    /// At most so many; 0 or more than 1,000 means 1,000.
    pub limit: i64,
}

/// An account's withdrawals, the newest first.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`.
pub async fn withdrawals(
    pool: &Pool,
    account_id: i64,
    filter: &WithdrawalFilter,
) -> Result<Vec<Withdrawal>, Error> {
    const STATEMENT: Statement = Statement::read(
        "withdrawals",
        "select withdrawal_id, asset, network, address, amount::text, fee::text, state, \
         is_internal, may_cancel, txid, end_reason, requested_at, approved_at, ended_at \
         from exchange.withdrawals_of($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let params: Params<'_> = &[
        &account_id,
        &filter.asset,
        &filter.network,
        &filter.state.map(|state| vec![state]),
        &filter.from,
        &filter.to,
        &filter.before.map(|place| place.number),
        &page(filter.limit),
        &filter.withdrawal_id,
    ];
    let rows = read_as(pool, account_id, STATEMENT, params).await?;
    rows.iter().map(Withdrawal::read).collect()
}

/// One withdrawal of an account; `None` where it has no such one.
///
/// # Errors
/// The database's.
pub async fn withdrawal(
    pool: &Pool,
    account_id: i64,
    withdrawal_id: i64,
) -> Result<Option<Withdrawal>, Error> {
    let filter = WithdrawalFilter {
        withdrawal_id: Some(withdrawal_id),
        limit: 1,
        ..WithdrawalFilter::default()
    };
    let found = withdrawals(pool, account_id, &filter).await?;
    Ok(found.into_iter().next())
}

/// Forgets quotes that ended long ago, so many at most; gives how many.
///
/// # Errors
/// The database's.
pub async fn forget_withdrawal_quotes(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_withdrawal_quotes",
        "select exchange.forget_withdrawal_quotes($1)",
    );
    on.value(STATEMENT, &[&limit]).await
}

/// Lets one withdrawal to a new address go on whose time has passed. `false`: there is none.
///
/// # Errors
/// The database's.
pub async fn end_cool_down(on: &impl Query) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("end_cool_down", "select exchange.end_cool_down()");
    on.value(STATEMENT, &[]).await
}

/// Computes anew what the hours of the day cost on each network; gives how many are known.
///
/// # Errors
/// The database's.
pub async fn measure_quiet_hours(on: &impl Query) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("measure_quiet_hours", "select chain.measure_quiet_hours()");
    on.value(STATEMENT, &[]).await
}
