//! The HTTP API: it parses, authorises, calls one function of the database, and replies.
//!
//! It holds no state that matters: every fact is in Postgres, and any number of servers can run.

pub mod app;
pub mod auth;
pub mod config;
pub mod error;
pub mod extract;
pub mod gather;
pub mod request_id;
pub mod routes;
pub mod submit;
pub mod wire;
