//! Sentences of behaviour. Whatever can be seen from outside runs on the book and on the model.

mod book;
mod cancelling;
mod decimals;
mod desk;
mod holds;
mod idempotency;
mod market_orders;
mod matching;
mod rejects;
mod replacing;
mod rules;
mod self_trades;
mod undo;
