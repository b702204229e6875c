//! Market data in memory, kept up to date from the markets' events, and told to subscribers.
//!
//! Nothing here is the truth: it is what the database made durable, one number after the other, and
//! every server that reached a number knows the same.

pub mod accounts;
pub mod balances;
pub mod book;
pub mod candles;
pub mod depth;
pub mod derived;
pub mod event;
pub mod finance;
pub mod follow;
pub mod hub;
pub mod market;
pub mod messages;
pub mod order;
pub mod state;
pub mod streams;
pub mod subscribe;
pub mod symbols;
pub mod ticker;
pub mod units;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context as _;
use client::Pool;
use tokio::sync::broadcast;

pub use accounts::AccountChannel;
pub use market::MarketFeed;
pub use streams::Revoked;
pub use subscribe::{Subscription, Topic};

use accounts::{Accounts, Numbers};
use balances::Balances;
use depth::Names;
use finance::Finance;
use follow::Follower;
use units::{Scales, decimals};

/// What the database says does not follow what is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub(crate) String);

/// Revocations that wait for a slow listener; who falls behind further must close all it has.
const REVOCATIONS_KEPT: usize = 1024;
/// How long a server waits at its start for the markets to be in memory.
const START_LIMIT: Duration = Duration::from_secs(30);

/// The feed of a server. Cheap to clone.
#[derive(Clone)]
pub struct Feed(Arc<Parts>);

struct Parts {
    /// By number; locked in this order where more than one is needed.
    markets: RwLock<BTreeMap<i32, Arc<MarketFeed>>>,
    accounts: Arc<Accounts>,
    balances: Arc<Balances>,
    finance: Finance,
    numbers: Numbers,
    rules: symbols::Rules,
    revoked: broadcast::Sender<Revoked>,
    /// Where markets are looked for, once it has started.
    pool: OnceLock<Pool>,
}

impl Default for Feed {
    fn default() -> Self {
        let accounts = Arc::new(Accounts::default());
        Feed(Arc::new(Parts {
            markets: RwLock::default(),
            balances: Arc::new(Balances::new(accounts.clone())),
            finance: Finance::new(accounts.clone()),
            accounts,
            numbers: Numbers::default(),
            rules: symbols::Rules::default(),
            revoked: broadcast::Sender::new(REVOCATIONS_KEPT),
            pool: OnceLock::new(),
        }))
    }
}

impl Feed {
    /// Begins to follow everything, and returns when all markets are in memory.
    ///
    /// # Errors
    /// The database's address cannot be read, or it does not answer.
    pub async fn start(&self, config: &client::Config, pool: &Pool) -> anyhow::Result<()> {
        let listener = client::listen(config)?;
        let pool = self.0.pool.get_or_init(|| pool.clone());
        self.find_markets()
            .await
            .context("cannot read the markets")?;
        tokio::spawn(self.0.balances.clone().run(pool.clone()));
        tokio::spawn(streams::dispatch(self.clone(), listener, pool.clone()));
        let all_here = async {
            for market in self.markets() {
                while market.reached(0).await.is_err() {}
            }
        };
        tokio::time::timeout(START_LIMIT, all_here)
            .await
            .context("the markets cannot be read into memory")
    }

    /// Reads the rules of all markets, and follows those that are not followed yet.
    ///
    /// # Errors
    /// The database's.
    pub async fn find_markets(&self) -> Result<(), client::Error> {
        let Some(pool) = self.0.pool.get() else {
            return Ok(());
        };
        // The position first: what is read after it has all that it counts.
        let positions = client::positions_of(pool, &[streams::MARKETS]).await?;
        let markets = client::markets(pool).await?;
        client::wait_durable(pool).await?;
        let position = positions.first().map_or(0, |(_, position)| *position);
        self.0.rules.set(position, &markets);
        for market in markets {
            let names = Names {
                scales: Scales {
                    price: decimals(&market.tick),
                    quantity: decimals(&market.lot),
                    quote: usize::from(market.quote_scale.unsigned_abs()),
                },
                symbol: market.symbol,
                base: market.base_asset,
                quote: market.quote_asset,
            };
            self.follow(market.market_id, names, pool);
        }
        Ok(())
    }

    fn follow(&self, market_id: i32, names: Names, pool: &Pool) {
        let markets = &self.0.markets;
        let mut markets = markets.write().unwrap_or_else(PoisonError::into_inner);
        if markets.contains_key(&market_id) {
            return;
        }
        let market = MarketFeed::new(market_id, names, self.0.accounts.clone());
        let market = Arc::new(market);
        markets.insert(market_id, market.clone());
        let follower = Follower {
            market,
            pool: pool.clone(),
            balances: self.0.balances.clone(),
            feed: self.clone(),
            known: None,
        };
        tokio::spawn(follower.run());
    }

    /// All markets, by number.
    pub fn markets(&self) -> Vec<Arc<MarketFeed>> {
        let markets = &self.0.markets;
        let markets = markets.read().unwrap_or_else(PoisonError::into_inner);
        markets.values().cloned().collect()
    }

    /// The market of a symbol.
    pub fn market(&self, symbol: &str) -> Option<Arc<MarketFeed>> {
        let markets = &self.0.markets;
        let markets = markets.read().unwrap_or_else(PoisonError::into_inner);
        let mut markets = markets.values();
        markets
            .find(|market| market.names().symbol == symbol)
            .cloned()
    }

    /// The market of a number.
    pub fn market_by_id(&self, market_id: i32) -> Option<Arc<MarketFeed>> {
        let markets = &self.0.markets;
        let markets = markets.read().unwrap_or_else(PoisonError::into_inner);
        markets.get(&market_id).cloned()
    }

    pub(super) fn each_market(&self, each: impl FnMut(Arc<MarketFeed>)) {
        self.markets().into_iter().for_each(each);
    }

    /// An account's open orders in one market or in all, largest number first. Ask for positions
    /// and wait for them before, where what was acknowledged must be in it.
    pub fn open_orders(&self, account_id: i64, market: Option<&str>) -> Vec<client::Order> {
        let mut markets = self.markets();
        markets.retain(|of| market.is_none_or(|symbol| of.names().symbol == symbol));
        markets.reverse();
        let orders = markets.iter().flat_map(|of| of.open_orders(account_id));
        orders.collect()
    }

    /// Tells which credentials are good no more. A listener that lags cannot know what it missed.
    pub fn revoked(&self) -> broadcast::Receiver<Revoked> {
        self.0.revoked.subscribe()
    }

    fn revoke(&self, revoked: Revoked) {
        // Without a listener nothing is open that it could close.
        let _ = self.0.revoked.send(revoked);
    }

    /// What became of deposits and withdrawals.
    pub fn finance(&self) -> &Finance {
        &self.0.finance
    }

    /// The rules of all markets.
    pub fn rules(&self) -> &symbols::Rules {
        &self.0.rules
    }

    fn touch(&self, account_ids: &[i64]) {
        self.0.balances.touch(account_ids);
    }
}

#[cfg(test)]
mod tests;
