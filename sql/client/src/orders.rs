//! Reading an account's orders.

use time::OffsetDateTime;
use tokio_postgres::Row;

use crate::commands::Side;
use crate::error::Error;
use crate::outcomes::State;
use crate::place::Place;
use crate::pool::Pool;
use crate::query::{Params, Statement, column};
use crate::transaction::read_as;

/// Most rows of a page.
pub const MAX_PAGE: i32 = 1000;

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
    /// Only of this market.
    pub market: Option<String>,
    /// Only in these states; empty: all.
    pub states: Vec<State>,
    /// Only on this side.
    pub side: Option<Side>,
    /// Placed at this time or later.
    pub from: Option<OffsetDateTime>,
    /// Placed before this time.
    pub to: Option<OffsetDateTime>,
    /// Only what follows this place: the last one of the page before.
    pub before: Option<Place>,
    /// At most so many; 0 or more than 1,000 means 1,000.
    pub limit: i64,
}

impl Order {
    /// Where it stands in the list.
    pub fn place(&self) -> Place {
        Place {
            at: self.placed_at,
            number: self.order_id,
            part: 0,
        }
    }
}

/// The columns that [`order_of`] reads.
macro_rules! select {
    ($from:literal) => {
        concat!(
            "select order_id, market, client_order_id, side, kind, time_in_force, post_only, \
             self_trade, price::text, quantity::text, budget::text, reduced_quantity::text, \
             filled_quantity::text, filled_quote::text, remaining_quantity::text, state, \
             placed_at, closed_at from ",
            $from
        )
    };
}

/// An account's orders, the newest first.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`.
pub async fn orders(
    pool: &Pool,
    account_id: i64,
    filter: &OrderFilter,
) -> Result<Vec<Order>, Error> {
    const STATEMENT: Statement = Statement::read(
        "orders",
        select!("exchange.orders_of($1, $2, $3, $4, $5, $6, $7, $8, $9)"),
    );
    let states: Vec<&str> = filter.states.iter().map(|state| state.name()).collect();
    let params: Params<'_> = &[
        &account_id,
        &filter.market,
        &states,
        &filter.side.map(Side::name),
        &filter.from,
        &filter.to,
        &filter.before.map(|place| place.at),
        &filter.before.map(|place| place.number),
        &page(filter.limit),
    ];
    read_as(pool, account_id, STATEMENT, params)
        .await?
        .iter()
        .map(order_of)
        .collect()
}

/// One order of an account, open or ended, by one of its two names; `None` where it has no such
/// order.
///
/// # Errors
/// The database's.
pub async fn order(
    pool: &Pool,
    account_id: i64,
    order_id: Option<i64>,
    client_order_id: Option<&str>,
) -> Result<Option<Order>, Error> {
    const STATEMENT: Statement = Statement::read("order", select!("exchange.order_of($1, $2, $3)"));
    let params: Params<'_> = &[&account_id, &order_id, &client_order_id];
    let rows = read_as(pool, account_id, STATEMENT, params).await?;
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

/// What the server takes: a number of rows within the limit.
pub(crate) fn page(limit: i64) -> i32 {
    i32::try_from(limit)
        .ok()
        .filter(|limit| (1..=MAX_PAGE).contains(limit))
        .unwrap_or(MAX_PAGE)
}
