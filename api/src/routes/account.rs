//! `/api/account`: what the caller has, had and pays, a file an endpoint.

pub(crate) mod balances;
pub(crate) mod fees;
pub(crate) mod ledger;
pub(crate) mod open_sub_account;
pub(crate) mod profile;
pub(crate) mod sub_accounts;
pub(crate) mod transfer;
