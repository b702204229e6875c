//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod keys;
mod nodes;
mod reserves;
