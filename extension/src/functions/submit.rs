//! `exchange.submit(batch json) returns json`.

use crate::batch;
use pgrx::prelude::*;

/// Postgres' json is stored as text, and so it is taken and given here. Runs up to
/// [`batch::MAX_COMMANDS`] commands in order. A refused one changes nothing and does not disturb
/// the others.
#[pg_extern(sql = false)]
fn submit(batch: &str) -> String {
    batch::submit(batch)
}
