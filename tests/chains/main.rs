//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod keys;
mod deposit_faults;
mod deposits_bitcoin;
mod deposits_evm;
mod nodes;
mod reorganisations;
mod suspicious_deposits;
