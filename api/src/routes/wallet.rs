//! `/api/wallet`: money in and out, a file an endpoint.

pub(crate) mod add_address;
pub(crate) mod addresses;
pub(crate) mod cancel_withdrawal;
pub(crate) mod coins;
pub(crate) mod deposit;
pub(crate) mod deposit_address;
pub(crate) mod deposit_qr;
pub(crate) mod deposits;
pub(crate) mod destination;
pub(crate) mod remove_address;
pub(crate) mod withdraw;
pub(crate) mod withdraw_fee;
pub(crate) mod withdrawal;
pub(crate) mod withdrawal_mode;
pub(crate) mod withdrawals;
