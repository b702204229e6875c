//! What is counted from a market's trades: candles and the last 24 hours, ready to be told.

use std::collections::BTreeSet;

use axum::extract::ws::Utf8Bytes;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::candles::{Candle, CandlePage, CandleTrade, Candles, Interval, Kline, TooLarge};
use super::depth::Names;
use super::event::Trade;
use super::messages;
use super::state::State;
use super::ticker::{PERCENT_SCALE, Ticker, TickerValues};
use super::units::text;
use crate::wire::millis;

/// Candles of each interval that are kept: the largest page of the newest ones.
pub const CANDLES_KEPT: usize = 1000;

/// A market's last 24 hours, in steps of one minute. Null where there was no trade.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarketTicker {
    market: String,
    /// Price of the newest trade, however old it is.
    last: Option<String>,
    open: Option<String>,
    high: Option<String>,
    low: Option<String>,
    base_volume: String,
    quote_volume: String,
    /// Last less open.
    change: Option<String>,
    /// The same in percent of open, two decimals, half a unit rounded away from zero.
    change_percent: Option<String>,
    trades: i64,
    best_bid: Option<String>,
    best_ask: Option<String>,
}

/// Candles and ticker of one market.
#[derive(Default)]
pub struct Derived {
    candles: Vec<(Interval, Candles)>,
    ticker: Ticker,
    /// Which candles have changed since that was asked, by their beginnings.
    changed: BTreeSet<(Interval, i64)>,
    /// A trade was left out of a candle: memory cannot answer for the database any more.
    is_short: bool,
}

impl Derived {
    /// From the newest candles of each interval; those of one minute cover the ticker's window.
    pub fn new(rows: Vec<(Interval, Vec<Candle>)>) -> Self {
        let mut derived = Derived::default();
        for (interval, rows) in rows {
            if interval == Interval::Minute {
                derived.ticker.load(rows.iter().copied());
            }
            let newest = rows.len().saturating_sub(CANDLES_KEPT);
            let mut candles = Candles::new(interval, CANDLES_KEPT);
            candles.load(rows.into_iter().skip(newest));
            derived.candles.push((interval, candles));
        }
        derived
    }

    /// Counts trades; those that are counted already change nothing.
    pub fn apply(&mut self, trades: &[Trade]) {
        for trade in trades {
            if let Err(error) = self.count(trade) {
                tracing::warn!(trade.trade_id, %error, "a candle leaves out a trade");
                self.is_short = true;
            }
        }
    }

    fn count(&mut self, trade: &Trade) -> Result<(), TooLarge> {
        let counted = CandleTrade {
            trade_id: trade.trade_id,
            price: trade.price,
            quantity: trade.quantity,
            quote: trade.quote,
            traded_at_ms: millis(trade.traded_at),
        };
        self.ticker.apply(counted)?;
        for (interval, candles) in &mut self.candles {
            if let Some(candle) = candles.apply(counted)? {
                self.changed.insert((*interval, candle.opened_at_ms));
            }
        }
        Ok(())
    }

    /// The candles that have changed since this was asked, by interval and beginning.
    pub fn take_changed(&mut self) -> BTreeSet<(Interval, i64)> {
        std::mem::take(&mut self.changed)
    }

    /// Takes the place of what was known: what may differ from it counts as changed.
    pub fn replace(&mut self, before: Derived) {
        self.changed = before.changed;
        for (interval, candles) in &before.candles {
            let from = candles.newest().map(|candle| candle.opened_at_ms);
            let told = self.changed.iter().find(|(of, _)| of == interval);
            let from = from.into_iter().chain(told.map(|(_, start)| *start)).min();
            let newer = self.candles(*interval).map(|kept| kept.range(from, None));
            let newer = newer.into_iter().flatten();
            let newer: Vec<_> = newer
                .map(|candle| (*interval, candle.opened_at_ms))
                .collect();
            self.changed.extend(newer);
        }
    }

    fn candles(&self, interval: Interval) -> Option<&Candles> {
        let found = self.candles.iter().find(|(of, _)| *of == interval);
        found.map(|(_, candles)| candles)
    }

    /// Candles, oldest first; `None` where older ones than are kept may be among them.
    pub fn page(&self, interval: Interval, page: CandlePage) -> Option<Vec<Candle>> {
        if self.is_short {
            return None;
        }
        self.candles(interval)?.page(page)
    }

    /// The last 24 hours as they are now; `None` where a volume cannot be told.
    pub fn values(&self, names: &Names, state: &State) -> Option<MarketTicker> {
        let now_ms = millis(OffsetDateTime::now_utc());
        let values = self.ticker.at(now_ms).ok()?;
        Some(shown(names, state, &values))
    }

    /// The ticker's message.
    pub fn ticker(&self, names: &Names, state: &State) -> Option<Utf8Bytes> {
        let values = self.values(names, state)?;
        Some(messages::ticker(&names.symbol, state.sequence(), &values))
    }

    /// The message of an interval's newest candle, if there is one.
    pub fn newest(&self, names: &Names, interval: Interval, sequence: i64) -> Option<Utf8Bytes> {
        let candle = self.candles(interval)?.newest()?;
        let kline = Kline::of(candle, interval, &names.scales);
        let place = (names.symbol.as_str(), interval, sequence);
        Some(messages::kline("snapshot", place, &kline))
    }

    /// The message of a candle that has changed; `None` where it is too old to be kept.
    pub fn kline(
        &self,
        names: &Names,
        (interval, start): (Interval, i64),
        sequence: i64,
    ) -> Option<Utf8Bytes> {
        let mut found = self.candles(interval)?.range(Some(start), Some(start + 1));
        let kline = Kline::of(found.next()?, interval, &names.scales);
        let place = (names.symbol.as_str(), interval, sequence);
        Some(messages::kline("update", place, &kline))
    }
}

fn shown(names: &Names, state: &State, values: &TickerValues) -> MarketTicker {
    let scales = &names.scales;
    let price = |value: Option<i128>| value.map(|units| text(units, scales.price));
    let percent = values.change_percent;
    let (bids, asks) = (state.book().bids(), state.book().asks());
    MarketTicker {
        market: names.symbol.clone(),
        last: price(values.last),
        open: price(values.open),
        high: price(values.high),
        low: price(values.low),
        base_volume: text(values.base_volume, scales.quantity),
        quote_volume: text(values.quote_volume, scales.quote),
        change: price(values.change),
        change_percent: percent.map(|units| text(units, PERCENT_SCALE)),
        trades: values.trades,
        best_bid: price(bids.last_key_value().map(|(price, _)| *price)),
        best_ask: price(asks.first_key_value().map(|(price, _)| *price)),
    }
}
