//! `order_keys`: which order was placed under a client order id.

use crate::pg::appender::Appender;
use crate::pg::row::{Arena, Row};
use crate::pg::table::{IndexLookup, Key, Table};
use engine::host::Prior;
use engine::order::{AccountId, ClientOrderId};

mod column {
    pub(super) const ORDER_ID: usize = 2;
    pub(super) const FINGERPRINT: usize = 3;
}

/// Opens the table.
pub(crate) fn open() -> Table {
    Table::open("order_keys")
}

/// Opens its index.
pub(crate) fn lookup(table: &Table) -> IndexLookup<'_> {
    table.index("order_keys_pkey", 2)
}

/// What was placed under the id, by a transaction that has ended or by an earlier call of this one.
pub(crate) fn find(
    lookup: &mut IndexLookup<'_>,
    account: AccountId,
    id: &ClientOrderId,
) -> Option<Prior> {
    lookup.find(
        &[Key::Bigint(account as i64), Key::Text(id.as_str())],
        |_, row| Prior {
            order: row.bigint(column::ORDER_ID) as u64,
            fingerprint: row.bigint(column::FINGERPRINT) as u64,
        },
    )
}

/// A key to write.
pub(crate) struct NewKey {
    pub(crate) account: AccountId,
    pub(crate) id: ClientOrderId,
    pub(crate) prior: Prior,
}

/// Writes the keys of a batch.
pub(crate) fn insert(table: &Table, keys: &[NewKey], at: i64, arena: &mut Arena) {
    let mut appender = Appender::new(table);
    let mut row = Row::default();
    for key in keys {
        row.clear();
        row.bigint(key.account as i64);
        row.text(arena, key.id.as_str());
        row.bigint(key.prior.order as i64);
        row.bigint(key.prior.fingerprint as i64);
        row.timestamp(at);
        appender.add(&row, &mut |_| {});
    }
    appender.finish(&mut |_| {});
}
