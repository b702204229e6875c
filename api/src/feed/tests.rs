//! Subscribers of a market that is fed by hand: what they are told, at first, after a pause, and
//! when they come back.

mod klines;

use std::collections::{BTreeMap, HashMap};

use client::{
    MarketChange, MarketFact, MarketSnapshot, MarketTrade, OrderUpdate, PlacedOrder, TradeParty,
};
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::time::Instant;

use super::state::{FACTS_KEPT, State};
use super::*;
use crate::outbox::{Inbox, Limit, Outbox, channel};

const LIMIT: Limit = Limit {
    messages: 1000,
    bytes: 1 << 20,
};
const ALICE: i64 = 1;
const BOB: i64 = 2;

/// One market without a database.
fn fed() -> (Feed, Arc<MarketFeed>) {
    let names = Names {
        symbol: "BTC/USDT".to_owned(),
        base: "BTC".to_owned(),
        quote: "USDT".to_owned(),
        scales: Scales {
            price: 2,
            quantity: 4,
            quote: 6,
        },
    };
    let feed = Feed::default();
    let market = MarketFeed::new(1, names, feed.0.accounts.clone());
    let market = Arc::new(market);
    let mut markets = feed.0.markets.write().expect("no panic before");
    markets.insert(1, market.clone());
    drop(markets);
    begin(&market, MarketSnapshot::default());
    (feed, market)
}

fn begin(market: &MarketFeed, snapshot: MarketSnapshot) {
    let state = State::new(1, market.names(), snapshot, Vec::new()).expect("it fits");
    market.replace(state, derived::Derived::default());
}

fn fact(sequence: i64, change: MarketChange) -> MarketFact {
    MarketFact {
        sequence,
        occurred_at: OffsetDateTime::UNIX_EPOCH,
        change,
    }
}

fn number(sequence: i64) -> i64 {
    book::NUMBERS_PER_MARKET + sequence
}

fn placed(sequence: i64, account_id: i64, side: &str, price: &str) -> MarketFact {
    let order = PlacedOrder {
        order_id: number(sequence),
        account_id,
        client_order_id: Some(format!("name-{sequence}")),
        side: side.to_owned(),
        kind: "limit".to_owned(),
        time_in_force: "gtc".to_owned(),
        post_only: false,
        self_trade: "expire_taker".to_owned(),
        price: Some(price.to_owned()),
        quantity: Some("1.0000".to_owned()),
        budget: None,
        final_quote: None,
    };
    fact(sequence, MarketChange::Placed(Box::new(order)))
}

fn traded(sequence: i64, maker: i64, taker: i64, price: &str) -> MarketFact {
    let party = |order, account_id, fee: &str| TradeParty {
        order_id: number(order),
        account_id,
        fee: fee.to_owned(),
    };
    let trade = MarketTrade {
        price: price.to_owned(),
        quantity: "0.4000".to_owned(),
        quote_amount: "36.000000".to_owned(),
        taker_side: "sell".to_owned(),
        taker: party(taker, BOB, "0.072000"),
        maker: party(maker, ALICE, "0.00040000"),
    };
    fact(sequence, MarketChange::Traded(Box::new(trade)))
}

fn cancelled(sequence: i64, order: i64, account_id: i64) -> MarketFact {
    let update = OrderUpdate {
        order_id: number(order),
        account_id,
        kind: "cancelled".to_owned(),
        reason: "requested".to_owned(),
        removed_quantity: "1.0000".to_owned(),
    };
    fact(sequence, MarketChange::Updated(update))
}

/// Applies a page and lets every pause pass.
fn tell(market: &MarketFeed, facts: Vec<MarketFact>) {
    market.apply(facts).expect("it fits");
    let mut now = Instant::now();
    while let Some(due) = market.flush(now) {
        now = due;
    }
}

/// What waits for a subscriber.
async fn told(outbox: &Outbox, inbox: &mut Inbox) -> Vec<Value> {
    // Something to find, even where nothing was told.
    assert!(outbox.push("null".into()));
    let messages = inbox.next_all().await.expect("it is open");
    let texts = messages.iter().map(|message| message.as_str());
    let mut values: Vec<Value> = texts
        .map(|text| serde_json::from_str(text).expect("json"))
        .collect();
    values.pop();
    values
}

fn depth() -> Topic {
    Topic::Depth("BTC/USDT".to_owned())
}

/// The book as a client keeps it: it applies absolute quantities and compares each checksum.
#[derive(Default)]
struct Copy {
    sequence: i64,
    sides: [BTreeMap<String, String>; 2],
}

