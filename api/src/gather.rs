//! Gathers concurrent commands into batches: a lane per market, and one for what names no market.
//!
//! It knows queues and waiters, not SQL: what runs a batch is behind [`Submit`].

mod lane;

use std::collections::HashMap;
use std::future::Future;
use std::sync::Arc;

use crate::config::gather::GatherConfig;
use crate::error::ApiError;
use lane::Lane;

/// Orders are numbered `market * 10^14 + sequence` (docs/data_model.md).
const ORDERS_PER_MARKET: i64 = 100_000_000_000_000;

/// Why a batch gave no outcomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BatchError {
    /// The database could not be reached; nothing was done.
    Unavailable,
    /// The database was lost after the batch was sent; it may have been done.
    OutcomeUnknown,
    /// The database refused the batch as a whole and rolled it back: a fault of ours.
    Failed(String),
}

/// Runs one batch.
pub trait Submit: Send + Sync + 'static {
    /// One command.
    type Command: Send + Sync + 'static;
    /// What one command came to.
    type Outcome: Send + 'static;

    /// Runs the commands in order, in one transaction, and answers each in the same order.
    fn submit(
        &self,
        batch: &[Self::Command],
    ) -> impl Future<Output = Result<Vec<Self::Outcome>, BatchError>> + Send;
}

/// Where a command belongs.
#[derive(Clone, Copy, Debug)]
pub enum Route<'a> {
    /// The market of this symbol.
    Market(&'a str),
    /// The market that this order's number begins with.
    Order(i64),
    /// No single market, or an unknown one.
    Any,
}

/// The lanes of all markets that existed at the start. Commands for a market made later go through
/// the lane for the rest: slower, never wrong.
pub struct Gatherer<S: Submit> {
    market_ids: HashMap<String, i64>,
    lanes: HashMap<i64, Lane<S>>,
    rest: Lane<S>,
}

impl<S: Submit> Gatherer<S> {
    /// Starts the lanes; `markets` are number and symbol.
    pub fn start(submit: Arc<S>, markets: &[(i32, String)], config: &GatherConfig) -> Self {
        let number = |(id, symbol): &(i32, String)| (symbol.clone(), i64::from(*id));
        let market_ids: HashMap<String, i64> = markets.iter().map(number).collect();
        let lane = |name: &str, workers| Lane::start(name, submit.clone(), workers, config);
        let lanes = markets.iter().map(|(id, symbol)| {
            (i64::from(*id), lane(symbol, config.workers_per_market))
        });
        Gatherer { lanes: lanes.collect(), rest: lane("rest", 1), market_ids }
    }

    /// Runs one command in the next batch of its lane. Once this waits, dropping it does not take
    /// the command back.
    pub async fn run(&self, route: Route<'_>, command: S::Command) -> Result<S::Outcome, ApiError> {
        self.lane(route).run(command).await
    }

    /// Takes no more commands, and returns when all that were taken are answered.
    pub async fn finish(&self) {
        for lane in self.lanes.values() {
            lane.finish().await;
        }
        self.rest.finish().await;
    }

    fn lane(&self, route: Route<'_>) -> &Lane<S> {
        let market_id = match route {
            Route::Market(symbol) => self.market_ids.get(symbol).copied(),
            Route::Order(order_id) => Some(order_id / ORDERS_PER_MARKET),
            Route::Any => None,
        };
        market_id.and_then(|id| self.lanes.get(&id)).unwrap_or(&self.rest)
    }
}

/// Connections that the lanes need: each worker has its own.
pub fn connections(markets: usize, config: &GatherConfig) -> usize {
    markets * config.workers_per_market + 1
}
