//! The Postgres extension `exchange`: matching and holds inside the caller's transaction.
//!
//! Thin: the engine decides (`extension/engine`), this crate books. `functions` is what SQL sees,
//! `store` knows the tables, `pg` alone knows Postgres' internals.

mod access;
mod answer;
mod batch;
mod booking;
mod functions;
mod funds;
mod hash;
mod ids;
mod pg;
mod plan;
mod risk;
mod settings;
mod shared_book;
mod store;
mod units;
mod wire;

pgrx::pg_module_magic!();

/// Called by Postgres when it loads the library.
#[pgrx::pg_guard]
extern "C-unwind" fn _PG_init() {
    settings::register();
    pg::start::register();
}
