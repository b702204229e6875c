//! What runs beside the API: one module a worker, each a subcommand of the one binary.

pub mod audit;
pub mod bitcoin;
pub mod candles;
pub mod deadlines;
pub mod evm;
pub mod fault_point;
pub mod hsm_key;
pub mod hsm_signing;
pub mod kyc;
pub mod mail;
pub mod node_client;
pub mod reserves;
pub mod sanctions;
pub mod statements;
pub mod upkeep;
pub mod watch;
