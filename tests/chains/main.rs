//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod deposit_faults;
mod deposits_bitcoin;
mod deposits_evm;
mod keys;
mod nodes;
mod reorganisations;
mod suspicious_deposits;
