//! The only place with `unsafe`: Postgres behind types that are safe to use.
//!
//! What is Postgres' own state (locks, relations, snapshots) is released by its resource owner when
//! a transaction aborts, so nothing here cleans up while a panic unwinds.

#![allow(unsafe_code)]

pub(crate) mod appender;
pub(crate) mod catalog;
pub(crate) mod constraints;
pub(crate) mod counters;
pub(crate) mod hints;
pub(crate) mod lock;
pub(crate) mod memory;
pub(crate) mod notify;
pub(crate) mod numeric;
pub(crate) mod row;
pub(crate) mod session;
pub(crate) mod start;
pub(crate) mod table;
pub(crate) mod transaction;
pub(crate) mod wal;
