//! `/api/account`: what the caller has, had and pays, a file an endpoint.

pub(crate) mod balances;
pub(crate) mod fees;
pub(crate) mod ledger;
pub(crate) mod profile;
