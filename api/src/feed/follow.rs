//! The follower of one market: begins with a snapshot, reads fact after fact as the bell rings, and
//! never gives up. What does not fit what it knows makes it begin anew.

use std::sync::Arc;
use std::time::Duration;

use client::{CandleRange, MarketFact, Pool};
use tokio::time::Instant;

use super::balances::Balances;
use super::book::NUMBERS_PER_MARKET;
use super::candles::{Candle, Interval};
use super::derived::{CANDLES_KEPT, Derived};
use super::event::Trade;
use super::market::MarketFeed;
use super::order::{named, units_of};
use super::state::{FACTS_KEPT, State, TRADES_KEPT};
use super::ticker::MINUTES_KEPT;
use super::{Broken, Feed};

/// Facts that are read at once.
const PAGE: i32 = 2000;
/// Pauses while the database is away.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// Without a ring, the database is asked this often whether it is still the one that is known.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Why following stopped.
enum Stopped {
    /// The database does not answer now.
    Database(client::Error),
    /// What it says does not follow what is known.
    Broken(Broken),
}

impl From<client::Error> for Stopped {
    fn from(error: client::Error) -> Self {
        Stopped::Database(error)
    }
}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        Stopped::Broken(broken)
    }
}

/// Follows a market.
pub struct Follower {
    pub(super) market: Arc<MarketFeed>,
    pub(super) pool: Pool,
    /// Is told the accounts whose balances may have changed.
    pub(super) balances: Arc<Balances>,
    /// Is told when a market begins anew.
    pub(super) feed: Feed,
    /// The last fact that was applied, and a number before it: asked again, it must be there.
    pub(super) known: Option<(i64, MarketFact)>,
}

