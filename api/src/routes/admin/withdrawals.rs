//! `/api/admin/withdrawals`: reviews and halts, a file an endpoint.

pub(crate) mod halt;
pub(crate) mod halts;
pub(crate) mod lift;
pub(crate) mod queue;
pub(crate) mod review;
