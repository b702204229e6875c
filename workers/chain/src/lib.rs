//! Bitcoin and EVM chains, without any input or output: keys and addresses, transactions to build
//! and to read, fees. It knows no database, no node, no token, no clock and no randomness.
//!
//! Amounts are whole satoshis (`u64`), wei and token atoms (`U256`); sums are checked.

pub mod address;
pub mod bitcoin_wallet;
pub mod block;
pub mod coin_selection;
pub mod control;
mod curve;
pub mod erc20;
pub mod error;
pub mod evm_transaction;
pub mod extended_key;
pub mod fee;
pub mod liabilities;
pub mod network;
pub mod payment_uri;
pub mod previous;
pub mod public_key;
pub mod qr;
pub mod safe;
pub mod seed;
pub mod signature;
mod signed_by;
pub mod signing;
pub mod spend;
pub mod statement_file;
pub mod unsigned;

pub use error::ChainError;
