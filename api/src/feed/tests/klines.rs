//! Candles and ticker as subscribers are told of them: every candle that changed, in the end as it
//! is, and exactly those after coming back.

use super::*;
use crate::feed::candles::{CandlePage, Interval};

const MINUTE_S: i64 = 60;

fn klines() -> Topic {
    Topic::Klines("BTC/USDT".to_owned(), Interval::Minute)
}

/// A market whose candles begin with none.
fn counted() -> (Feed, Arc<MarketFeed>) {
    let (feed, market) = fed();
    begin_counted(&market, 0);
    (feed, market)
}

fn begin_counted(market: &MarketFeed, sequence: i64) {
    let snapshot = MarketSnapshot {
        sequence,
        last_sequence: sequence,
        orders: Vec::new(),
    };
    let state = State::new(1, market.names(), snapshot, Vec::new()).expect("it fits");
    let none = Interval::ALL.map(|interval| (interval, Vec::new()));
    market.replace(state, derived::Derived::new(none.into()));
}

/// Two orders that trade at once at this price and minute: three facts from this number on.
fn pair(first: i64, price: &str, minute: i64) -> Vec<MarketFact> {
    let mut facts = vec![
        placed(first, ALICE, "buy", price),
        placed(first + 1, BOB, "sell", price),
        traded(first + 2, first, first + 1, price),
        cancelled(first + 3, first, ALICE),
        cancelled(first + 4, first + 1, BOB),
    ];
    for fact in &mut facts {
        fact.occurred_at += Duration::from_secs((minute * MINUTE_S).unsigned_abs());
        if let MarketChange::Updated(update) = &mut fact.change {
            update.removed_quantity = "0.6000".to_owned();
        }
    }
    facts
}

/// Beginning, close and trades of the candles that were told, and the type of each message.
fn shown(messages: &[Value]) -> Vec<(String, i64, String, i64)> {
    let shown = messages
        .iter()
        .filter(|message| message["channel"] == "klines");
    let line = |message: &Value| {
        let kline = &message["kline"];
        (
            message["type"].as_str().expect("a type").to_owned(),
            kline["openTime"].as_i64().expect("a time") / 1000 / MINUTE_S,
            kline["close"].as_str().expect("a price").to_owned(),
            kline["trades"].as_i64().expect("a number"),
        )
    };
    shown.map(line).collect()
}

fn line(kind: &str, minute: i64, close: &str, trades: i64) -> (String, i64, String, i64) {
    (kind.to_owned(), minute, close.to_owned(), trades)
}

#[tokio::test]
async fn the_last_trade_of_a_minute_is_told_though_the_next_one_has_begun() {
    let (feed, market) = counted();
    let (outbox, mut inbox) = channel(LIMIT);
    let _subscription = feed
        .subscribe(klines(), None, &outbox)
        .expect("it is there");
    let facts = [
        pair(1, "90.00", 3),
        pair(6, "91.00", 3),
        pair(11, "92.00", 4),
    ];
    tell(&market, facts.concat());
    let messages = told(&outbox, &mut inbox).await;
    let expected = [line("update", 3, "91.00", 2), line("update", 4, "92.00", 1)];
    assert_eq!(shown(&messages), expected);
    assert_eq!(messages[0]["sequence"], 15);
    // The clock went back: an older candle changes, and is told.
    tell(&market, pair(16, "93.00", 3));
    let messages = told(&outbox, &mut inbox).await;
    assert_eq!(shown(&messages), [line("update", 3, "93.00", 3)]);
}

#[tokio::test]
async fn who_comes_back_gets_the_candles_that_changed() {
    let (feed, market) = counted();
    tell(&market, pair(1, "90.00", 3));
    tell(
        &market,
        [pair(6, "91.00", 4), pair(11, "92.00", 6)].concat(),
    );
    for (after, expected) in [
        (None, vec![line("snapshot", 6, "92.00", 1)]),
        (Some(15), vec![]),
        (
            Some(5),
            vec![line("update", 4, "91.00", 1), line("update", 6, "92.00", 1)],
        ),
        (Some(12), vec![line("update", 6, "92.00", 1)]),
        (Some(16), vec![line("snapshot", 6, "92.00", 1)]),
    ] {
        let (outbox, mut inbox) = channel(LIMIT);
        let _subscription = feed
            .subscribe(klines(), after, &outbox)
            .expect("it is there");
        let messages = told(&outbox, &mut inbox).await;
        assert_eq!(shown(&messages), expected, "after {after:?}");
    }
}

#[tokio::test]
async fn a_ticker_is_told_when_something_happens() {
    let (feed, market) = counted();
    let (outbox, mut inbox) = channel(LIMIT);
    let topic = Topic::Ticker("BTC/USDT".to_owned());
    let _subscription = feed.subscribe(topic, None, &outbox).expect("it is there");
    tell(&market, vec![placed(1, ALICE, "buy", "90.00")]);
    let messages = told(&outbox, &mut inbox).await;
    let told: Vec<_> = messages
        .iter()
        .map(|message| (&message["sequence"], &message["ticker"]["bestBid"]))
        .collect();
    assert_eq!(
        told,
        [(&json!(0), &Value::Null), (&json!(1), &json!("90.00"))]
    );
}

#[test]
fn memory_answers_what_it_holds_alone() {
    let (_, market) = counted();
    let mut first = 1;
    for minute in 0..derived::CANDLES_KEPT as i64 + 10 {
        market.apply(pair(first, "90.00", minute)).expect("it fits");
        first += 5;
    }
    let kept = derived::CANDLES_KEPT;
    let minute_ms = |minute: i64| Some(minute * MINUTE_S * 1000);
    let count = |from_ms, to_ms, limit| {
        let page = CandlePage {
            from_ms,
            to_ms,
            limit,
        };
        let found = market.candles(Interval::Minute, page);
        found.map(|candles| candles.len())
    };
    assert_eq!(count(None, None, kept), Some(kept));
    assert_eq!(count(None, None, kept + 1), None);
    assert_eq!(count(minute_ms(10), None, kept), Some(kept));
    assert_eq!(count(minute_ms(9), None, 1), None);
    assert_eq!(count(None, minute_ms(15), 5), Some(5));
    assert_eq!(count(None, minute_ms(15), 6), None);
    // Hours are all there.
    let page = CandlePage {
        from_ms: None,
        to_ms: None,
        limit: kept,
    };
    let hours = market.candles(Interval::Hour, page).expect("all of them");
    assert_eq!(hours.len(), 17);
}
