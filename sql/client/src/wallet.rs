//! Deposit addresses of accounts, and what came to them.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::orders::page;
use crate::place::Place;
use crate::pool::Pool;
use crate::query::{Params, Query, Statement, column};
use crate::transaction::read_as;

/// An account's deposit address of an asset on a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepositAddress {
    /// Its number, and the last step of its derivation path.
    pub address_id: i64,
    /// As people write it; none until it was derived.
    pub address: Option<String>,
    /// The network's name.
    pub network: String,
    /// bitcoin or evm.
    pub family: String,
    /// Which chain of its family, as its nodes say.
    pub chain: String,
    /// The token's contract; none for a network's own coin.
    pub contract: Option<Vec<u8>>,
    /// What the network's addresses are derived from; none before the first.
    pub account_key: Option<String>,
    /// Blocks before a deposit is credited.
    pub confirmations: i32,
    /// From this amount on it takes `large_confirmations`.
    pub large_amount: String,
    /// Blocks before a large deposit is credited.
    pub large_confirmations: i32,
    /// Less is not credited.
    pub min_deposit: String,
}

/// The account's deposit address, which takes a number when it is first asked for. Where the asset
/// is on one network alone, that need not be said.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`, `NETWORK_REQUIRED`, `UNKNOWN_ACCOUNT`.
pub async fn deposit_address(
    on: &impl Query,
    account_id: i64,
    asset: &str,
    network: Option<&str>,
) -> Result<DepositAddress, Error> {
    // A repeat changes nothing, so that a loss leaves nothing in doubt.
    const STATEMENT: Statement = Statement::read(
        "deposit_address",
        "select address_id, address, network, family, chain, contract, account_key, \
         confirmations, large_amount::text, large_confirmations, min_deposit::text \
         from exchange.deposit_address_of($1, $2, $3) limit 1",
    );
    let row = on.row(STATEMENT, &[&account_id, &asset, &network]).await?;
    let row = row.ok_or_else(|| Error::Bug("deposit_address_of gave no row".to_owned()))?;
    Ok(DepositAddress {
        address_id: column(&row, 0)?,
        address: column(&row, 1)?,
        network: column(&row, 2)?,
        family: column(&row, 3)?,
        chain: column(&row, 4)?,
        contract: column(&row, 5)?,
        account_key: column(&row, 6)?,
        confirmations: column(&row, 7)?,
        large_amount: column(&row, 8)?,
        large_confirmations: column(&row, 9)?,
        min_deposit: column(&row, 10)?,
    })
}

/// Stores what was derived for an address; a repeat changes nothing.
///
/// # Errors
/// Rejected: `OTHER_ACCOUNT_KEY` where the network's addresses come from another key;
/// `OTHER_ADDRESS` where another one was stored.
pub async fn name_deposit_address(
    on: &impl Query,
    address_id: i64,
    account_key: &str,
    address: &str,
    script: &[u8],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::read(
        "name_deposit_address",
        "select exchange.name_deposit_address($1, $2, $3, $4)",
    );
    let params: Params<'_> = &[&address_id, &account_key, &address, &script];
    on.rows(STATEMENT, params).await.map(drop)
}

/// A payment to a deposit address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposit {
    /// Its number.
    pub deposit_id: i64,
    /// chain, or internal: another account of the exchange paid it.
    pub kind: String,
    /// What arrived.
    pub asset: String,
    /// On which network.
    pub network: String,
    /// At which address.
    pub address: String,
    /// How much.
    pub amount: String,
    /// Its transaction, as the chain's tools print it; none of an internal one.
    pub txid: Option<String>,
    /// Where it came from, where the chain says so.
    pub from_address: Option<String>,
    /// seen, pending, credited, suspicious, orphaned, `below_minimum`, refunding or refunded.
    pub state: String,
    /// Blocks since, the one that holds it included.
    pub confirmations: i64,
    /// How many it needs.
    pub required_confirmations: i32,
    /// When it was first seen.
    pub seen_at: OffsetDateTime,
    /// When its state last changed.
    pub changed_at: OffsetDateTime,
    /// When it was credited.
    pub credited_at: Option<OffsetDateTime>,
}

impl Deposit {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place {
            at: self.seen_at,
            number: self.deposit_id,
            part: 0,
        }
    }

    pub(crate) fn read(row: &Row) -> Result<Self, Error> {
        Ok(Deposit {
            deposit_id: column(row, 0)?,
            kind: column(row, 1)?,
            asset: column(row, 2)?,
            network: column(row, 3)?,
            address: column(row, 4)?,
            amount: column(row, 5)?,
            txid: column(row, 6)?,
            from_address: column(row, 7)?,
            state: column(row, 8)?,
            confirmations: column(row, 9)?,
            required_confirmations: column(row, 10)?,
            seen_at: column(row, 11)?,
            changed_at: column(row, 12)?,
            credited_at: column(row, 13)?,
        })
    }
}

/// Which deposits of an account to list.
#[derive(Clone, Debug, Default)]
pub struct DepositFilter {
    /// Only of this asset.
    pub asset: Option<String>,
    /// Only of this network.
    pub network: Option<String>,
    /// Only in this state.
    pub state: Option<&'static str>,
    /// Seen at this time or later.
    pub from: Option<OffsetDateTime>,
    /// Seen before this time.
    pub to: Option<OffsetDateTime>,
    /// Only what follows this place: the last one of the page before.
    pub before: Option<Place>,
    /// At most so many; 0 or more than 1,000 means 1,000.
    pub limit: i64,
}

/// The columns that [`Deposit::read`] reads.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "select deposit_id, kind, asset, network, address, amount::text, txid, from_address, \
             state, confirmations, required_confirmations, seen_at, changed_at, credited_at from ",
            $from
        )
    };
}

/// An account's deposits, the newest first.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `UNKNOWN_NETWORK`.
pub async fn deposits(
    pool: &Pool,
    account_id: i64,
    filter: &DepositFilter,
) -> Result<Vec<Deposit>, Error> {
    const STATEMENT: Statement = Statement::read(
        "deposits",
        select!("exchange.deposits_of($1, $2, $3, $4, $5, $6, $7, $8)"),
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
    ];
    let rows = read_as(pool, account_id, STATEMENT, params).await?;
    rows.iter().map(Deposit::read).collect()
}

/// One deposit of an account.
///
/// # Errors
/// Rejected: `DEPOSIT_NOT_FOUND`.
pub async fn deposit(pool: &Pool, account_id: i64, deposit_id: i64) -> Result<Deposit, Error> {
    const STATEMENT: Statement =
        Statement::read("deposit", select!("exchange.deposit_of($1, $2) limit 1"));
    let rows = read_as(pool, account_id, STATEMENT, &[&account_id, &deposit_id]).await?;
    match rows.first() {
        Some(row) => Deposit::read(row),
        None => Err(Error::Bug("deposit_of gave no row".to_owned())),
    }
}
