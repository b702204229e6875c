//! The books in shared memory, as operators see them.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Most orders of a book that are read at once.
pub const MAX_BOOK_ORDERS: i64 = 1_000_000;

/// How full a book is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookMemory {
    /// The market's symbol.
    pub market: String,
    /// Orders in it.
    pub open_orders: i64,
    /// Orders that fit.
    pub capacity: i64,
    /// Shared memory that it takes.
    pub bytes: i64,
}

/// How full the books in shared memory are.
///
/// # Errors
/// The database's.
pub async fn book_memory(on: &impl Query) -> Result<Vec<BookMemory>, Error> {
    const STATEMENT: Statement = Statement::read(
        "book_memory",
        "select market, open_orders, capacity, bytes from exchange.book_memory() limit 10000",
    );
    let memory = |row| {
        Ok(BookMemory {
            market: column(row, 0)?,
            open_orders: column(row, 1)?,
            capacity: column(row, 2)?,
            bytes: column(row, 3)?,
        })
    };
    on.rows(STATEMENT, &[]).await?.iter().map(memory).collect()
}

/// A resting order in shared memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookOrder {
    /// Its number.
    pub order_id: i64,
    /// Its owner.
    pub account_id: i64,
    /// buy or sell.
    pub side: String,
    /// Its price.
    pub price: String,
    /// What is still open.
    pub remaining: String,
}

/// The book in shared memory, order by order, in priority order.
///
/// # Errors
/// Rejected: `INVALID_ARGUMENT` where there is no such market.
pub async fn book_orders(on: &impl Query, market: &str) -> Result<Vec<BookOrder>, Error> {
    const STATEMENT: Statement = Statement::read(
        "book_orders",
        "select order_id, account_id, side, price::text, remaining::text \
         from exchange.book_orders($1) limit $2",
    );
    let order = |row| {
        Ok(BookOrder {
            order_id: column(row, 0)?,
            account_id: column(row, 1)?,
            side: column(row, 2)?,
            price: column(row, 3)?,
            remaining: column(row, 4)?,
        })
    };
    on.rows(STATEMENT, &[&market, &MAX_BOOK_ORDERS])
        .await?
        .iter()
        .map(order)
        .collect()
}

/// Forgets a book in shared memory; its next use builds it from the tables.
///
/// # Errors
/// Rejected: `INVALID_ARGUMENT` where there is no such market.
pub async fn reset_book(on: &impl Query, market: &str) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write("reset_book", "select exchange.reset_book($1)");
    on.rows(STATEMENT, &[&market]).await.map(drop)
}
