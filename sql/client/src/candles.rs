//! Candles: reading them, and counting trades into them.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::events::wait_durable;
use crate::query::{Query, Statement, column};

/// Trades of one market and one stretch of time; decimals as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Where it begins.
    pub opened_at: OffsetDateTime,
    /// Price of its first trade.
    pub open: String,
    /// Highest price.
    pub high: String,
    /// Lowest price.
    pub low: String,
    /// Price of its last trade.
    pub close: String,
    /// Base traded.
    pub base_volume: String,
    /// Quote traded.
    pub quote_volume: String,
    /// How many trades.
    pub trades: i64,
    /// Number of its first trade.
    pub first_trade_id: i64,
    /// Number of its last trade: one with a larger number is not counted here.
    pub last_trade_id: i64,
}

/// Which candles to read: the first ones from a time on, or the last ones before another.
#[derive(Clone, Copy, Debug, Default)]
pub struct CandleRange {
    /// Only those that begin then or later; without it, the last ones.
    pub from: Option<OffsetDateTime>,
    /// Only those that begin before.
    pub to: Option<OffsetDateTime>,
    /// At most so many, 10,000 at the most.
    pub limit: i32,
}

/// A market's candles, oldest first, up to the trades of this moment, waited for until they are
/// durable. A time without a trade has none. The interval is in seconds.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`, `INVALID_INTERVAL`.
pub async fn candles(
    on: &impl Query,
    market: &str,
    interval_seconds: i32,
    range: CandleRange,
) -> Result<Vec<Candle>, Error> {
    const STATEMENT: Statement = Statement::read(
        "candles",
        "select opened_at, open::text, high::text, low::text, close::text, base_volume::text, \
         quote_volume::text, trades, first_trade_id, last_trade_id \
         from exchange.candles_of($1, $2, $3, $4, $5)",
    );
    let CandleRange { from, to, limit } = range;
    let rows = on
        .rows(STATEMENT, &[&market, &interval_seconds, &from, &to, &limit])
        .await?;
    if !rows.is_empty() {
        wait_durable(on).await?;
    }
    rows.iter().map(candle_of).collect()
}

fn candle_of(row: &Row) -> Result<Candle, Error> {
    Ok(Candle {
        opened_at: column(row, 0)?,
        open: column(row, 1)?,
        high: column(row, 2)?,
        low: column(row, 3)?,
        close: column(row, 4)?,
        base_volume: column(row, 5)?,
        quote_volume: column(row, 6)?,
        trades: column(row, 7)?,
        first_trade_id: column(row, 8)?,
        last_trade_id: column(row, 9)?,
    })
}

/// Counts a market's next trades into its candles, so many at most; returns how many there were.
/// Fewer than `limit_trades`: there are no more now.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn advance_candles(
    on: &impl Query,
    market_id: i32,
    limit_trades: i32,
) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("advance_candles", "select exchange.advance_candles($1, $2)");
    on.value(STATEMENT, &[&market_id, &limit_trades]).await
}

/// Makes a market's candles anew from all its trades; returns how many there were.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn rebuild_candles(on: &impl Query, market: &str) -> Result<i64, Error> {
    const STATEMENT: Statement =
        Statement::write("rebuild_candles", "select exchange.rebuild_candles($1)");
    on.value(STATEMENT, &[&market]).await
}
