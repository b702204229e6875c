//! The newest candles of one market and interval, counted trade by trade. Pure: no clock, no
//! database. Amounts are whole units of the market's scales, so that nothing is ever rounded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::units::{self, Scales};

/// Length of a candle.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
pub enum Interval {
    /// One minute.
    #[serde(rename = "1m")]
    Minute,
    /// Five minutes.
    #[serde(rename = "5m")]
    FiveMinutes,
    /// A quarter of an hour.
    #[serde(rename = "15m")]
    FifteenMinutes,
    /// One hour.
    #[serde(rename = "1h")]
    Hour,
    /// Four hours.
    #[serde(rename = "4h")]
    FourHours,
    /// One day, UTC.
    #[serde(rename = "1d")]
    Day,
}

impl Interval {
    /// Every interval, shortest first.
    pub const ALL: [Interval; 6] = [
        Interval::Minute,
        Interval::FiveMinutes,
        Interval::FifteenMinutes,
        Interval::Hour,
        Interval::FourHours,
        Interval::Day,
    ];

    /// Its length.
    pub const fn seconds(self) -> i32 {
        match self {
            Interval::Minute => 60,
            Interval::FiveMinutes => 300,
            Interval::FifteenMinutes => 900,
            Interval::Hour => 3600,
            Interval::FourHours => 14_400,
            Interval::Day => 86_400,
        }
    }

    /// Its length.
    pub const fn millis(self) -> i64 {
        self.seconds() as i64 * 1000
    }

    /// Where the candle of a moment begins: a whole multiple of the length since 1970, UTC.
    pub const fn start(self, at_ms: i64) -> i64 {
        at_ms - at_ms.rem_euclid(self.millis())
    }
}

/// A trade, as far as candles count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandleTrade {
    /// Its number.
    pub trade_id: i64,
    /// Price.
    pub price: i128,
    /// Base traded.
    pub quantity: i128,
    /// Quote traded.
    pub quote: i128,
    /// When.
    pub traded_at_ms: i64,
}

/// The trades of one stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candle {
    /// Where it begins.
    pub opened_at_ms: i64,
    /// Price of the trade with the lowest number.
    pub open: i128,
    /// Highest price.
    pub high: i128,
    /// Lowest price.
    pub low: i128,
    /// Price of the trade with the highest number.
    pub close: i128,
    /// Base traded.
    pub base_volume: i128,
    /// Quote traded.
    pub quote_volume: i128,
    /// How many trades.
    pub trades: i64,
    /// Highest number of its trades.
    pub last_trade_id: i64,
}

/// A sum beyond 38 digits: it cannot be told exactly, so it is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the volume of a candle has more than 38 digits")]
pub struct TooLarge;

impl Candle {
    /// What the database read; `None` where a value does not fit the market's scales.
    pub fn read(row: &client::Candle, scales: &Scales) -> Option<Self> {
        let price = |text: &str| units::parse(text, scales.price);
        Some(Candle {
            opened_at_ms: crate::wire::millis(row.opened_at),
            open: price(&row.open)?,
            high: price(&row.high)?,
            low: price(&row.low)?,
            close: price(&row.close)?,
            base_volume: units::parse(&row.base_volume, scales.quantity)?,
            quote_volume: units::parse(&row.quote_volume, scales.quote)?,
            trades: row.trades,
            last_trade_id: row.last_trade_id,
        })
    }

    fn of(trade: CandleTrade, opened_at_ms: i64) -> Self {
        Candle {
            opened_at_ms,
            open: trade.price,
            high: trade.price,
            low: trade.price,
            close: trade.price,
            base_volume: trade.quantity,
            quote_volume: trade.quote,
            trades: 1,
            last_trade_id: trade.trade_id,
        }
    }

    /// With one more trade, whose number is higher than all that it holds.
    fn with(self, trade: CandleTrade) -> Result<Self, TooLarge> {
        Ok(Candle {
            high: self.high.max(trade.price),
            low: self.low.min(trade.price),
            close: trade.price,
            base_volume: sum(self.base_volume, trade.quantity)?,
            quote_volume: sum(self.quote_volume, trade.quote)?,
            trades: self.trades + 1,
            last_trade_id: trade.trade_id,
            ..self
        })
    }
}

pub(super) fn sum(left: i128, right: i128) -> Result<i128, TooLarge> {
    left.checked_add(right).ok_or(TooLarge)
}

/// Which candles are asked for; times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct CandlePage {
    /// Only those that begin then or later; without it, the last ones.
    pub from_ms: Option<i64>,
    /// Only those that begin before.
    pub to_ms: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// The newest candles of one interval; a time without a trade has none.
