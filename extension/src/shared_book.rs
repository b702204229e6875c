//! The book in shared memory: found, built from the tables when first touched, compared with them.

use crate::pg::table::Table;
use crate::pg::{lock, memory, session, transaction};
use crate::store::markets::Market;
use crate::store::{history, orders};
use engine::book::{Book, Journal, Resting};

/// Locks the market's book for the rest of the transaction and makes sure that it is built; returns
/// its slot.
pub(crate) fn open_exclusive(market: &Market) -> usize {
    lock::exclusive(market.id);
    let slot = memory::slot(market.id);
    build_if_needed(slot, market);
    slot
}

/// Lets `read` look at the book while nobody changes it.
///
/// A standby has no book: its tables change without the book being told.
pub(crate) fn read<T>(market: &Market, read: impl FnOnce(&Book<'_>) -> T) -> T {
    if session::in_recovery() {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            "a standby has no book in memory",
            "Read exchange.order_book() or the orders themselves."
        );
    }
    let lock = lock::shared(market.id);
    let slot = memory::slot(market.id);
    if memory::built_from(slot) != open_orders_file() {
        // Building takes the lock that keeps other readers out; it stays until the transaction
        // ends.
        lock.release();
        open_exclusive(market);
        return look(slot, read);
    }
    let result = look(slot, read);
    lock.release();
    result
}

fn look<T>(slot: usize, read: impl FnOnce(&Book<'_>) -> T) -> T {
    let mut unused = Journal::default();
    read(&Book::new(memory::lend(slot), &mut unused))
}

fn open_orders_file() -> u32 {
    Table::open_to_read(orders::OPEN).file()
}

fn build_if_needed(slot: usize, market: &Market) {
    let table = Table::open_to_read(orders::OPEN);
    let file = table.file();
    if memory::built_from(slot) == file {
        return;
    }
    assert!(
        !transaction::has_changed(slot),
        "the book of {} lost its table under this transaction",
        market.symbol
    );
    let mut resting: Vec<Resting> = Vec::new();
    orders::scan_open(&table, market, |order| resting.push(order));
    resting.sort_unstable_by_key(|order| order.sequence);
    let mut unused = Journal::default();
    let mut book = Book::new(memory::lend(slot), &mut unused);
    book.clear();
    for order in &resting {
        if book.restore(*order).is_err() {
            pgrx::ereport!(
                ERROR,
                pgrx::PgSqlErrorCode::ERRCODE_CONFIGURATION_LIMIT_EXCEEDED,
                format!(
                    "{} open orders of {} do not fit its book",
                    resting.len(),
                    market.symbol
                ),
                "Raise exchange.max_open_orders and restart the server."
            );
        }
    }
    let last = history::last_facts(market);
    book.set_sequence(last.sequence);
    book.set_last_price(last.price_ticks);
    memory::set_built_from(slot, file);
}

/// Forgets the market's book, so that its next use builds it anew.
pub(crate) fn reset(market: &Market) {
    lock::exclusive(market.id);
    let slot = memory::slot(market.id);
    if transaction::has_changed(slot) {
        pgrx::ereport!(
            ERROR,
            pgrx::PgSqlErrorCode::ERRCODE_OBJECT_IN_USE,
            format!("this transaction has traded in {}", market.symbol),
            "Reset the book in a transaction of its own."
        );
    }
    memory::forget(slot);
}

/// Compares the book with the tables, order by order, and looks for damage inside it. On a standby,
/// where there is no book, there is nothing to find.
pub(crate) fn verify(market: &Market) -> Vec<(Option<u64>, String)> {
    if session::in_recovery() {
        return Vec::new();
    }
    read(market, |book| {
        let mut problems = Vec::new();
        if let Err(problem) = book.validate() {
            problems.push((None, problem));
        }
        let mut matched = 0;
        orders::scan_open(
            &Table::open_to_read(orders::OPEN),
            market,
            |stored| match book.get(stored.sequence) {
                Some(order) if order == stored => matched += 1,
                Some(order) => problems.push((
                    Some(stored.sequence),
                    format!("book has {order:?}, table {stored:?}"),
                )),
                None => {
                    problems.push((
                        Some(stored.sequence),
                        "in the table, not in the book".into(),
                    ));
                }
            },
        );
        if matched != book.len() {
            problems.push((
                None,
                format!("book has {} orders, {matched} match", book.len()),
            ));
        }
        let last = history::last_facts(market);
        if last.sequence != book.sequence() {
            let at = (book.sequence(), last.sequence);
            problems.push((
                None,
                format!("book is at number {}, events at {}", at.0, at.1),
            ));
        }
        if last.price_ticks != book.last_price_ticks().unwrap_or(0) {
            problems.push((None, "last price differs from the last trade".into()));
        }
        problems
    })
}