impl Copy {
    fn apply(&mut self, message: &Value) {
        if message["type"] == "snapshot" {
            *self = Copy::default();
            self.sequence = message["sequence"].as_i64().expect("a number");
        } else {
            let first = message["first"].as_i64().expect("a number");
            assert!(
                first <= self.sequence + 1,
                "{message} after {}",
                self.sequence
            );
            self.sequence = message["last"].as_i64().expect("a number");
        }
        for (side, name) in self.sides.iter_mut().zip(["bids", "asks"]) {
            for level in message[name].as_array().expect("levels") {
                let [price, quantity] = [&level[0], &level[1]].map(|v| v.as_str().expect("text"));
                if quantity == "0.0000" {
                    side.remove(price);
                } else {
                    side.insert(price.to_owned(), quantity.to_owned());
                }
            }
        }
        let line = |(price, quantity): (&String, &String)| format!("{price}:{quantity}");
        let bids: Vec<_> = self.sides[0].iter().rev().take(10).map(line).collect();
        let asks: Vec<_> = self.sides[1].iter().take(10).map(line).collect();
        let text = format!("{}|{}", bids.join(","), asks.join(","));
        assert_eq!(
            message["checksum"],
            crc32fast::hash(text.as_bytes()),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_copy_of_the_book_follows_message_by_message() {
    let (feed, market) = fed();
    tell(
        &market,
        vec![
            placed(1, ALICE, "buy", "90.00"),
            placed(2, ALICE, "buy", "89.00"),
        ],
    );
    let (outbox, mut inbox) = channel(LIMIT);
    let subscription = feed.subscribe(depth(), None, &outbox).expect("it is there");
    tell(&market, vec![placed(3, BOB, "sell", "91.00")]);
    tell(
        &market,
        vec![placed(4, BOB, "sell", "90.00"), traded(5, 1, 4, "90.00")],
    );
    tell(&market, vec![cancelled(6, 2, ALICE)]);
    let messages = told(&outbox, &mut inbox).await;
    let kinds: Vec<_> = messages.iter().map(|message| &message["type"]).collect();
    assert_eq!(kinds, ["snapshot", "update", "update", "update"]);
    let mut copy = Copy::default();
    messages.iter().for_each(|message| copy.apply(message));
    assert_eq!(copy.sequence, 6);
    drop(subscription);
    tell(&market, vec![placed(7, BOB, "sell", "95.00")]);
    assert_eq!(told(&outbox, &mut inbox).await, Vec::<Value>::new());
}

#[tokio::test]
async fn what_happens_within_a_pause_is_one_message() {
    let (feed, market) = fed();
    let (outbox, mut inbox) = channel(LIMIT);
    let _subscription = feed.subscribe(depth(), None, &outbox).expect("it is there");
    market
        .apply(vec![placed(1, ALICE, "buy", "90.00")])
        .expect("it fits");
    market
        .apply(vec![placed(2, ALICE, "buy", "90.00")])
        .expect("it fits");
    tell(
        &market,
        vec![placed(3, ALICE, "buy", "88.00"), cancelled(4, 3, ALICE)],
    );
    let messages = told(&outbox, &mut inbox).await;
    assert_eq!(messages.len(), 2, "{messages:?}");
    let update = &messages[1];
    assert_eq!((&update["first"], &update["last"]), (&json!(1), &json!(4)));
    assert_eq!(update["bids"], json!([["90.00", "2.0000"]]));
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed() {
    let (feed, market) = fed();
    tell(&market, vec![placed(1, ALICE, "buy", "90.00")]);
    tell(
        &market,
        vec![placed(2, BOB, "sell", "90.00"), traded(3, 1, 2, "90.00")],
    );
    tell(&market, vec![placed(4, ALICE, "buy", "80.00")]);
    let (outbox, mut inbox) = channel(LIMIT);
    for (after, kind, levels) in [(1, "update", 3), (3, "update", 1), (9, "snapshot", 3)] {
        let subscription = feed.subscribe(depth(), Some(after), &outbox);
        let messages = told(&outbox, &mut inbox).await;
        assert_eq!(messages.len(), 1, "{messages:?}");
        assert_eq!(messages[0]["type"], kind, "after {after}");
        let shown =
            ["bids", "asks"].map(|side| messages[0][side].as_array().expect("levels").len());
        assert_eq!(shown[0] + shown[1], levels, "{}", messages[0]);
        drop(subscription);
    }
    let none = feed.subscribe(depth(), Some(4), &outbox);
    assert_eq!(told(&outbox, &mut inbox).await, Vec::<Value>::new());
    drop(none);
    let trades = Topic::Trades("BTC/USDT".to_owned());
    let _trades = feed.subscribe(trades, Some(1), &outbox);
    let messages = told(&outbox, &mut inbox).await;
    assert_eq!(messages[0]["trades"][0]["sequence"], 3, "{messages:?}");
}

#[tokio::test]
async fn an_account_is_told_exactly_its_own_and_what_it_missed() {
    let (feed, market) = fed();
    let after = |sequence| HashMap::from([("BTC/USDT".to_owned(), sequence)]);
    let (outbox, mut inbox) = channel(LIMIT);
    let orders = AccountChannel::Orders;
    let live = feed.subscribe_account(ALICE, orders, HashMap::new(), &outbox);
    tell(
        &market,
        vec![
            placed(1, ALICE, "buy", "90.00"),
            placed(2, BOB, "sell", "90.00"),
        ],
    );
    tell(&market, vec![traded(3, 1, 2, "90.00")]);
    tell(&market, vec![cancelled(4, 1, ALICE)]);
    let messages = told(&outbox, &mut inbox).await;
    assert_eq!(messages[0]["positions"], json!({ "BTC/USDT": 0 }));
    let changes: Vec<_> = messages[1..].iter().map(|m| &m["change"]).collect();
    assert_eq!(changes, ["placed", "traded", "cancelled"]);
    assert_eq!(messages[2]["order"]["remainingQuantity"], "0.6000");
    drop(live);
    for after_sequence in 0..=4 {
        let again = feed.subscribe_account(ALICE, orders, after(after_sequence), &outbox);
        let missed = told(&outbox, &mut inbox).await;
        let expected: Vec<_> = messages[1..]
            .iter()
            .filter(|message| message["sequence"].as_i64() > Some(after_sequence))
            .cloned()
            .collect();
        assert_eq!(missed, expected, "after {after_sequence}");
        drop(again);
    }
    let _fills = feed.subscribe_account(BOB, AccountChannel::Fills, after(0), &outbox);
    let fills = told(&outbox, &mut inbox).await;
    assert_eq!(fills.len(), 1, "{fills:?}");
    assert_eq!(fills[0]["fill"]["liquidity"], "taker");
    assert_eq!(fills[0]["fill"]["feeAsset"], "USDT");
}

#[tokio::test]
async fn a_market_that_begins_anew_is_shown_anew() {
    let (feed, market) = fed();
    tell(
        &market,
        vec![
            placed(1, ALICE, "buy", "90.00"),
            placed(2, ALICE, "buy", "89.00"),
        ],
    );
    let (outbox, mut inbox) = channel(LIMIT);
    let _subscription = feed.subscribe(depth(), None, &outbox).expect("it is there");
    let snapshot = MarketSnapshot {
        sequence: 1,
        last_sequence: 1,
        orders: Vec::new(),
    };
    begin(&market, snapshot);
    let messages = told(&outbox, &mut inbox).await;
    assert_eq!(messages.len(), 2);
    assert_eq!(
        (&messages[1]["type"], &messages[1]["sequence"]),
        (&json!("snapshot"), &json!(1))
    );
    let body = market.depth_body(5).expect("it is there");
    let body: Value = serde_json::from_slice(&body).expect("json");
    assert_eq!((&body["sequence"], &body["bids"]), (&json!(1), &json!([])));
}

#[test]
fn a_gap_is_noticed() {
    let (_, market) = fed();
    let gap = market.apply(vec![placed(2, ALICE, "buy", "90.00")]);
    assert_eq!(gap, Err(Broken("fact 2 stands where 1 is due".to_owned())));
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let (feed, market) = fed();
    let pairs = FACTS_KEPT / 2 + 100;
    for pair in 0..pairs {
        let first = pair * 2 + 1;
        let facts = vec![
            placed(first, ALICE, "buy", "90.00"),
            cancelled(first + 1, first, ALICE),
        ];
        market.apply(facts).expect("it fits");
    }
    let kept = market.read(|state| state.pages().count() as i64);
    assert!(kept <= Some(FACTS_KEPT / 2 + 1), "{kept:?}");
    let (outbox, mut inbox) = channel(LIMIT);
    let _subscription = feed
        .subscribe(depth(), Some(10), &outbox)
        .expect("it is there");
    assert_eq!(told(&outbox, &mut inbox).await[0]["type"], "snapshot");
}
