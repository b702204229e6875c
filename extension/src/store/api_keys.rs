//! `api_keys`: whether a key still allows to trade.

use crate::pg::table::{IndexLookup, Key, Table};
use engine::order::AccountId;

mod column {
    pub(super) const ACCOUNT_ID: usize = 1;
    pub(super) const PERMISSIONS: usize = 7;
    pub(super) const REVOKED_AT: usize = 11;
}

/// What a key must allow for its commands to be done.
const TRADE: &str = "trade";

/// Opens the table, to be read as committed when it is first asked.
pub(crate) fn open() -> Table {
    Table::open_to_read("api_keys")
}

/// Opens its index by number.
pub(crate) fn lookup(table: &Table) -> IndexLookup<'_> {
    table.index("api_keys_pkey", 1)
}

/// Whether it is the account's, not revoked, and allows to trade.
pub(crate) fn holds(lookup: &mut IndexLookup<'_>, api_key_id: i64, account: AccountId) -> bool {
    let found = lookup.find(&[Key::Bigint(api_key_id)], |_, row| {
        row.bigint(column::ACCOUNT_ID) as u64 == account
            && row.is_null(column::REVOKED_AT)
            && row.mentions(column::PERMISSIONS, TRADE)
    });
    found == Some(true)
}
