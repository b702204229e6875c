//! Gathers concurrent commands into batches: a lane per market, and one for what names no market.
//!
//! It knows queues and waiters, not SQL: what runs a batch is behind [`Submit`].

mod lane;

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use tokio::sync::Notify;

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

    /// Sees to it that the command is refused where its turn comes later than `limit` from now.
    /// True where it would not have been otherwise.
    fn hurry(command: &mut Self::Command, limit: Duration) -> bool;

    /// Whether the command was refused because its turn came too late.
    fn was_late(outcome: &Self::Outcome) -> bool;
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

/// A lane for each market, up to a limit, and one for all else. Commands for a market without a
/// lane go through the lane for the rest: slower, never wrong.
pub struct Gatherer<S: Submit> {
    submit: Arc<S>,
    config: GatherConfig,
    markets: RwLock<Markets<S>>,
    rest: Lane<S>,
    /// Rung when a market is named that is not known yet.
    unknown: Notify,
}

struct Markets<S: Submit> {
    ids: HashMap<String, i64>,
    lanes: HashMap<i64, Arc<Lane<S>>>,
}

impl<S: Submit> Gatherer<S> {
    /// Starts the lanes; `markets` are number and symbol.
    pub fn start(submit: &Arc<S>, markets: &[(i32, String)], config: &GatherConfig) -> Self {
        let gatherer = Gatherer {
            submit: submit.clone(),
            config: config.clone(),
            markets: RwLock::new(Markets {
                ids: HashMap::new(),
                lanes: HashMap::new(),
            }),
            rest: Lane::start("rest", submit, 1, config),
            unknown: Notify::new(),
        };
        gatherer.learn(markets);
        gatherer
    }

    /// Starts the lanes of markets that are new, up to the limit.
    pub fn learn(&self, markets: &[(i32, String)]) {
        let mut known = self.markets.write().unwrap_or_else(PoisonError::into_inner);
        for (market_id, symbol) in markets {
            let market_id = i64::from(*market_id);
            if known.ids.contains_key(symbol) || known.lanes.len() >= self.config.lanes {
                continue;
            }
            let workers = self.config.workers_per_market;
            let lane = Lane::start(symbol, &self.submit, workers, &self.config);
            known.lanes.insert(market_id, Arc::new(lane));
            known.ids.insert(symbol.clone(), market_id);
        }
    }

    /// Returns once somebody named a market without a lane while there could be one more.
    pub async fn unknown_market(&self) {
        self.unknown.notified().await;
    }

    /// Where commands for the market of this symbol belong.
    pub fn route_to_market(&self, symbol: &str) -> Route {
        let markets = self.markets();
        if let Some(market_id) = markets.ids.get(symbol) {
            return Route::Market(*market_id);
        }
        if markets.lanes.len() < self.config.lanes {
            self.unknown.notify_one();
        }
        Route::Any
    }

    /// Runs one command in the next batch of its lane. Once this waits, dropping it does not take
    /// the command back for certain.
    ///
    /// # Errors
    /// `Overloaded` where the lane's queue is full; what became of the batch otherwise.
    pub async fn run(&self, route: Route, command: S::Command) -> Result<S::Outcome, ApiError> {
        let outcomes = self.run_unit(route, vec![command]).await?;
        let outcome = outcomes.into_iter().next();
        outcome.ok_or_else(|| ApiError::Internal("a command had no outcome".to_owned()))
    }

    /// Runs some commands in one batch of a lane, in this order.
    ///
    /// # Errors
    /// As [`Gatherer::run`], for all of them.
    pub async fn run_unit(
        &self,
        route: Route,
        commands: Vec<S::Command>,
    ) -> Result<Vec<S::Outcome>, ApiError> {
        match self.lane(route) {
            Some(lane) => lane.run(commands).await,
            None => self.rest.run(commands).await,
        }
    }

    /// Takes no more commands, and returns when all that were taken are answered.
    pub async fn finish(&self) {
        let lanes: Vec<_> = self.markets().lanes.values().cloned().collect();
        for lane in lanes {
            lane.finish().await;
        }
        self.rest.finish().await;
    }

    fn lane(&self, route: Route) -> Option<Arc<Lane<S>>> {
        match route {
            Route::Market(market_id) => self.markets().lanes.get(&market_id).cloned(),
            Route::Any => None,
        }
    }

    fn markets(&self) -> RwLockReadGuard<'_, Markets<S>> {
        self.markets.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connections that the lanes need at most: each worker has its own. They are made when needed.
pub fn connections(config: &GatherConfig) -> usize {
    config.lanes * config.workers_per_market + 1
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Answers each command with the size of the batch it was in.
    struct Counting;

    impl Submit for Counting {
        type Command = ();
        type Outcome = usize;

        async fn submit(&self, batch: &[()]) -> Result<Vec<usize>, BatchError> {
            Ok(vec![batch.len(); batch.len()])
        }

        fn hurry((): &mut (), _: Duration) -> bool {
            true
        }

        fn was_late(_: &usize) -> bool {
            false
        }
    }

    fn config() -> GatherConfig {
        GatherConfig {
            workers_per_market: 2,
            lanes: 2,
            queue_length: 8,
            batch_limit: 4,
            queue_wait: Duration::from_secs(60),
            answer_wait: Duration::from_secs(60),
        }
    }

    #[tokio::test]
    async fn every_command_finds_a_lane() {
        let markets = [(1, "BTC/USDT".to_owned()), (2, "ETH/USDT".to_owned())];
        let gatherer = Gatherer::start(&Arc::new(Counting), &markets, &config());
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
        let unit = gatherer.run_unit(Route::Any, vec![(); 3]).await;
        assert_eq!(unit.expect("answered"), [3, 3, 3]);
        gatherer.finish().await;
    }

    #[tokio::test]
    async fn a_market_made_later_gets_a_lane_while_there_is_room() {
        let gatherer = Gatherer::start(&Arc::new(Counting), &[], &config());
        assert_eq!(gatherer.route_to_market("C/D"), Route::Any);
        gatherer.unknown_market().await;
        let markets = ["A/B", "C/D", "E/F"].map(str::to_owned);
        let markets: Vec<_> = (1..).zip(markets).collect();
        gatherer.learn(&markets);
        gatherer.learn(&markets);
        assert_eq!(gatherer.route_to_market("C/D"), Route::Market(2));
        assert_eq!(gatherer.route_to_market("E/F"), Route::Any);
        gatherer.finish().await;
    }

    #[test]
    fn a_worker_has_a_connection_of_its_own() {
        assert_eq!(connections(&config()), 5);
    }
}