impl Follower {
    /// For ever.
    pub async fn run(mut self) {
        let mut pause = FIRST_PAUSE;
        let mut is_known = false;
        loop {
            let began = Instant::now();
            let stopped = match self.begin(is_known).await {
                Ok(()) => {
                    is_known = true;
                    pause = FIRST_PAUSE;
                    self.follow().await
                }
                Err(stopped) => stopped,
            };
            let market = &self.market.names().symbol;
            match stopped {
                Stopped::Database(error) => {
                    tracing::warn!(market, %error, ?pause, "cannot read; coming back");
                }
                Stopped::Broken(broken) => {
                    tracing::warn!(market, %broken, "beginning anew from a snapshot");
                    is_known = false;
                }
            }
            tokio::time::sleep_until(began + pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Makes sure that the database is the one that is known, or begins anew.
    async fn begin(&mut self, is_known: bool) -> Result<(), Stopped> {
        if is_known && self.is_the_same().await? {
            return Ok(());
        }
        self.rebuild().await
    }

    /// Whether what was read last is still there.
    async fn is_the_same(&self) -> Result<bool, Stopped> {
        let Some((before, fact)) = &self.known else {
            let market_id = self.market.market_id();
            let positions = client::positions_of(&self.pool, &[market_id]).await?;
            let position = positions.first().map_or(0, |(_, position)| *position);
            return Ok(position >= self.market.sequence());
        };
        let limit = i32::try_from(fact.sequence - before).unwrap_or(i32::MAX);
        let facts = self.facts_after(*before, limit).await?;
        let same = facts.iter().find(|found| found.sequence == fact.sequence);
        Ok(same.is_some_and(|found| found.occurred_at == fact.occurred_at))
    }

    async fn facts_after(&self, after: i64, limit: i32) -> Result<Vec<MarketFact>, client::Error> {
        client::market_facts(&self.pool, self.market.market_id(), after, limit).await
    }

    /// Builds the market from a snapshot and the facts since, and then shows it.
    async fn rebuild(&mut self) -> Result<(), Stopped> {
        let (market_id, names) = (self.market.market_id(), self.market.names());
        let snapshot = client::market_snapshot(&self.pool, market_id, FACTS_KEPT).await?;
        let last_sequence = snapshot.last_sequence;
        let trades = self.trades_before(snapshot.sequence + 1).await?;
        let mut derived = self.derived().await?;
        let mut state = State::new(market_id, names, snapshot, trades)?;
        self.known = None;
        while state.sequence() < last_sequence {
            let after = state.sequence();
            let facts = self.facts_after(after, PAGE).await?;
            let Some(last) = facts.last() else {
                return Err(Broken(format!("nothing follows fact {after}")).into());
            };
            self.known = Some((last.sequence - 1, last.clone()));
            state.apply(facts)?;
            if let Some(page) = state.newest() {
                derived.apply(&page.trades);
            }
        }
        tracing::debug!(market = names.symbol, last_sequence, "in memory");
        self.market.replace(state, derived);
        self.feed.show_accounts();
        self.balances.touch_all();
        Ok(())
    }

    async fn trades_before(&self, sequence: i64) -> Result<Vec<Trade>, Stopped> {
        let names = self.market.names();
        let numbers = i64::from(self.market.market_id()) * NUMBERS_PER_MARKET;
        let before = Some(numbers + sequence);
        let limit = TRADES_KEPT as i32;
        let rows = client::recent_trades(&self.pool, &names.symbol, limit, before).await?;
        let trade = |row: client::PublicTrade| {
            Ok(Trade {
                sequence: row.trade_id - numbers,
                trade_id: row.trade_id,
                price: units_of(&row.price, names.scales.price)?,
                quantity: units_of(&row.quantity, names.scales.quantity)?,
                quote: units_of(&row.quote_amount, names.scales.quote)?,
                taker_side: named(&row.taker_side, client::Side::from_name)?,
                traded_at: row.traded_at,
            })
        };
        Ok(rows
            .into_iter()
            .map(trade)
            .collect::<Result<Vec<_>, Broken>>()?)
    }

    async fn derived(&self) -> Result<Derived, Stopped> {
        let names = self.market.names();
        let mut candles = Vec::new();
        for interval in Interval::ALL {
            let wanted = match interval {
                Interval::Minute => MINUTES_KEPT,
                _ => CANDLES_KEPT,
            };
            let range = CandleRange {
                limit: wanted as i32,
                ..CandleRange::default()
            };
            let seconds = interval.seconds();
            let rows = client::candles(&self.pool, &names.symbol, seconds, range).await?;
            let read = rows.iter().map(|row| Candle::read(row, &names.scales));
            let read: Option<Vec<Candle>> = read.collect();
            let read = read.ok_or_else(|| Broken("a candle is off its scales".to_owned()))?;
            candles.push((interval, read));
        }
        Ok(Derived::new(candles))
    }

    /// Applies facts as they come, until it cannot.
    async fn follow(&mut self) -> Stopped {
        loop {
            match self.read_all().await {
                Ok(()) => {}
                Err(stopped) => return stopped,
            }
            // The public is told between two looks, when its pause is over.
            let looks_again_at = Instant::now() + LOOK_AGAIN;
            loop {
                let due = self.market.flush(Instant::now());
                let until = due.unwrap_or(looks_again_at).min(looks_again_at);
                let is_rung = tokio::time::timeout_at(until, self.market.rung()).await;
                if is_rung.is_ok() {
                    break;
                }
                if Instant::now() >= looks_again_at {
                    match self.is_the_same().await {
                        Ok(true) => break,
                        Ok(false) => {
                            return Stopped::from(Broken("the database went back".to_owned()));
                        }
                        Err(stopped) => return stopped,
                    }
                }
            }
        }
    }

    async fn read_all(&mut self) -> Result<(), Stopped> {
        loop {
            let facts = self.facts_after(self.market.sequence(), PAGE).await?;
            let Some(last) = facts.last() else {
                return Ok(());
            };
            self.known = Some((last.sequence - 1, last.clone()));
            let is_last_page = facts.len() < PAGE as usize;
            let accounts = self.market.apply(facts)?;
            self.balances.touch(&accounts);
            self.market.flush(Instant::now());
            if is_last_page {
                // What was committed since rings again.
                return Ok(());
            }
        }
    }
}
