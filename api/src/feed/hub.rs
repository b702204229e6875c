//! Who follows a market's public channels, and what they are told next. What happens within the
//! pause between two messages is told by one, whose cost does not depend on how much happened.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use client::Side;
use time::OffsetDateTime;
use tokio::time::Instant;

use super::accounts::Subscribers;
use super::candles::Interval;
use super::depth::Names;
use super::derived::Derived;
use super::event::Trade;
use super::messages;
use super::state::{Page, State};
use crate::outbox::Outbox;
use crate::wire::millis;

/// Shortest pause between two public messages of a channel.
const PAUSE: Duration = Duration::from_millis(2);
/// What one subscriber adds to it: about what sending it a message costs the processors.
const PAUSE_PER_SUBSCRIBER: Duration = Duration::from_micros(8);
/// Shortest pause between two messages of ticker and candles, which are for eyes.
const DERIVED_PAUSE: Duration = Duration::from_millis(100);
/// Trades that a subscriber is shown at first.
pub const FIRST_TRADES: usize = 50;

/// A public channel of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The book by level.
    Depth,
    /// Trades.
    Trades,
    /// The last 24 hours.
    Ticker,
    /// Candles.
    Klines(Interval),
}

/// Subscribers and what they have not been told.
pub struct Hub {
    subscribers: HashMap<Channel, Subscribers>,
    /// What was not published yet.
    pub pending: Pending,
    /// Candles and ticker.
    pub derived: Derived,
    depth_told: i64,
    trades_told: i64,
    flushed_at: Instant,
    derived_waits: bool,
    derived_told_at: Instant,
    /// The minute that the ticker was told in: the next one may lose what is a day old.
    ticker_minute: i64,
}

/// What was not published yet.
#[derive(Default)]
pub struct Pending {
    is_there: bool,
    levels: HashSet<(Side, i128)>,
    trades: Vec<Trade>,
}

impl Pending {
    /// Adds what a page changed.
    pub fn add(&mut self, page: &Page) {
        self.is_there = true;
        self.levels.extend(page.levels.iter().copied());
        self.trades.extend(page.trades.iter().copied());
    }
}

impl Default for Hub {
    fn default() -> Self {
        let now = Instant::now();
        Hub {
            subscribers: HashMap::new(),
            pending: Pending::default(),
            derived: Derived::default(),
            depth_told: 0,
            trades_told: 0,
            flushed_at: now,
            derived_waits: false,
            derived_told_at: now,
            ticker_minute: minute_now(),
        }
    }
}

impl Hub {
    /// When the next message may be sent, if there is something to tell.
    pub fn due(&self) -> Option<Instant> {
        let (public, derived) = (self.public_due(), self.derived_due());
        public.into_iter().chain(derived).min()
    }

    fn derived_due(&self) -> Option<Instant> {
        let due = self.derived_told_at + DERIVED_PAUSE;
        let is_ticker_old =
            self.ticker_minute != minute_now() && self.subscribers.contains_key(&Channel::Ticker);
        (self.derived_waits || is_ticker_old).then_some(due)
    }

    fn public_due(&self) -> Option<Instant> {
        if !self.pending.is_there {
            return None;
        }
        let many: usize = self.subscribers.values().map(Subscribers::len).sum();
        let many = u32::try_from(many).unwrap_or(u32::MAX);
        let pause = PAUSE + PAUSE_PER_SUBSCRIBER.saturating_mul(many);
        Some(self.flushed_at + pause)
    }

    /// Tells what is pending.
    pub fn flush(&mut self, names: &Names, state: &State, now: Instant) {
        let Pending {
            is_there,
            levels,
            trades,
        } = std::mem::take(&mut self.pending);
        if !is_there {
            return;
        }
        self.flushed_at = now;
        self.derived_waits = true;
        let last = state.sequence();
        if !levels.is_empty() {
            let first = self.depth_told + 1;
            self.depth_told = last;
            let levels: Vec<_> = levels.into_iter().collect();
            self.tell(Channel::Depth, || {
                messages::depth_update(names, state.book(), (first, last), &levels)
            });
        }
        if !trades.is_empty() {
            let first = self.trades_told + 1;
            self.trades_told = last;
            self.tell(Channel::Trades, || {
                messages::trades(names, "update", (first, last), trades.iter())
            });
        }
    }

    /// Tells the candles that changed, and the ticker.
    fn tell_derived(&mut self, names: &Names, state: &State, now: Instant) {
        self.derived_told_at = now;
        self.derived_waits = false;
        self.ticker_minute = minute_now();
        self.tell_whole(Channel::Ticker, names, state);
        for candle in self.derived.take_changed() {
            let channel = Channel::Klines(candle.0);
            if self.subscribers.contains_key(&channel)
                && let Some(message) = self.derived.kline(names, candle, state.sequence())
            {
                self.tell(channel, || message);
            }
        }
    }

