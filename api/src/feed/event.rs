//! What happened in a market, as subscribers are told: trades, changes of orders, fills.

use std::sync::Arc;

use client::Side;
use time::OffsetDateTime;

use super::order::FeedOrder;

/// A trade as everybody sees it; amounts are units of the market's scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Its place in the market's numbering.
    pub sequence: i64,
    /// Its number.
    pub trade_id: i64,
    /// The maker's price.
    pub price: i128,
    /// Base traded.
    pub quantity: i128,
    /// Quote traded.
    pub quote: i128,
    /// Side of the order that arrived.
    pub taker_side: Side,
    /// When.
    pub traded_at: OffsetDateTime,
}

/// How an order changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderChange {
    /// It was accepted.
    Placed,
    /// It traded.
    Traded,
    /// Its owner made it smaller.
    Reduced,
    /// Its owner ended it.
    Cancelled,
    /// A rule ended it.
    Expired,
}

impl OrderChange {
    const ALL: [OrderChange; 5] = [
        OrderChange::Placed,
        OrderChange::Traded,
        OrderChange::Reduced,
        OrderChange::Cancelled,
        OrderChange::Expired,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            OrderChange::Placed => "placed",
            OrderChange::Traded => "traded",
            OrderChange::Reduced => "reduced",
            OrderChange::Cancelled => "cancelled",
            OrderChange::Expired => "expired",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }
}

/// What one account is told.
#[derive(Clone, Debug)]
pub struct AccountEvent {
    /// The account.
    pub account_id: i64,
    /// The fact's place in its market's numbering.
    pub sequence: i64,
    /// What happened to it.
    pub told: Told,
}

/// What happened to an account.
#[derive(Clone, Debug)]
pub enum Told {
    /// One of its orders changed; the order as it stood then.
    Order(OrderChange, Box<FeedOrder>),
    /// One of its orders traded.
    Fill(Box<Fill>),
}

/// A trade as one of its parties sees it.
#[derive(Clone, Debug)]
pub struct Fill {
    /// The trade.
    pub trade: Trade,
    /// The account's order.
    pub order_id: i64,
    /// The account's name for it.
    pub client_order_id: Option<Arc<str>>,
    /// The order's side.
    pub side: Side,
    /// Whether the order rested.
    pub is_maker: bool,
    /// What the account paid, in the asset that it received.
    pub fee: Box<str>,
}

impl AccountEvent {
    pub(super) fn order(sequence: i64, change: OrderChange, order: FeedOrder) -> Self {
        AccountEvent {
            account_id: order.account_id,
            sequence,
            told: Told::Order(change, Box::new(order)),
        }
    }

    pub(super) fn fill(account_id: i64, fill: Fill) -> Self {
        AccountEvent {
            account_id,
            sequence: fill.trade.sequence,
            told: Told::Fill(Box::new(fill)),
        }
    }
}
