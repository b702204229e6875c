//! The facts of a market in typed form, and snapshots to begin from: what a follower that keeps a
//! market in memory reads. All of it is durable before it is handed on.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Most facts of a page; a transaction that is larger comes whole.
pub const MAX_FACTS: i32 = 10_000;

/// A fact of a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketFact {
    /// Its place in the market's gapless numbering.
    pub sequence: i64,
    /// When.
    pub occurred_at: OffsetDateTime,
    /// What happened.
    pub change: MarketChange,
}

/// What happened in a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketChange {
    /// An order was accepted. Its trades and its end follow.
    Placed(Box<PlacedOrder>),
    /// Two orders traded.
    Traded(Box<MarketTrade>),
    /// An order changed otherwise.
    Updated(OrderUpdate),
}

/// An order as it was placed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// Its number.
    pub order_id: i64,
    /// Its owner.
    pub account_id: i64,
    /// The owner's name for it.
    pub client_order_id: Option<String>,
    /// buy or sell.
    pub side: String,
    /// limit or market.
    pub kind: String,
    /// gtc, ioc or fok.
    pub time_in_force: String,
    /// Was refused rather than take.
    pub post_only: bool,
    /// What happens on meeting an order of the same account.
    pub self_trade: String,
    /// Worst acceptable price; none for market orders.
    pub price: Option<String>,
    /// Base quantity; none for budget orders.
    pub quantity: Option<String>,
    /// Quote to spend at most.
    pub budget: Option<String>,
    /// What a budget order had spent when it was filled.
    pub final_quote: Option<String>,
}

/// A trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketTrade {
    /// The maker's price.
    pub price: String,
    /// Base traded.
    pub quantity: String,
    /// Quote traded.
    pub quote_amount: String,
    /// buy or sell: the side of the order that arrived.
    pub taker_side: String,
    /// The order that arrived.
    pub taker: TradeParty,
    /// The order that rested.
    pub maker: TradeParty,
}

/// One side of a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TradeParty {
    /// Its order.
    pub order_id: i64,
    /// Its account.
    pub account_id: i64,
    /// What it paid, in the asset that it received.
    pub fee: String,
}

/// A change of an order other than a trade.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderUpdate {
    /// The order.
    pub order_id: i64,
    /// Its owner.
    pub account_id: i64,
    /// reduced, cancelled or expired.
    pub kind: String,
    /// Which verb or rule did it.
    pub reason: String,
    /// Base taken off the order.
    pub removed_quantity: String,
}

/// A market's facts after a number, oldest first, in whole transactions: as many as fit the limit,
/// or one transaction that is larger. Empty: there are no more now.
///
/// # Errors
/// The database's.
pub async fn market_facts(
    on: &impl Query,
    market_id: i32,
    after_sequence: i64,
    limit: i32,
) -> Result<Vec<MarketFact>, Error> {
    const STATEMENT: Statement = Statement::read(
        "market_facts",
        "select sequence, change, order_id, account_id, counter_order_id, counter_account_id, \
         side, kind, time_in_force, post_only, self_trade, client_order_id, price, quantity, \
         amount, fee, counter_fee, reason, final_quote, occurred_at \
         from exchange.market_facts($1, $2, $3)",
    );
    let rows = on
        .rows(STATEMENT, &[&market_id, &after_sequence, &limit])
        .await?;
    rows.iter().map(fact_of).collect()
}

fn fact_of(row: &Row) -> Result<MarketFact, Error> {
    let change: &str = named(row, 1)?;
    let change = match change {
        "placed" => MarketChange::Placed(Box::new(placed_of(row)?)),
        "traded" => MarketChange::Traded(Box::new(trade_of(row)?)),
        kind => MarketChange::Updated(OrderUpdate {
            order_id: column(row, 2)?,
            account_id: column(row, 3)?,
            kind: kind.to_owned(),
            reason: column(row, 17)?,
            removed_quantity: column(row, 13)?,
        }),
    };
    Ok(MarketFact {
        sequence: column(row, 0)?,
        occurred_at: column(row, 19)?,
        change,
    })
}

fn named(row: &Row, index: usize) -> Result<&str, Error> {
    row.try_get(index)
        .map_err(|error| Error::Bug(error.to_string()))
}

