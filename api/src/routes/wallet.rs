//! `/api/wallet`: money in and out, a file an endpoint.

pub(crate) mod add_address;
pub(crate) mod addresses;
pub(crate) mod cancel_withdrawal;
mod destination;
pub(crate) mod remove_address;
pub(crate) mod withdraw;
pub(crate) mod withdraw_fee;
pub(crate) mod withdrawal;
pub(crate) mod withdrawal_mode;
pub(crate) mod withdrawals;
