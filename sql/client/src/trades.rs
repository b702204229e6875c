//! Reading an account's trades.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::orders::page;
use crate::place::Place;
use crate::pool::Pool;
use crate::query::{Params, Statement, column};
use crate::transaction::read_as;

/// A trade as one of its parties sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountTrade {
    /// Its number.
    pub trade_id: i64,
    /// Its market's symbol.
    pub market: String,
    /// maker or taker.
    pub liquidity: String,
    /// buy or sell.
    pub side: String,
    /// The account's order.
    pub order_id: i64,
    /// The maker's price.
    pub price: String,
    /// Base traded.
    pub quantity: String,
    /// Quote traded.
    pub quote_amount: String,
    /// What the account paid.
    pub fee: String,
    /// In which asset.
    pub fee_asset: String,
    /// When.
    pub traded_at: OffsetDateTime,
    /// The account's name for its order.
    pub client_order_id: Option<String>,
}

/// Which trades of an account to list.
#[derive(Clone, Debug, Default)]
pub struct TradeFilter {
    /// Only of this market.
    pub market: Option<String>,
    /// Only of this order.
    pub order_id: Option<i64>,
    /// Traded at this time or later.
    pub from: Option<OffsetDateTime>,
    /// Traded before this time.
    pub to: Option<OffsetDateTime>,
    /// Only what follows this place: the last one of the page before.
    pub before: Option<Place>,
    /// At most so many; 0 or more than 1,000 means 1,000.
    pub limit: i64,
}

impl AccountTrade {
    /// Where it stands in the list: a trade with itself is there twice.
    pub fn place(&self) -> Place {
        Place {
            at: self.traded_at,
            number: self.trade_id,
            part: i32::from(self.liquidity == "taker"),
        }
    }
}

/// An account's trades, the newest first.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn account_trades(
    pool: &Pool,
    account_id: i64,
    filter: &TradeFilter,
) -> Result<Vec<AccountTrade>, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_trades",
        "select trade_id, market, liquidity, side, order_id, price::text, quantity::text, \
         quote_amount::text, fee::text, fee_asset, traded_at, client_order_id \
         from exchange.trades_of($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let params: Params<'_> = &[
        &account_id,
        &filter.market,
        &filter.order_id,
        &filter.from,
        &filter.to,
        &filter.before.map(|place| place.at),
        &filter.before.map(|place| place.number),
        &filter.before.map(|place| place.part),
        &page(filter.limit),
    ];
    read_as(pool, account_id, STATEMENT, params)
        .await?
        .iter()
        .map(trade_of)
        .collect()
}

fn trade_of(row: &Row) -> Result<AccountTrade, Error> {
    Ok(AccountTrade {
        trade_id: column(row, 0)?,
        market: column(row, 1)?,
        liquidity: column(row, 2)?,
        side: column(row, 3)?,
        order_id: column(row, 4)?,
        price: column(row, 5)?,
        quantity: column(row, 6)?,
        quote_amount: column(row, 7)?,
        fee: column(row, 8)?,
        fee_asset: column(row, 9)?,
        traded_at: column(row, 10)?,
        client_order_id: column(row, 11)?,
    })
}
