//! `exchange.reset_book(market text) returns void`.

use crate::shared_book;
use crate::store::markets::Markets;
use pgrx::prelude::*;

/// Forgets the market's book in shared memory; its next use builds it from the tables.
#[pg_extern(sql = false)]
fn reset_book(market: &str) {
    let markets = Markets::read();
    shared_book::reset(super::order_book::named(&markets, market));
}
