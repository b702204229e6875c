//! Markets: their rules, books and public trades.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Most markets: their numbers have four digits.
const MAX_MARKETS: i64 = 9999;
/// Most levels of a past book.
const MAX_LEVELS: i64 = 20_000;

/// A market and its rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Its number, the leading digits of its orders' and trades' numbers.
    pub market_id: i32,
    /// Such as BTC/USDT.
    pub symbol: String,
    /// What is bought and sold.
    pub base_asset: String,
    /// Decimals of its atom.
    pub base_scale: i16,
    /// What is paid.
    pub quote_asset: String,
    /// Decimals of its atom.
    pub quote_scale: i16,
    /// Prices are whole multiples of it.
    pub tick: String,
    /// Quantities are whole multiples of it.
    pub lot: String,
    /// Smallest quantity.
    pub min_quantity: String,
    /// Largest quantity.
    pub max_quantity: String,
    /// Smallest price times quantity.
    pub min_notional: String,
    /// How far a price may be from the last one, as a part of it.
    pub price_band: String,
    /// Stands in for the last price until the first trade.
    pub reference_price: String,
    /// Open orders that one account may have.
    pub max_open_orders: i32,
    /// Whether self-trade mode none is accepted.
    pub allow_self_trade: bool,
    /// trading, `cancel_only` or halted.
    pub status: String,
}

/// All markets, by number.
///
/// # Errors
/// The database's.
pub async fn markets(on: &impl Query) -> Result<Vec<Market>, Error> {
    const STATEMENT: Statement = Statement::read(
        "markets",
        "select market_id, symbol, base_asset, base_scale, quote_asset, quote_scale, tick::text, \
         lot::text, min_quantity::text, max_quantity::text, min_notional::text, \
         price_band::text, reference_price::text, max_open_orders, allow_self_trade, status \
         from exchange.market_rules order by market_id limit $1",
    );
    let market = |row: &Row| {
        Ok(Market {
            market_id: column(row, 0)?,
            symbol: column(row, 1)?,
            base_asset: column(row, 2)?,
            base_scale: column(row, 3)?,
            quote_asset: column(row, 4)?,
            quote_scale: column(row, 5)?,
            tick: column(row, 6)?,
            lot: column(row, 7)?,
            min_quantity: column(row, 8)?,
            max_quantity: column(row, 9)?,
            min_notional: column(row, 10)?,
            price_band: column(row, 11)?,
            reference_price: column(row, 12)?,
            max_open_orders: column(row, 13)?,
            allow_self_trade: column(row, 14)?,
            status: column(row, 15)?,
        })
    };
    on.rows(STATEMENT, &[&MAX_MARKETS])
        .await?
        .iter()
        .map(market)
        .collect()
}

/// A market to list; decimals as text.
#[derive(Clone, Copy, Debug)]
pub struct NewMarket<'a> {
    /// Its number, 1 to 9999.
    pub market_id: i32,
    /// Symbol of what is bought and sold.
    pub base_asset: &'a str,
    /// Symbol of what is paid.
    pub quote_asset: &'a str,
    /// Prices are whole multiples of it.
    pub tick: &'a str,
    /// Quantities are whole multiples of it.
    pub lot: &'a str,
    /// Smallest quantity.
    pub min_quantity: &'a str,
    /// Largest quantity.
    pub max_quantity: &'a str,
    /// Smallest price times quantity.
    pub min_notional: &'a str,
    /// Between 0 and 1.
    pub price_band: &'a str,
    /// Stands in for the last price.
    pub reference_price: &'a str,
}

/// Lists a market, with a fee account of its own.
///
/// # Errors
/// Rejected: `UNKNOWN_ASSET`, `INVALID_MARKET`, `MARKET_EXISTS`.
pub async fn create_market(on: &impl Query, market: NewMarket<'_>) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "create_market",
        "select exchange.create_market($1, $2, $3, $4::text::numeric, $5::text::numeric, \
         $6::text::numeric, $7::text::numeric, $8::text::numeric, $9::text::numeric, \
         $10::text::numeric)",
    );
    on.value(
        STATEMENT,
        &[
            &market.market_id,
            &market.base_asset,
            &market.quote_asset,
            &market.tick,
            &market.lot,
            &market.min_quantity,
            &market.max_quantity,
            &market.min_notional,
            &market.price_band,
            &market.reference_price,
        ],
    )
    .await
}

