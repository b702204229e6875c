//! The only Rust that speaks to Postgres over the wire: a pool, transactions that are retried, the
//! doorbell, and one typed function per SQL function.
//!
//! Decimals pass through as text, as Postgres prints them; this crate never calculates with them.

pub mod accounts;
pub mod books;
pub mod checks;
pub mod commands;
pub mod config;
pub mod error;
pub mod events;
pub mod listen;
pub mod markets;
pub mod orders;
pub mod outcomes;
pub mod partitions;
pub mod pool;
pub mod query;
pub mod retry;
pub mod sessions;
pub mod submit;
pub mod trades;
pub mod transaction;

pub use accounts::{
    Adjustment, Balance, StatementEntry, account_balances, account_statement, adjust_balance,
    balance_at, create_account, set_account_status, set_password_hash,
};
pub use books::{BookMemory, BookOrder, book_memory, book_orders, reset_book};
pub use checks::{BookProblem, Violation, verify_book, violations};
pub use commands::{Command, Kind, SelfTrade, Side, Terms, TimeInForce};
pub use config::Config;
pub use error::Error;
pub use events::{Message, StreamPosition, messages_after, stream_positions, wait_durable};
pub use listen::{Listener, Ring, follow, listen};
pub use markets::{
    Level, Market, NewMarket, PublicTrade, book_at, create_market, markets, order_book,
    recent_trades, set_market_status,
};
pub use orders::{Order, OrderFilter, order, orders};
pub use outcomes::{OrderOutcome, Outcome, Reject, State};
pub use partitions::make_partitions;
pub use pool::{Pool, ping};
pub use query::Query;
pub use sessions::{
    Login, close_session, forget_ended_sessions, login_account, open_session, session_account,
};
pub use submit::{
    cancel_all_orders, cancel_order, place_order, reduce_order, replace_order, submit,
};
pub use trades::{AccountTrade, TradeFilter, account_trades};
pub use transaction::{Transaction, run_tx};
