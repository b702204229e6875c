//! Harness of the tests: clusters, databases, scenarios, isolation specs, load, and the bench.
//!
//! The tests themselves are in `suite/`; what they run on is here.

pub mod account_keys;
pub mod api_server;
pub mod arrivals;
pub mod bench;
pub mod bitcoin_node;
pub mod chain_fixture;
pub mod checks;
pub mod cluster;
pub mod cold_room;
pub mod comparison;
pub mod database;
pub mod evm_gate;
pub mod evm_node;
pub mod fault_points;
pub mod fixture;
pub mod flow;
pub mod form;
pub mod house;
pub mod isolation;
pub mod local_book;
pub mod looks;
pub mod mail_server;
pub mod many_deposits;
mod node_process;
pub mod outage;
pub mod passkey_device;
pub mod paying_bitcoin;
pub mod paying_evm;
pub mod post_office;
pub mod purse;
pub mod random_commands;
pub mod raw;
pub mod scenario;
pub mod socket;
pub mod staff;
pub mod token;
pub mod trading;
pub mod wait;
pub mod watched_bitcoin;
pub mod watched_evm;
pub mod worker;
