//! Placing, changing and reading orders, and the trades of an account.

use time::OffsetDateTime;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::commands::{Command, Side, Terms};
use crate::error::Error;
use crate::outcomes::{Outcome, State};
use crate::pool::Pool;
use crate::query::{Query, Statement, column};
use crate::transaction::read_as;

/// Most commands of a batch.
pub const MAX_BATCH: usize = 4096;
/// Most rows of a page.
pub const MAX_PAGE: i64 = 1000;

/// Runs commands in order, in one transaction, and answers each in the same order. A refused one
/// harms no other.
///
/// # Errors
/// The database's; more than [`MAX_BATCH`] commands are a fault of the caller's.
pub async fn submit(on: &impl Query, commands: &[Command]) -> Result<Vec<Outcome>, Error> {
    const STATEMENT: Statement = Statement::write("submit", "select exchange.submit($1)");
    if commands.len() > MAX_BATCH {
        return Err(Error::Bug(format!(
            "a batch of {} commands",
            commands.len()
        )));
    }
    let Json(outcomes): Json<Vec<Outcome>> = on.value(STATEMENT, &[&Json(commands)]).await?;
    if outcomes.len() != commands.len() {
        let (asked, got) = (commands.len(), outcomes.len());
        return Err(Error::Bug(format!("{asked} commands had {got} outcomes")));
    }
    Ok(outcomes)
}

/// Places one order.
///
/// # Errors
/// The database's.
pub async fn place_order(
    on: &impl Query,
    account_id: i64,
    market: &str,
    terms: Terms,
) -> Result<Outcome, Error> {
    let market = market.to_owned();
    only(
        submit(
            on,
            &[Command::Place {
                account_id,
                market,
                terms,
            }],
        )
        .await?,
    )
}

/// Cancels one open order by its number.
///
/// # Errors
/// The database's.
pub async fn cancel_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
) -> Result<Outcome, Error> {
    let order_id = Some(order_id);
    let command = Command::Cancel {
        account_id,
        order_id,
        client_order_id: None,
    };
    only(submit(on, &[command]).await?)
}

/// Cancels all open orders of an account, optionally of one market or side.
///
/// # Errors
/// The database's.
pub async fn cancel_all_orders(
    on: &impl Query,
    account_id: i64,
    market: Option<&str>,
    side: Option<Side>,
) -> Result<Outcome, Error> {
    let market = market.map(str::to_owned);
    only(
        submit(
            on,
            &[Command::CancelAll {
                account_id,
                market,
                side,
            }],
        )
        .await?,
    )
}

/// Lowers what an order has open.
///
/// # Errors
/// The database's.
pub async fn reduce_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
    quantity: &str,
) -> Result<Outcome, Error> {
    let quantity = quantity.to_owned();
    only(
        submit(
            on,
            &[Command::Reduce {
                account_id,
                order_id,
                quantity,
            }],
        )
        .await?,
    )
}

/// Cancels an order and places another in its market: both, or neither.
///
/// # Errors
/// The database's.
pub async fn replace_order(
    on: &impl Query,
    account_id: i64,
    order_id: i64,
    terms: Terms,
) -> Result<Outcome, Error> {
    only(
        submit(
            on,
            &[Command::Replace {
                account_id,
                order_id,
                terms,
            }],
        )
        .await?,
    )
}

fn only(outcomes: Vec<Outcome>) -> Result<Outcome, Error> {
    outcomes
        .into_iter()
        .next()
        .ok_or_else(|| Error::Bug("no outcome".to_owned()))
}

/// An order as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// Its number.
    pub order_id: i64,
    /// Its market's symbol.
    pub market: String,
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
    /// Base quantity as placed; none for budget orders.
    pub quantity: Option<String>,
    /// Quote to spend at most.
    pub budget: Option<String>,
    /// Taken off by reductions.
    pub reduced_quantity: String,
    /// Base traded.
    pub filled_quantity: String,
    /// Quote traded.
    pub filled_quote: String,
    /// What is still open.
    pub remaining_quantity: String,
    /// open, filled, cancelled or expired.
    pub state: String,
    /// When it was accepted.
    pub placed_at: OffsetDateTime,
    /// When it ended.
    pub closed_at: Option<OffsetDateTime>,
}

/// Which orders of an account to list.
#[derive(Clone, Debug, Default)]
pub struct OrderFilter {
    /// Only of this market; an unknown one has none.
    pub market: Option<String>,
    /// Only in these states; empty: all.
    pub states: Vec<State>,
    /// Only on this side.
    pub side: Option<Side>,
    /// Only orders with a smaller number: the last one of the page before.
    pub before_order_id: Option<i64>,
    /// At most so many; 0 or more than [`MAX_PAGE`]: [`MAX_PAGE`].
    pub limit: i64,
}