/// Sets a market `trading`, `cancel_only` or `halted`.
///
/// # Errors
/// Rejected: `INVALID_STATUS`, `UNKNOWN_MARKET`.
pub async fn set_market_status(on: &impl Query, market: &str, status: &str) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "set_market_status",
        "select exchange.set_market_status($1, $2)",
    );
    on.rows(STATEMENT, &[&market, &status]).await.map(drop)
}

/// A price level of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// buy or sell.
    pub side: String,
    /// Its price.
    pub price: String,
    /// Base resting there.
    pub quantity: String,
    /// How many orders.
    pub orders: i32,
}

/// The book by price level, best first, bids then asks; so many levels a side at most.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`; a depth beyond 1 to 10,000 is `INVALID_ARGUMENT`.
pub async fn order_book(on: &impl Query, market: &str, depth: i32) -> Result<Vec<Level>, Error> {
    const STATEMENT: Statement = Statement::read(
        "order_book",
        "select side, price::text, quantity::text, orders from exchange.order_book($1, $2)",
    );
    let rows = match on.rows(STATEMENT, &[&market, &depth]).await {
        Err(Error::Rejected { code, message }) if code == Error::INVALID_ARGUMENT => {
            return Err(which_argument(on, market, message).await?);
        }
        done => done?,
    };
    rows.iter().map(level_of).collect()
}

/// The extension does not say which of its arguments it refused.
async fn which_argument(on: &impl Query, market: &str, message: String) -> Result<Error, Error> {
    const STATEMENT: Statement = Statement::read(
        "market_exists",
        "select exists (select from exchange.markets m where m.symbol = $1)",
    );
    let exists: bool = on.value(STATEMENT, &[&market]).await?;
    let code = if exists {
        Error::INVALID_ARGUMENT
    } else {
        "UNKNOWN_MARKET"
    };
    Ok(Error::Rejected {
        code: code.to_owned(),
        message,
    })
}

/// The book as it was right after a number of the market's sequence.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn book_at(on: &impl Query, market: &str, sequence: i64) -> Result<Vec<Level>, Error> {
    const STATEMENT: Statement = Statement::read(
        "book_at",
        "select side, price::text, quantity::text, orders from exchange.book_at($1, $2) limit $3",
    );
    on.rows(STATEMENT, &[&market, &sequence, &MAX_LEVELS])
        .await?
        .iter()
        .map(level_of)
        .collect()
}

fn level_of(row: &Row) -> Result<Level, Error> {
    Ok(Level {
        side: column(row, 0)?,
        price: column(row, 1)?,
        quantity: column(row, 2)?,
        orders: column(row, 3)?,
    })
}

/// A trade as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicTrade {
    /// Its number.
    pub trade_id: i64,
    /// The maker's price.
    pub price: String,
    /// Base traded.
    pub quantity: String,
    /// Quote traded.
    pub quote_amount: String,
    /// Side of the order that arrived.
    pub taker_side: String,
    /// When.
    pub traded_at: OffsetDateTime,
}

/// A market's trades before a number (or the newest), newest first, 1,000 at most.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn recent_trades(
    on: &impl Query,
    market: &str,
    limit: i32,
    before_trade_id: Option<i64>,
) -> Result<Vec<PublicTrade>, Error> {
    const STATEMENT: Statement = Statement::read(
        "recent_trades",
        "select trade_id, price::text, quantity::text, quote_amount::text, taker_side, traded_at \
         from exchange.recent_trades($1, $2, $3)",
    );
    let trade = |row: &Row| {
        Ok(PublicTrade {
            trade_id: column(row, 0)?,
            price: column(row, 1)?,
            quantity: column(row, 2)?,
            quote_amount: column(row, 3)?,
            taker_side: column(row, 4)?,
            traded_at: column(row, 5)?,
        })
    };
    on.rows(STATEMENT, &[&market, &limit, &before_trade_id])
        .await?
        .iter()
        .map(trade)
        .collect()
}
