//! Deposits and withdrawals on real nodes: bitcoind in regtest mode, anvil.

mod carriers;
mod cold;
mod compromised_payer;
mod conflicts;
mod deposit_faults;
mod deposits_bitcoin;
mod deposits_evm;
mod evm_outcomes;
mod fault_points;
mod halts;
mod keys;
mod nodes;
mod outages;
mod refunds;
mod reorganisations;
mod reorganisations_evm;
mod reserves;
mod reserves_in_flight;
mod signers;
mod soak;
mod suspicious_deposits;
mod sweep_faults;
mod sweeps;
mod wallet;
mod withdrawals_bitcoin;
mod withdrawals_evm;
