//! `events`: one row a batch and market says which numbers are new.

use crate::pg::appender::Appender;
use crate::pg::row::Row;
use crate::pg::table::Table;
use crate::store::months;
use engine::order::{MarketId, Sequence};

/// Writes that the market's numbers `first..=last` happened.
pub(crate) fn insert(market: MarketId, first: Sequence, last: Sequence, at: i64) {
    let table = Table::open(&months::partition("events", at));
    let mut appender = Appender::new(&table);
    let mut row = Row::default();
    row.integer(market as i32);
    row.bigint(first as i64);
    row.bigint(last as i64);
    row.null();
    row.timestamp(at);
    appender.add(&row, &mut |_| {});
    appender.finish(&mut |_| {});
}
