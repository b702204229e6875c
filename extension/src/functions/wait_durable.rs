//! `exchange.wait_durable() returns void`.

use crate::pg::wal;
use pgrx::prelude::*;

/// Returns once everything that is visible now is on disk, and replicated where that is asked for.
#[pg_extern(sql = false)]
fn wait_durable() {
    wal::wait_for_visible();
}
