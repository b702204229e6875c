//! The channel messages of the WebSocket, each made once for all its subscribers.

use std::collections::BTreeMap;

use axum::extract::ws::Utf8Bytes;
use client::Side;
use serde::Serialize;
use utoipa::ToSchema;

use super::book::Book;
use super::candles::{Interval, Kline};
use super::depth::{Names, write_book, write_changes};
use super::derived::MarketTicker;
use super::event::{AccountEvent, Fill, Told, Trade};
use super::order::FeedOrder;
use super::units::text;
use crate::wire::millis;
use crate::wire::order::Order;

/// Levels a side of a snapshot: all of them. Updates tell of changed levels alone, so a level that
/// was left out would be missing once it comes to the top. The book's own limit bounds the message.
const SNAPSHOT_LEVELS: usize = usize::MAX;

/// A trade as everybody sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublicTrade {
    /// Its number.
    pub trade_id: String,
    /// Its place in the market's numbering.
    pub sequence: i64,
    /// The maker's price.
    pub price: String,
    /// Base traded.
    pub quantity: String,
    /// Quote traded.
    pub quote_amount: String,
    /// Side of the order that arrived.
    pub taker_side: Side,
    /// Milliseconds since 1970, UTC.
    pub traded_at: i64,
}

impl PublicTrade {
    /// Of a trade in memory.
    pub fn of(trade: &Trade, names: &Names) -> Self {
        PublicTrade {
            trade_id: trade.trade_id.to_string(),
            sequence: trade.sequence,
            price: text(trade.price, names.scales.price),
            quantity: text(trade.quantity, names.scales.quantity),
            quote_amount: text(trade.quote, names.scales.quote),
            taker_side: trade.taker_side,
            traded_at: millis(trade.traded_at),
        }
    }
}

fn order_of(order: &FeedOrder, names: &Names) -> Order {
    Order::from(order.to_client(&names.symbol, &names.scales))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FillText<'a> {
    trade_id: String,
    order_id: String,
    client_order_id: Option<&'a str>,
    liquidity: &'static str,
    side: &'static str,
    price: String,
    quantity: String,
    quote_amount: String,
    fee: &'a str,
    fee_asset: &'a str,
    traded_at: i64,
}

impl<'a> FillText<'a> {
    fn of(fill: &'a Fill, names: &'a Names) -> Self {
        let fee_asset = match fill.side {
            Side::Buy => &names.base,
            Side::Sell => &names.quote,
        };
        FillText {
            trade_id: fill.trade.trade_id.to_string(),
            order_id: fill.order_id.to_string(),
            client_order_id: fill.client_order_id.as_deref(),
            liquidity: if fill.is_maker { "maker" } else { "taker" },
            side: fill.side.name(),
            price: text(fill.trade.price, names.scales.price),
            quantity: text(fill.trade.quantity, names.scales.quantity),
            quote_amount: text(fill.trade.quote, names.scales.quote),
            fee: &fill.fee,
            fee_asset,
            traded_at: millis(fill.trade.traded_at),
        }
    }
}

/// The whole book.
pub fn depth_snapshot(names: &Names, book: &Book, sequence: i64) -> Utf8Bytes {
    let symbol = &names.symbol;
    let mut text = format!(
        "{{\"channel\":\"depth\",\"market\":\"{symbol}\",\"type\":\"snapshot\",\
         \"sequence\":{sequence},"
    );
    write_book(&mut text, book, &names.scales, SNAPSHOT_LEVELS);
    text.push('}');
    text.into()
}

/// The levels that changed from one number to another.
pub fn depth_update(
    names: &Names,
    book: &Book,
    (first, last): (i64, i64),
    changed: &[(Side, i128)],
) -> Utf8Bytes {
    let symbol = &names.symbol;
    let mut text = format!(
        "{{\"channel\":\"depth\",\"market\":\"{symbol}\",\"type\":\"update\",\
         \"first\":{first},\"last\":{last},"
    );
    write_changes(&mut text, book, &names.scales, changed);
    text.push('}');
    text.into()
}

