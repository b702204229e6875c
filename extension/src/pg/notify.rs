//! The doorbell.

use pgrx::{IntoDatum, direct_function_call, pg_sys};

/// The one channel; the payload is the number of the stream that has news.
const CHANNEL: &str = "exchange_events";

/// Tells listeners, at commit, that a stream has news. Postgres folds equal rings of a transaction
/// into one.
pub(crate) fn ring(stream: u32) {
    let arguments = [CHANNEL.into_datum(), stream.to_string().into_datum()];
    // SAFETY: pg_notify takes two texts and returns void.
    unsafe { direct_function_call::<()>(pg_sys::pg_notify, &arguments) };
}
