//! The pure matching engine: orders, books, holds and fees.
//!
//! It decides and never books: no SQL, clock, randomness, float or `unsafe`. The embedder lends it
//! memory for the book (`book`), balances (`host`), and takes away facts (`facts`).

#![forbid(unsafe_code)]

pub mod book;
pub mod command;
pub mod decimal;
mod execute;
pub mod facts;
pub mod fee;
pub mod hold;
pub mod host;
#[cfg(feature = "model")]
pub mod mix;
#[cfg(feature = "model")]
pub mod model;
pub mod order;
#[cfg(feature = "model")]
pub mod random;
pub mod reject;
pub mod rules;