macro_rules! order_columns {
    ($rest:literal) => {
        concat!(
            "select order_id, market, client_order_id, side, kind, time_in_force, post_only, \
             self_trade, price::text, quantity::text, budget::text, reduced_quantity::text, \
             filled_quantity::text, filled_quote::text, remaining_quantity::text, state, \
             placed_at, closed_at from exchange.account_orders ",
            $rest
        )
    };
}

/// An account's orders, largest number first: market by market, in each the newest first.
///
/// # Errors
/// The database's.
pub async fn orders(
    pool: &Pool,
    account_id: i64,
    filter: &OrderFilter,
) -> Result<Vec<Order>, Error> {
    const STATEMENT: Statement = Statement::read(
        "orders",
        order_columns!(
            "where account_id = $1 \
             and order_id >= coalesce((select m.market_id * 100000000000000 \
                 from exchange.markets m where m.symbol = $2), 0) \
             and order_id < least($5, (select (m.market_id + 1) * 100000000000000 \
                 from exchange.markets m where m.symbol = $2)) \
             and ($2::text is null or market = $2) \
             and (cardinality($3::text[]) = 0 or state = any ($3)) \
             and ($4::text is null or side = $4) \
             order by order_id desc limit $6"
        ),
    );
    let states: Vec<&str> = filter.states.iter().map(|state| state.name()).collect();
    let side = filter.side.map(Side::name);
    let before = filter.before_order_id.unwrap_or(i64::MAX);
    let rows = read_as(
        pool,
        account_id,
        STATEMENT,
        &[
            &account_id,
            &filter.market,
            &states,
            &side,
            &before,
            &page(filter.limit),
        ],
    )
    .await?;
    rows.iter().map(order_of).collect()
}

/// One order of an account; `None` where it has no such order.
///
/// # Errors
/// The database's.
pub async fn order(pool: &Pool, account_id: i64, order_id: i64) -> Result<Option<Order>, Error> {
    const STATEMENT: Statement = Statement::read(
        "order",
        order_columns!("where account_id = $1 and order_id = $2 limit 1"),
    );
    let rows = read_as(pool, account_id, STATEMENT, &[&account_id, &order_id]).await?;
    rows.first().map(order_of).transpose()
}

fn order_of(row: &Row) -> Result<Order, Error> {
    Ok(Order {
        order_id: column(row, 0)?,
        market: column(row, 1)?,
        client_order_id: column(row, 2)?,
        side: column(row, 3)?,
        kind: column(row, 4)?,
        time_in_force: column(row, 5)?,
        post_only: column(row, 6)?,
        self_trade: column(row, 7)?,
        price: column(row, 8)?,
        quantity: column(row, 9)?,
        budget: column(row, 10)?,
        reduced_quantity: column(row, 11)?,
        filled_quantity: column(row, 12)?,
        filled_quote: column(row, 13)?,
        remaining_quantity: column(row, 14)?,
        state: column(row, 15)?,
        placed_at: column(row, 16)?,
        closed_at: column(row, 17)?,
    })
}

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
}

/// Which trades of an account to list.
#[derive(Clone, Debug, Default)]
pub struct TradeFilter {
    /// Only of this market; an unknown one has none.
    pub market: Option<String>,
    /// Only trades with a smaller number: the last one of the page before.
    pub before_trade_id: Option<i64>,
    /// At most so many; 0 or more than [`MAX_PAGE`]: [`MAX_PAGE`].
    pub limit: i64,
}

/// An account's trades, largest number first: market by market, in each the newest first.
///
/// # Errors
/// The database's.
pub async fn account_trades(
    pool: &Pool,
    account_id: i64,
    filter: &TradeFilter,
) -> Result<Vec<AccountTrade>, Error> {
    const STATEMENT: Statement = Statement::read(
        "account_trades",
        "select trade_id, market, liquidity, side, order_id, price::text, quantity::text, \
         quote_amount::text, fee::text, fee_asset, traded_at \
         from exchange.account_trades \
         where account_id = $1 \
         and trade_id >= coalesce((select m.market_id * 100000000000000 \
             from exchange.markets m where m.symbol = $2), 0) \
         and trade_id < least($3, (select (m.market_id + 1) * 100000000000000 \
             from exchange.markets m where m.symbol = $2)) \
         and ($2::text is null or market = $2) \
         order by trade_id desc limit $4",
    );
    let before = filter.before_trade_id.unwrap_or(i64::MAX);
    let rows = read_as(
        pool,
        account_id,
        STATEMENT,
        &[&account_id, &filter.market, &before, &page(filter.limit)],
    )
    .await?;
    rows.iter().map(trade_of).collect()
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
    })
}

fn page(limit: i64) -> i64 {
    if (1..=MAX_PAGE).contains(&limit) {
        limit
    } else {
        MAX_PAGE
    }
}
