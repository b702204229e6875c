//! One file a table: how its rows are read and written. Knows columns, decides nothing.

pub(crate) mod accounts;
pub(crate) mod api_keys;
pub(crate) mod balances;
pub(crate) mod events;
pub(crate) mod history;
pub(crate) mod markets;
pub(crate) mod months;
pub(crate) mod order_keys;
pub(crate) mod order_rules;
pub(crate) mod order_updates;
pub(crate) mod orders;
pub(crate) mod sessions;
pub(crate) mod trades;
