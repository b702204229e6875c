//! `/api/wallet`: where deposits go, and what came.

pub(crate) mod coins;
pub(crate) mod deposit;
pub(crate) mod deposit_address;
pub(crate) mod deposit_qr;
pub(crate) mod deposits;
