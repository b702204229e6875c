//! What the crate `chain` does, by published vectors where there are some.

mod addresses;
mod blocks;
mod bumps;
mod evm;
mod fees;
mod keys;
mod liabilities;
mod safe;
mod signatures;
mod spends;
mod stage;
mod unsigned;
