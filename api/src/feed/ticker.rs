//! What a market did in the last 24 hours, in steps of one minute. Pure: the caller brings the
//! time. Amounts are whole units of the market's scales, so that nothing but percents is rounded.

use super::candles::{Candle, CandleTrade, Candles, Interval, TooLarge, sum};

/// Length of the window. The minute that is running is its last one.
pub const WINDOW_MS: i64 = 24 * 60 * 60 * 1000;
/// One-minute candles kept: those of the window, and an hour more for clocks that differ.
pub const MINUTES_KEPT: usize = 25 * 60;
/// Decimals of a percentage; half a unit is rounded away from zero.
pub const PERCENT_SCALE: usize = 2;

/// A market's last 24 hours.
#[derive(Clone, Debug)]
pub struct Ticker {
    minutes: Candles,
    last: Option<(i64, i128)>,
}

/// What the ticker shows; amounts in units of the market's scales.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TickerValues {
    /// Price of the newest trade, however old it is.
    pub last: Option<i128>,
    /// Price of the first trade of the window.
    pub open: Option<i128>,
    /// Highest price of the window.
    pub high: Option<i128>,
    /// Lowest price of the window.
    pub low: Option<i128>,
    /// Base traded in the window.
    pub base_volume: i128,
    /// Quote traded in the window.
    pub quote_volume: i128,
    /// Last price less open.
    pub change: Option<i128>,
    /// The same as a percentage of the open, in units of [`PERCENT_SCALE`] decimals.
    pub change_percent: Option<i128>,
    /// Trades in the window.
    pub trades: i64,
}

impl Default for Ticker {
    fn default() -> Self {
        Self::new()
    }
}

impl Ticker {
    /// Of a market without trades.
    pub fn new() -> Self {
        Ticker {
            minutes: Candles::new(Interval::Minute, MINUTES_KEPT),
            last: None,
        }
    }

    /// Begins with the newest one-minute candles, of which [`MINUTES_KEPT`] were asked for.
    pub fn load(&mut self, minutes: impl IntoIterator<Item = Candle>) {
        self.minutes.load(minutes);
        let newest = self.minutes.range(None, None);
        let newest = newest.max_by_key(|candle| candle.last_trade_id);
        self.last = newest.map(|candle| (candle.last_trade_id, candle.close));
    }

    /// Counts a trade, unless it is counted already. Trades come in the order of their numbers.
    ///
    /// # Errors
    /// A volume has become too large; it is as it was.
    pub fn apply(&mut self, trade: CandleTrade) -> Result<(), TooLarge> {
        if self.last.is_none_or(|(number, _)| trade.trade_id > number) {
            self.last = Some((trade.trade_id, trade.price));
        }
        self.minutes.apply(trade).map(drop)
    }

    /// The values at a moment. Minutes that lie ahead, by a clock that differs, count too.
    ///
    /// # Errors
    /// A volume is too large to be told exactly.
    pub fn at(&self, now_ms: i64) -> Result<TickerValues, TooLarge> {
        let first = Interval::Minute.start(now_ms) - WINDOW_MS + Interval::Minute.millis();
        let last = self.last.map(|(_, price)| price);
        let mut values = TickerValues {
            last,
            ..TickerValues::default()
        };
        for minute in self.minutes.range(Some(first), None) {
            values.open = values.open.or(Some(minute.open));
            values.high = values.high.max(Some(minute.high));
            values.low = Some(values.low.map_or(minute.low, |low| low.min(minute.low)));
            values.base_volume = sum(values.base_volume, minute.base_volume)?;
            values.quote_volume = sum(values.quote_volume, minute.quote_volume)?;
            values.trades += minute.trades;
        }
        if let (Some(last), Some(open)) = (last, values.open) {
            values.change = Some(last - open);
            values.change_percent = Some(percent(last - open, open)?);
        }
        Ok(values)
    }
}

