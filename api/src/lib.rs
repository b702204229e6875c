//! The HTTP API: it parses, authorises, calls one function of the database, and replies.
//!
//! It holds no state that matters: every fact is in Postgres, and any number of servers can run.

pub mod address;
pub mod app;
pub mod auth;
pub mod batcher;
pub mod config;
pub mod deadline;
pub mod documents;
pub mod error;
pub mod extract;
pub mod feed;
pub mod gather;
#[cfg(test)]
mod guide;
pub mod limits;
pub mod openapi;
pub mod outbox;
pub mod panics;
pub mod positions;
pub mod request_id;
pub mod routes;
pub mod server;
pub mod submit;
pub mod wallet;
pub mod wire;
pub mod ws;
