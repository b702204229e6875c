//! All tests of the exchange as a whole, in one binary: each module is a list of sentences.
//!
//! Those that need Postgres share one private cluster, and have a database each.

#![allow(missing_docs, reason = "a test is its own documentation")]

mod bench;
mod capacity;
mod crash;
mod dump;
mod durability;
mod flows;
mod history;
mod isolation;
mod markets;
mod messages;
mod parallel_markets;
mod recovery;
mod replay;
mod roles;
mod scenarios;
mod tidy;
mod transactions;