    fn tell_whole(&mut self, channel: Channel, names: &Names, state: &State) {
        if self.subscribers.contains_key(&channel)
            && let Some(message) = self.snapshot(channel, names, state)
        {
            self.tell(channel, || message);
        }
    }

    /// Tells what is due.
    pub fn tell_due(&mut self, names: &Names, state: &State, now: Instant) {
        if self.public_due().is_some_and(|due| due <= now) {
            self.flush(names, state, now);
        }
        if self.derived_due().is_some_and(|due| due <= now) {
            self.tell_derived(names, state, now);
        }
    }

    fn tell(&mut self, channel: Channel, message: impl FnOnce() -> Utf8Bytes) {
        let Some(subscribers) = self.subscribers.get_mut(&channel) else {
            return;
        };
        subscribers.push(&message());
        if subscribers.is_empty() {
            self.subscribers.remove(&channel);
        }
    }

    /// Begins anew from a state, and shows it to everybody.
    pub fn restart(&mut self, names: &Names, state: &State, derived: Derived) {
        self.pending = Pending::default();
        let before = std::mem::replace(&mut self.derived, derived);
        self.derived.replace(before);
        self.depth_told = state.sequence();
        self.trades_told = state.sequence();
        self.tell_whole(Channel::Depth, names, state);
        self.tell_whole(Channel::Trades, names, state);
        self.tell_derived(names, state, Instant::now());
    }

    /// Shows a subscriber the channel as it is, or what it missed, and registers it.
    pub fn subscribe(
        &mut self,
        (channel, number): (Channel, u64),
        after: Option<i64>,
        outbox: &Outbox,
        (names, state): (&Names, &State),
    ) {
        self.flush(names, state, Instant::now());
        let missed = after.and_then(|after| self.missed(channel, after, names, state));
        let whole = || self.snapshot(channel, names, state).into_iter().collect();
        for message in missed.unwrap_or_else(whole) {
            outbox.push(message);
        }
        let subscribers = self.subscribers.entry(channel).or_default();
        subscribers.add(number, outbox);
    }

    /// Ends a subscription.
    pub fn remove(&mut self, channel: Channel, number: u64) {
        if let Some(subscribers) = self.subscribers.get_mut(&channel) {
            subscribers.remove(number);
            if subscribers.is_empty() {
                self.subscribers.remove(&channel);
            }
        }
    }

    fn snapshot(&self, channel: Channel, names: &Names, state: &State) -> Option<Utf8Bytes> {
        match channel {
            Channel::Depth => {
                let sequence = self.depth_told;
                Some(messages::depth_snapshot(names, state.book(), sequence))
            }
            Channel::Trades => {
                let kept = state.trades();
                let newest = kept.iter().skip(kept.len().saturating_sub(FIRST_TRADES));
                let first = newest.clone().next().map_or(0, |trade| trade.sequence);
                let range = (first, self.trades_told);
                Some(messages::trades(names, "snapshot", range, newest))
            }
            Channel::Ticker => self.derived.ticker(names, state),
            Channel::Klines(interval) => self.derived.newest(names, interval, state.sequence()),
        }
    }

    /// All that happened after a number, if that is known; depth and trades say it in one message.
    fn missed(
        &self,
        channel: Channel,
        after: i64,
        names: &Names,
        state: &State,
    ) -> Option<Vec<Utf8Bytes>> {
        let mut pages = state.missed(after)?.peekable();
        let first = pages.peek().map_or(after, |page| page.first);
        match channel {
            Channel::Depth if after >= self.depth_told => Some(Vec::new()),
            Channel::Depth => {
                let levels: HashSet<_> = pages.flat_map(|page| page.levels.iter()).collect();
                let levels: Vec<_> = levels.into_iter().copied().collect();
                let range = (first, self.depth_told);
                let message = messages::depth_update(names, state.book(), range, &levels);
                Some(vec![message])
            }
            Channel::Trades if after >= self.trades_told => Some(Vec::new()),
            Channel::Trades => {
                let trades = pages.flat_map(|page| page.trades.iter());
                let trades = trades.filter(|trade| trade.sequence > after);
                let range = (after + 1, self.trades_told);
                Some(vec![messages::trades(names, "update", range, trades)])
            }
            Channel::Klines(interval) => {
                let trades = pages.flat_map(|page| page.trades.iter());
                let trades = trades.filter(|trade| trade.sequence > after);
                let starts = trades.map(|trade| interval.start(millis(trade.traded_at)));
                let starts: BTreeSet<i64> = starts.collect();
                let (derived, sequence) = (&self.derived, state.sequence());
                let candles = starts.into_iter();
                let told = candles.map(|start| derived.kline(names, (interval, start), sequence));
                told.collect()
            }
            Channel::Ticker => None,
        }
    }
}

fn minute_now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp().div_euclid(60)
}
