//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod cold;
mod deposit_faults;
mod deposits_bitcoin;
mod deposits_evm;
mod evm_outcomes;
mod keys;
mod nodes;
mod reorganisations;
mod reserves;
mod signers;
mod soak;
mod suspicious_deposits;
mod sweeps;
mod wallet;
mod withdrawals_bitcoin;
mod withdrawals_evm;
