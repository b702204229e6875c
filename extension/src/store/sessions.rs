//! `sessions`: whether a login still holds.

use crate::pg::table::{IndexLookup, Key, Table};
use engine::order::AccountId;

mod column {
    pub(super) const ACCOUNT_ID: usize = 1;
    pub(super) const EXPIRES_AT: usize = 3;
}

/// Opens the table, to be read as committed when it is first asked.
pub(crate) fn open() -> Table {
    Table::open_to_read("sessions")
}

/// Opens its index by number.
pub(crate) fn lookup(table: &Table) -> IndexLookup<'_> {
    table.index("sessions_session_id_key", 1)
}

/// Whether it is the account's and has not ended by `at`.
pub(crate) fn holds(
    lookup: &mut IndexLookup<'_>,
    session_id: i64,
    account: AccountId,
    at: i64,
) -> bool {
    let found = lookup.find(&[Key::Bigint(session_id)], |_, row| {
        row.bigint(column::ACCOUNT_ID) as u64 == account && row.bigint(column::EXPIRES_AT) > at
    });
    found == Some(true)
}
