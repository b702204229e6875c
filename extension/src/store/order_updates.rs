//! `order_updates`: reductions, cancels and expiries.

use crate::ids;
use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row};
use crate::pg::table::{Key, Table};
use crate::store::markets::Market;
use crate::store::months;
use engine::facts::{CancelReason, Change, ExpireReason, Update};

mod column {
    pub(super) const COUNTER_ORDER_ID: usize = 7;
}

/// `kind` and `reason` of a change.
fn names(change: Change) -> (&'static str, &'static str) {
    match change {
        Change::Reduced => ("reduced", "requested"),
        Change::Cancelled(CancelReason::Requested) => ("cancelled", "requested"),
        Change::Cancelled(CancelReason::CancelAll) => ("cancelled", "cancel_all"),
        Change::Cancelled(CancelReason::Replaced) => ("cancelled", "replaced"),
        Change::Expired(ExpireReason::Unfilled) => ("expired", "unfilled"),
        Change::Expired(ExpireReason::SelfTrade) => ("expired", "self_trade"),
    }
}

/// Writes the updates of a batch in one market.
pub(crate) fn insert(market: &Market, updates: &[Update], at: i64, arena: &mut Arena) {
    if updates.is_empty() {
        return;
    }
    let table = Table::open(&months::partition("order_updates", at));
    let mut appender = Appender::new(&table);
    let mut row = Row::default();
    for update in updates {
        let (kind, reason) = names(update.change);
        let removed = market.quantity(update.removed_lots);
        let prevented = market.quantity(update.prevented_lots);
        row.clear();
        row.bigint(ids::number(market.id, update.sequence));
        row.integer(market.id as i32);
        row.bigint(ids::number(market.id, update.order));
        row.bigint(update.account as i64);
        row.text(arena, kind);
        row.text(arena, reason);
        row.numeric(arena, removed.units, removed.scale);
        match update.counter_order {
            Some(counter) => row.bigint(ids::number(market.id, counter)),
            None => row.null(),
        }
        row.numeric(arena, prevented.units, prevented.scale);
        row.timestamp(at);
        appender.add(&row, &mut |_| {});
    }
    appender.finish(&mut |_| {});
}

/// Whether the order's placement ended on meeting an older order of its own account.
pub(crate) fn met_itself(order: i64, placed_at: i64) -> bool {
    let name = months::partition("order_updates", placed_at);
    let table = Table::open_to_read(&name);
    let mut met = false;
    table
        .index(&format!("{name}_order_id_idx"), 1)
        .each(&[Key::Bigint(order)], |row| {
            let counter = (!row.is_null(column::COUNTER_ORDER_ID))
                .then(|| row.bigint(column::COUNTER_ORDER_ID));
            met |= counter.is_some_and(|counter| counter < order);
        });
    met
}
