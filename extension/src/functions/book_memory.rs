//! `exchange.book_memory()`: how full the books are.

use crate::pg::memory;
use crate::shared_book;
use crate::store::markets::Markets;
use pgrx::iter::TableIterator;
use pgrx::prelude::*;

#[pg_extern(sql = false)]
fn book_memory() -> TableIterator<
    'static,
    (
        name!(market, String),
        name!(open_orders, i64),
        name!(capacity, i64),
        name!(bytes, i64),
    ),
> {
    let markets = Markets::read();
    let mut books = Vec::new();
    for market in markets.all() {
        let (open, capacity) =
            shared_book::read(market, |book| (book.len() as i64, book.capacity() as i64));
        books.push((
            market.symbol.clone(),
            open,
            capacity,
            memory::book_bytes() as i64,
        ));
    }
    TableIterator::new(books)
}
