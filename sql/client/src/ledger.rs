//! Reading an account's ledger and its fees.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::orders::page;
use crate::place::Place;
use crate::pool::Pool;
use crate::query::{Params, Query, Statement, column};
use crate::transaction::read_as;

/// A posting of an account's ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEntry {
    /// When.
    pub occurred_at: OffsetDateTime,
    /// trade or adjustment.
    pub fact_kind: String,
    /// The fact's number.
    pub fact_id: i64,
    /// Which posting of the fact.
    pub part: i32,
    /// base, quote, fee or adjustment.
    pub leg: String,
    /// The market's symbol, of a trade.
    pub market: Option<String>,
    /// The asset's symbol.
    pub asset: String,
    /// Added; negative: taken.
    pub amount: String,
}

impl LedgerEntry {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place {
            at: self.occurred_at,
            number: self.fact_id,
            part: self.part,
        }
    }
}

/// Which entries of an account to list.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Only of this asset.
    pub asset: Option<String>,
    /// At this time or later.
    pub from: Option<OffsetDateTime>,
    /// Before this time.
    pub to: Option<OffsetDateTime>,
    /// Only what follows this place: the last one of the page before.
    pub before: Option<Place>,
    /// At most so many; 0 or more than 1,000 means 1,000.
    pub limit: i64,
}

/// A user's ledger entries, the newest first.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`.
pub async fn account_ledger(
    pool: &Pool,
    account_id: i64,
    filter: &LedgerFilter,
) -> Result<Vec<LedgerEntry>, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_ledger",
        "select occurred_at, fact_kind, fact_id, part, leg, market, asset, amount::text \
         from exchange.ledger_of($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let params: Params<'_> = &[
        &account_id,
        &filter.asset,
        &filter.from,
        &filter.to,
        &filter.before.map(|place| place.at),
        &filter.before.map(|place| place.number),
        &filter.before.map(|place| place.part),
        &page(filter.limit),
    ];
    let rows = read_as(pool, account_id, STATEMENT, params).await?;
    rows.iter().map(entry_of).collect()
}

fn entry_of(row: &Row) -> Result<LedgerEntry, Error> {
    Ok(LedgerEntry {
        occurred_at: column(row, 0)?,
        fact_kind: column(row, 1)?,
        fact_id: column(row, 2)?,
        part: column(row, 3)?,
        leg: column(row, 4)?,
        market: column(row, 5)?,
        asset: column(row, 6)?,
        amount: column(row, 7)?,
    })
}

/// What an account's next orders pay, as parts of what they receive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fees {
    /// The fee tier's name.
    pub tier: String,
    /// Of an order that rested.
    pub maker_rate: String,
    /// Of an order that arrived.
    pub taker_rate: String,
}

/// An account's fees.
///
/// # Errors
/// Rejected: `UNKNOWN_ACCOUNT`.
pub async fn account_fees(on: &impl Query, account_id: i64) -> Result<Fees, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_fees",
        "select tier, maker_rate::text, taker_rate::text from exchange.fees_of($1)",
    );
    match on.row(STATEMENT, &[&account_id]).await? {
        Some(row) => Ok(Fees {
            tier: column(&row, 0)?,
            maker_rate: column(&row, 1)?,
            taker_rate: column(&row, 2)?,
        }),
        None => Err(Error::Bug("fees_of gave no row".to_owned())),
    }
}
