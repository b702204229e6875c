//! The bench: one mix of orders on the engine, on plain set-based SQL, on a plain PL/pgSQL matcher.
//!
//! All on one durable cluster and in one run, because figures of different runs do not compare.
//! What the load costs is paid before the clock starts: batches are made beforehand.

pub mod addresses;
pub mod chains;
pub mod documents;
pub mod engine_rate;
pub mod floor;
pub mod floor_rows;
pub mod http;
pub mod load;
pub mod payments;
pub mod plain;
pub mod proof;
pub mod rebuild;
pub mod report;
pub mod risk_cost;
pub mod run;
pub mod stage;
