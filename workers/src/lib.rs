//! What runs beside the API: one module a worker, each a subcommand of the one binary.

pub mod audit;
pub mod bitcoin;
pub mod candles;
pub mod cold;
pub mod deadlines;
pub mod evm;
mod evm_bytes;
mod evm_limits;
mod evm_price;
pub mod fault_point;
mod hot_wallet;
pub mod hsm_key;
pub mod hsm_signing;
pub mod kyc;
pub mod mail;
pub mod node_client;
pub mod payments;
pub mod reserves;
pub mod sanctions;
pub mod signer;
pub mod statements;
pub mod upkeep;
pub mod wallets;
pub mod watch;
