//! `/api/trade`: placing, changing and listing orders, a file an endpoint.
//!
//! What an endpoint does once its caller is known is its module's `perform`, so that the WebSocket
//! does the same.

pub(crate) mod cancel_all;
pub(crate) mod cancel_all_after;
pub(crate) mod cancel_order;
pub(crate) mod create_order;
pub(crate) mod create_orders;
pub(crate) mod fills;
pub(crate) mod order;
pub(crate) mod orders;
pub(crate) mod reduce_order;
pub(crate) mod replace_order;
pub(crate) mod status;
pub(crate) mod try_order;
