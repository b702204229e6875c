//! The bench of the API: real clients over loopback, on the machine that also runs the API and
//! Postgres.

pub mod connection;
pub mod depth;
pub mod frames;
pub mod latency;
pub mod logins;
pub mod orders;
pub mod run;
pub mod sockets;
pub mod thread;
pub mod trader;