/// Trades from one number to another.
pub fn trades<'a>(
    names: &Names,
    kind: &'static str,
    (first, last): (i64, i64),
    trades: impl Iterator<Item = &'a Trade>,
) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Message<'a> {
        channel: &'static str,
        market: &'a str,
        r#type: &'static str,
        first: i64,
        last: i64,
        trades: Vec<PublicTrade>,
    }
    json(&Message {
        channel: "trades",
        market: &names.symbol,
        r#type: kind,
        first,
        last,
        trades: trades.map(|trade| PublicTrade::of(trade, names)).collect(),
    })
}

/// The last 24 hours, as they are after a number.
pub fn ticker(market: &str, sequence: i64, ticker: &MarketTicker) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Message<'a> {
        channel: &'static str,
        market: &'a str,
        sequence: i64,
        ticker: &'a MarketTicker,
    }
    json(&Message {
        channel: "ticker",
        market,
        sequence,
        ticker,
    })
}

/// A candle of a market, as it is after a number.
pub fn kline(
    kind: &'static str,
    (market, interval, sequence): (&str, Interval, i64),
    kline: &Kline,
) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Message<'a> {
        channel: &'static str,
        market: &'a str,
        r#type: &'static str,
        interval: Interval,
        sequence: i64,
        kline: &'a Kline,
    }
    json(&Message {
        channel: "klines",
        market,
        r#type: kind,
        interval,
        sequence,
        kline,
    })
}

/// What one account is told of a fact.
pub fn account_event(names: &Names, event: &AccountEvent) -> Utf8Bytes {
    #[derive(Serialize)]
    struct OrderMessage<'a> {
        channel: &'static str,
        r#type: &'static str,
        market: &'a str,
        sequence: i64,
        change: &'static str,
        order: Order,
    }
    #[derive(Serialize)]
    struct FillMessage<'a> {
        channel: &'static str,
        market: &'a str,
        sequence: i64,
        fill: FillText<'a>,
    }
    let (market, sequence) = (names.symbol.as_str(), event.sequence);
    match &event.told {
        Told::Order(change, order) => json(&OrderMessage {
            channel: "orders",
            r#type: "update",
            market,
            sequence,
            change: change.name(),
            order: order_of(order, names),
        }),
        Told::Fill(fill) => json(&FillMessage {
            channel: "fills",
            market,
            sequence,
            fill: FillText::of(fill, names),
        }),
    }
}

/// All open orders of an account, and how far each market was read.
#[derive(Default, Serialize)]
pub struct OrdersSnapshot {
    channel: &'static str,
    r#type: &'static str,
    positions: BTreeMap<String, i64>,
    orders: Vec<Order>,
}

impl OrdersSnapshot {
    /// Of channel `orders`, or of `fills`, which has positions alone.
    pub fn new(channel: &'static str) -> Self {
        OrdersSnapshot {
            channel,
            r#type: "snapshot",
            ..OrdersSnapshot::default()
        }
    }

    /// Adds a market's position.
    pub fn reached(&mut self, names: &Names, sequence: i64) {
        self.positions.insert(names.symbol.clone(), sequence);
    }

    /// Adds an open order.
    pub fn order(&mut self, names: &Names, order: &FeedOrder) {
        self.orders.push(order_of(order, names));
    }

    /// The message.
    pub fn message(&self) -> Utf8Bytes {
        json(self)
    }
}

/// What an account has of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BalanceText {
    /// The asset's symbol.
    pub asset: String,
    /// Free to use.
    pub available: String,
    /// Frozen by open orders.
    pub held: String,
}

/// Balances, absolute.
pub fn balances(kind: &'static str, balances: &[BalanceText]) -> Utf8Bytes {
    #[derive(Serialize)]
    struct Message<'a> {
        channel: &'static str,
        r#type: &'static str,
        balances: &'a [BalanceText],
    }
    json(&Message {
        channel: "balances",
        r#type: kind,
        balances,
    })
}

/// Types with derived `Serialize` and text keys cannot fail.
fn json(message: &impl Serialize) -> Utf8Bytes {
    serde_json::to_string(message).unwrap_or_default().into()
}
