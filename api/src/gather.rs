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
    /// Others were in the way, again and again; nothing was done.
    Busy,
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

/// The lane to which a command belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// That of the market with this number.
    Market(i64),
    /// The one for what names no market, or an unknown one.
    Any,
}

impl Route {
    /// The market that an order's number begins with.
    pub fn of_order(order_id: i64) -> Self {
        Route::Market(order_id / ORDERS_PER_MARKET)
    }
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
    pub fn start(submit: &Arc<S>, markets: &[(i32, String)], config: &GatherConfig) -> Self {
        let market_ids: HashMap<String, i64> = markets
            .iter()
            .map(|(id, symbol)| (symbol.clone(), i64::from(*id)))
            .collect();
        let lane = |name: &str, workers| Lane::start(name, submit, workers, config);
        let lanes = market_ids
            .iter()
            .map(|(symbol, market_id)| (*market_id, lane(symbol, config.workers_per_market)));
        Gatherer {
            lanes: lanes.collect(),
            rest: lane("rest", 1),
            market_ids,
        }
    }

    /// Where commands for the market of this symbol belong.
    pub fn route_to_market(&self, symbol: &str) -> Route {
        self.market_ids
            .get(symbol)
            .map_or(Route::Any, |market_id| Route::Market(*market_id))
    }

    /// Runs one command in the next batch of its lane. Once this waits, dropping it does not take
    /// the command back for certain.
    ///
    /// # Errors
    /// `Overloaded` where the lane's queue is full; what became of the batch otherwise.
    pub async fn run(&self, route: Route, command: S::Command) -> Result<S::Outcome, ApiError> {
        self.lane(route).run(command).await
    }

    /// Takes no more commands, and returns when all that were taken are answered.
    pub async fn finish(&self) {
        for lane in self.lanes.values() {
            lane.finish().await;
        }
        self.rest.finish().await;
    }

    fn lane(&self, route: Route) -> &Lane<S> {
        match route {
            Route::Market(market_id) => self.lanes.get(&market_id).unwrap_or(&self.rest),
            Route::Any => &self.rest,
        }
    }
}

/// Connections that the lanes need: each worker has its own.
pub fn connections(markets: usize, config: &GatherConfig) -> usize {
    markets * config.workers_per_market + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers each command with the size of the batch it was in.
    struct Counting;

    impl Submit for Counting {
        type Command = ();
        type Outcome = usize;

        async fn submit(&self, batch: &[()]) -> Result<Vec<usize>, BatchError> {
            Ok(vec![batch.len(); batch.len()])
        }
    }

    #[tokio::test]
    async fn every_command_finds_a_lane() {
        let config = GatherConfig {
            workers_per_market: 2,
            queue_length: 8,
            batch_limit: 4,
        };
        let markets = [(1, "BTC/USDT".to_owned()), (2, "ETH/USDT".to_owned())];
        let gatherer = Gatherer::start(&Arc::new(Counting), &markets, &config);
        assert_eq!(gatherer.route_to_market("ETH/USDT"), Route::Market(2));
        assert_eq!(gatherer.route_to_market("ETH/XRP"), Route::Any);
        assert_eq!(Route::of_order(200_000_000_000_007), Route::Market(2));
        for route in [
            Route::Market(1),
            Route::Market(2),
            Route::Market(3),
            Route::Any,
        ] {
            assert_eq!(gatherer.run(route, ()).await.expect("answered"), 1);
        }
        gatherer.finish().await;
    }

    #[test]
    fn a_worker_has_a_connection_of_its_own() {
        let config = GatherConfig {
            workers_per_market: 2,
            queue_length: 8,
            batch_limit: 4,
        };
        assert_eq!(connections(3, &config), 7);
    }
}
