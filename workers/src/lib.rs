//! What runs beside the API: one module a worker, each a subcommand of the one binary.

pub mod upkeep;
