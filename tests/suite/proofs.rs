//! Proofs of what users are owed and of what chains hold, without any node.

mod access;
mod command;
mod reconciliation;
mod signers;
mod stage;
mod trees;