#[derive(Clone, Debug)]
pub struct Candles {
    interval: Interval,
    capacity: usize,
    by_start: BTreeMap<i64, Candle>,
    /// Whether older candles than these may exist.
    is_cut: bool,
}

impl Candles {
    /// None yet, and `capacity` at most.
    pub fn new(interval: Interval, capacity: usize) -> Self {
        Candles {
            interval,
            capacity: capacity.max(1),
            by_start: BTreeMap::new(),
            is_cut: false,
        }
    }

    /// Begins with the newest candles of the database, of which `capacity` were asked for: fewer
    /// than that are all there are.
    pub fn load(&mut self, candles: impl IntoIterator<Item = Candle>) {
        self.by_start = candles.into_iter().map(|c| (c.opened_at_ms, c)).collect();
        self.is_cut = self.by_start.len() >= self.capacity;
        self.forget();
    }

    /// Counts a trade and gives the candle as it is now; `None` where the trade is counted already
    /// or is older than what is kept. Trades come in the order of their numbers.
    ///
    /// # Errors
    /// The volume has become too large; the candle is as it was.
    pub fn apply(&mut self, trade: CandleTrade) -> Result<Option<Candle>, TooLarge> {
        let start = self.interval.start(trade.traded_at_ms);
        let changed = match self.by_start.get(&start) {
            Some(candle) if trade.trade_id <= candle.last_trade_id => return Ok(None),
            Some(candle) => candle.with(trade)?,
            None if !self.holds(start) => return Ok(None),
            None => Candle::of(trade, start),
        };
        self.by_start.insert(start, changed);
        self.forget();
        Ok(Some(changed))
    }

    /// Whether every candle that begins at this moment or later is here.
    pub fn holds(&self, from_ms: i64) -> bool {
        let oldest = self.by_start.first_key_value();
        !self.is_cut || oldest.is_some_and(|(start, _)| from_ms >= *start)
    }

    /// The candles that begin in a range, oldest first.
    pub fn range(
        &self,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
    ) -> impl DoubleEndedIterator<Item = &Candle> {
        let from = from_ms.unwrap_or(i64::MIN);
        let to = to_ms.unwrap_or(i64::MAX).max(from);
        self.by_start.range(from..to).map(|(_, candle)| candle)
    }

    /// The candles asked for, oldest first, as [`client::candles`] gives them; `None` where older
    /// ones than are kept may be among them.
    pub fn page(&self, page: CandlePage) -> Option<Vec<Candle>> {
        let mut asked = self.range(page.from_ms, page.to_ms).copied();
        if let Some(from_ms) = page.from_ms {
            return self
                .holds(from_ms)
                .then(|| asked.take(page.limit).collect());
        }
        let mut found: Vec<Candle> = asked.by_ref().rev().take(page.limit).collect();
        found.reverse();
        (found.len() == page.limit || !self.is_cut).then_some(found)
    }

    /// The newest candle.
    pub fn newest(&self) -> Option<&Candle> {
        self.by_start.last_key_value().map(|(_, candle)| candle)
    }

    fn forget(&mut self) {
        while self.by_start.len() > self.capacity {
            self.by_start.pop_first();
            self.is_cut = true;
        }
    }
}

/// A candle on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Kline {
    /// Where it begins, included.
    open_time: i64,
    /// Where it ends, excluded: where the next one may begin.
    close_time: i64,
    open: String,
    high: String,
    low: String,
    close: String,
    base_volume: String,
    quote_volume: String,
    trades: i64,
}

impl Kline {
    /// From memory.
    pub fn of(candle: &Candle, interval: Interval, scales: &Scales) -> Self {
        let price = |units: i128| units::text(units, scales.price);
        Kline {
            open_time: candle.opened_at_ms,
            close_time: candle.opened_at_ms + interval.millis(),
            open: price(candle.open),
            high: price(candle.high),
            low: price(candle.low),
            close: price(candle.close),
            base_volume: units::text(candle.base_volume, scales.quantity),
            quote_volume: units::text(candle.quote_volume, scales.quote),
            trades: candle.trades,
        }
    }

    /// From the database.
    pub fn of_row(row: client::Candle, interval: Interval) -> Self {
        let open_time = crate::wire::millis(row.opened_at);
        Kline {
            open_time,
            close_time: open_time + interval.millis(),
            open: row.open,
            high: row.high,
            low: row.low,
            close: row.close,
            base_volume: row.base_volume,
            quote_volume: row.quote_volume,
            trades: row.trades,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