fn placed_of(row: &Row) -> Result<PlacedOrder, Error> {
    Ok(PlacedOrder {
        order_id: column(row, 2)?,
        account_id: column(row, 3)?,
        side: column(row, 6)?,
        kind: column(row, 7)?,
        time_in_force: column(row, 8)?,
        post_only: column(row, 9)?,
        self_trade: column(row, 10)?,
        client_order_id: column(row, 11)?,
        price: column(row, 12)?,
        quantity: column(row, 13)?,
        budget: column(row, 14)?,
        final_quote: column(row, 18)?,
    })
}

fn trade_of(row: &Row) -> Result<MarketTrade, Error> {
    let party = |order, account, fee| {
        Ok::<_, Error>(TradeParty {
            order_id: column(row, order)?,
            account_id: column(row, account)?,
            fee: column(row, fee)?,
        })
    };
    Ok(MarketTrade {
        taker: party(2, 3, 15)?,
        maker: party(4, 5, 16)?,
        taker_side: column(row, 6)?,
        price: column(row, 12)?,
        quantity: column(row, 13)?,
        quote_amount: column(row, 14)?,
    })
}

/// A market's open orders at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MarketSnapshot {
    /// The moment: the orders are as they were right after this number.
    pub sequence: i64,
    /// The newest number when it was read.
    pub last_sequence: i64,
    /// All open orders, by number.
    pub orders: Vec<SnapshotOrder>,
}

/// A resting order. It is a limit order that is good till cancelled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotOrder {
    /// Its number.
    pub order_id: i64,
    /// Its owner.
    pub account_id: i64,
    /// The owner's name for it.
    pub client_order_id: Option<String>,
    /// buy or sell.
    pub side: String,
    /// Was refused rather than take.
    pub post_only: bool,
    /// What happens on meeting an order of the same account.
    pub self_trade: String,
    /// Its price.
    pub price: String,
    /// Base quantity as placed.
    pub quantity: String,
    /// Taken off by reductions.
    pub reduced_quantity: String,
    /// Base traded.
    pub filled_quantity: String,
    /// Quote traded.
    pub filled_quote: String,
    /// When it was accepted.
    pub placed_at: OffsetDateTime,
}

/// A market's open orders as they were at least `history` facts ago, so that whoever applies the
/// facts after it knows them too; 0: now.
///
/// # Errors
/// The database's.
pub async fn market_snapshot(
    on: &impl Query,
    market_id: i32,
    history: i64,
) -> Result<MarketSnapshot, Error> {
    const STATEMENT: Statement = Statement::read(
        "market_snapshot",
        "select sequence, last_sequence, order_id, account_id, client_order_id, side, post_only, \
         self_trade, price, quantity, reduced_quantity, filled_quantity, filled_quote, placed_at \
         from exchange.market_snapshot($1, $2)",
    );
    let rows = on.rows(STATEMENT, &[&market_id, &history]).await?;
    let Some((head, orders)) = rows.split_first() else {
        return Err(Error::Bug("market_snapshot gave no row".to_owned()));
    };
    Ok(MarketSnapshot {
        sequence: column(head, 0)?,
        last_sequence: column(head, 1)?,
        orders: orders.iter().map(order_of).collect::<Result<_, _>>()?,
    })
}

fn order_of(row: &Row) -> Result<SnapshotOrder, Error> {
    Ok(SnapshotOrder {
        order_id: column(row, 2)?,
        account_id: column(row, 3)?,
        client_order_id: column(row, 4)?,
        side: column(row, 5)?,
        post_only: column(row, 6)?,
        self_trade: column(row, 7)?,
        price: column(row, 8)?,
        quantity: column(row, 9)?,
        reduced_quantity: column(row, 10)?,
        filled_quantity: column(row, 11)?,
        filled_quote: column(row, 12)?,
        placed_at: column(row, 13)?,
    })
}

/// The number of the last message of each of these streams, 0 where nothing was said yet.
///
/// # Errors
/// The database's.
pub async fn positions_of(on: &impl Query, stream_ids: &[i32]) -> Result<Vec<(i32, i64)>, Error> {
    const STATEMENT: Statement = Statement::read(
        "positions_of",
        "select stream_id, last_sequence from exchange.positions_of($1)",
    );
    let rows = on.rows(STATEMENT, &[&stream_ids]).await?;
    let position = |row| Ok((column(row, 0)?, column(row, 1)?));
    rows.iter().map(position).collect()
}
