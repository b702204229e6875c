//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod cold;
mod deposit_faults;
mod deposits_bitcoin;
mod deposits_evm;
mod keys;
mod nodes;
mod reorganisations;
mod suspicious_deposits;
mod withdrawals_evm;
