//! Candles against counting anew from all trades, with times that go back and forth.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::*;

const START_MS: i64 = 1_700_000_000_000;
/// How far the time of a trade may lie behind the one before.
const JITTER_MS: i64 = 90_000;

/// Trades in the order of their numbers.
pub(in crate::feed) fn random_trades(seed: u64, count: i64, apart_ms: i64) -> Vec<CandleTrade> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut now = START_MS;
    (1..=count)
        .map(|trade_id| {
            now += random.random_range(0..=2 * apart_ms);
            CandleTrade {
                trade_id,
                price: random.random_range(90..=110),
                quantity: random.random_range(1..=1000),
                quote: random.random_range(1..=100_000),
                traded_at_ms: now - random.random_range(0..=JITTER_MS),
            }
        })
        .collect()
}

/// Every candle, each from a look at all trades.
fn naive(trades: &[CandleTrade], interval: Interval) -> Vec<Candle> {
    let start = |trade: &CandleTrade| trade.traded_at_ms / interval.millis() * interval.millis();
    let mut starts: Vec<i64> = trades.iter().map(start).collect();
    starts.sort_unstable();
    starts.dedup();
    let candle = |opened_at_ms: i64| {
        let members: Vec<_> = trades.iter().filter(|t| start(t) == opened_at_ms).collect();
        Candle {
            opened_at_ms,
            open: members[0].price,
            high: members.iter().map(|t| t.price).max().expect("a member"),
            low: members.iter().map(|t| t.price).min().expect("a member"),
            close: members[members.len() - 1].price,
            base_volume: members.iter().map(|t| t.quantity).sum(),
            quote_volume: members.iter().map(|t| t.quote).sum(),
            trades: members.len() as i64,
            last_trade_id: members[members.len() - 1].trade_id,
        }
    };
    starts.into_iter().map(candle).collect()
}

fn all(candles: &Candles) -> Vec<Candle> {
    candles.range(None, None).copied().collect()
}

#[test]
fn counting_trade_by_trade_equals_counting_anew() {
    for (seed, interval) in (0..).zip(Interval::ALL) {
        let trades = random_trades(seed, 800, i64::from(interval.seconds()) * 150);
        let mut candles = Candles::new(interval, 10_000);
        for trade in &trades {
            let changed = candles.apply(*trade).expect("small");
            assert_eq!(changed.expect("it is new").close, trade.price);
            assert_eq!(candles.apply(*trade), Ok(None), "counted twice");
        }
        assert_eq!(all(&candles), naive(&trades, interval));
    }
}

#[test]
fn a_loaded_beginning_and_the_trades_after_it_make_the_whole() {
    let trades = random_trades(7, 500, 9_000);
    for loaded in [0, 1, 17, 250, 499, 500] {
        let mut candles = Candles::new(Interval::Minute, 10_000);
        candles.load(naive(&trades[..loaded], Interval::Minute));
        // The follower may begin earlier than what was loaded.
        for trade in &trades[loaded.saturating_sub(40)..] {
            let changed = candles.apply(*trade).expect("small");
            assert_eq!(changed.is_some(), trade.trade_id > loaded as i64);
        }
        assert_eq!(all(&candles), naive(&trades, Interval::Minute));
    }
}

#[test]
fn only_the_newest_are_kept_and_older_ones_are_not_begun_again() {
    let trades = random_trades(3, 2_000, 20_000);
    let whole = naive(&trades, Interval::Minute);
    let mut candles = Candles::new(Interval::Minute, 50);
    for trade in &trades {
        candles.apply(*trade).expect("small");
        assert!(candles.by_start.len() <= 50);
    }
    assert_eq!(all(&candles), whole[whole.len() - 50..]);
    let oldest = all(&candles)[0].opened_at_ms;
    assert!(candles.holds(oldest) && !candles.holds(oldest - 1));
    let late = CandleTrade {
        trade_id: 9_999,
        traded_at_ms: oldest - 1,
        ..trades[0]
    };
    assert_eq!(candles.apply(late), Ok(None));
}

#[test]
fn a_volume_that_cannot_be_told_exactly_changes_nothing() {
    let mut candles = Candles::new(Interval::Day, 5);
    let trade = CandleTrade {
        trade_id: 1,
        price: 1,
        quantity: i128::MAX,
        quote: 1,
        traded_at_ms: START_MS,
    };
    let first = candles.apply(trade).expect("it fits");
    let next = CandleTrade {
        trade_id: 2,
        ..trade
    };
    assert_eq!(candles.apply(next), Err(TooLarge));
    assert_eq!(candles.newest().copied(), first);
}

#[test]
fn a_candle_looks_the_same_from_memory_and_from_the_database() {
    let scales = Scales {
        price: 2,
        quantity: 4,
        quote: 6,
    };
    let row = client::Candle {
        opened_at: time::OffsetDateTime::from_unix_timestamp(1_699_999_980).expect("a time"),
        open: "100.00".to_owned(),
        high: "101.50".to_owned(),
        low: "99.99".to_owned(),
        close: "100.01".to_owned(),
        base_volume: "12.0001".to_owned(),
        quote_volume: "1200.010000".to_owned(),
        trades: 3,
        first_trade_id: 100_000_000_000_004,
        last_trade_id: 100_000_000_000_009,
    };
    let candle = Candle::read(&row, &scales).expect("it fits the scales");
    assert_eq!(
        Kline::of(&candle, Interval::Minute, &scales),
        Kline::of_row(row, Interval::Minute)
    );
}
