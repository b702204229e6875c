//! What runs beside the API: one module a worker, each a subcommand of the one binary.

pub mod audit;
pub mod candles;
pub mod deadlines;
pub mod mail;
pub mod upkeep;