/// So many percent of a positive whole, half a unit rounded away from zero.
fn percent(part: i128, whole: i128) -> Result<i128, TooLarge> {
    const UNITS: i128 = 100 * 10_i128.pow(PERCENT_SCALE as u32);
    let scaled = part.checked_mul(2 * UNITS).ok_or(TooLarge)?;
    let half = if part < 0 { -whole } else { whole };
    let doubled = whole.checked_mul(2).ok_or(TooLarge)?;
    Ok(sum(scaled, half)? / doubled)
}

#[cfg(test)]
mod tests {
    use super::super::candles::tests::random_trades;
    use super::*;

    fn naive(trades: &[CandleTrade], now_ms: i64) -> TickerValues {
        let minute = |ms: i64| ms / 60_000;
        let is_inside = |t: &&CandleTrade| minute(t.traded_at_ms) > minute(now_ms) - 24 * 60;
        let inside: Vec<_> = trades.iter().filter(is_inside).collect();
        let first = inside.iter().min_by_key(|t| minute(t.traded_at_ms));
        let last = trades.last().map(|t| t.price);
        let change = first.zip(last).map(|(first, last)| last - first.price);
        TickerValues {
            last,
            open: first.map(|t| t.price),
            high: inside.iter().map(|t| t.price).max(),
            low: inside.iter().map(|t| t.price).min(),
            base_volume: inside.iter().map(|t| t.quantity).sum(),
            quote_volume: inside.iter().map(|t| t.quote).sum(),
            change,
            change_percent: first
                .zip(change)
                .map(|(first, change)| percent(change, first.price).expect("small")),
            trades: inside.len() as i64,
        }
    }

    #[test]
    fn the_window_moves_with_the_minutes() {
        let trades = random_trades(11, 3_000, 120_000);
        let mut ticker = Ticker::new();
        assert_eq!(ticker.at(0), Ok(TickerValues::default()));
        for (index, trade) in trades.iter().enumerate() {
            ticker.apply(*trade).expect("small");
            ticker.apply(*trade).expect("counted once");
            if index % 50 == 0 {
                for later in [0, 59_999, 3_600_000] {
                    let now = trade.traded_at_ms + later;
                    assert_eq!(ticker.at(now), Ok(naive(&trades[..=index], now)));
                }
            }
        }
        let after = trades[trades.len() - 1].traded_at_ms + 2 * WINDOW_MS;
        let quiet = ticker.at(after).expect("small");
        assert_eq!(quiet.last, Some(trades[trades.len() - 1].price));
        assert_eq!((quiet.open, quiet.change, quiet.trades), (None, None, 0));
    }

    #[test]
    fn a_loaded_ticker_goes_on_as_if_it_had_counted() {
        let trades = random_trades(5, 400, 60_000);
        let mut counted = Ticker::new();
        for trade in &trades[..300] {
            counted.apply(*trade).expect("small");
        }
        let mut loaded = Ticker::new();
        loaded.load(counted.minutes.range(None, None).copied());
        for trade in &trades[250..] {
            counted.apply(*trade).expect("small");
            loaded.apply(*trade).expect("small");
        }
        let now = trades[399].traded_at_ms;
        assert_eq!(loaded.at(now), counted.at(now));
        assert_eq!(loaded.at(now), Ok(naive(&trades, now)));
    }

    #[test]
    fn half_a_unit_of_a_percentage_is_rounded_away_from_zero() {
        for (part, whole, expected) in [
            (0, 3, 0),
            (1, 3, 3333),
            (2, 3, 6667),
            (-2, 3, -6667),
            (1, 80_000, 0),
            (1, 20_000, 1),
            (-1, 20_000, -1),
            (1, 20_001, 0),
            (200, 100, 20_000),
        ] {
            assert_eq!(percent(part, whole), Ok(expected), "{part} of {whole}");
        }
        assert_eq!(percent(i128::MAX, 1), Err(TooLarge));
    }
}
