//! All tests of the exchange as a whole, in one binary: each module is a list of sentences.
//!
//! Those that need Postgres share one private cluster, and have a database each.

#![allow(missing_docs, reason = "a test is its own documentation")]

mod access;
mod account_security;
mod attacks;
mod bench;
mod candles;
mod capacity;
mod crash;
mod deadlines;
mod dump;
mod durability;
mod evm_payments;
mod factors;
mod faults;
mod flows;
mod history;
mod hot_reads;
mod isolation;
mod kyc;
mod limits;
mod lists;
mod logins;
mod market_facts;
mod markets;
mod messages;
mod once;
mod parallel_markets;
mod proofs;
mod recovery;
mod registration;
mod replay;
mod risk;
mod roles;
mod scenarios;
mod schema;
mod schemathesis;
mod signatures;
mod sockets;
mod staff;
mod steady_deposits;
mod tidy;
mod timing;
mod transactions;
mod wallet;
mod watching;
mod withdrawals;
