//! An order as the feed keeps it, and as its owner sees it.

use std::sync::Arc;

use client::{Kind, PlacedOrder, SelfTrade, Side, SnapshotOrder, State, TimeInForce};
use time::OffsetDateTime;

use super::Broken;
use super::units::{Scales, parse, text};

/// An order; amounts are units of the market's scales.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedOrder {
    /// Its number.
    pub order_id: i64,
    /// Its owner.
    pub account_id: i64,
    /// The owner's name for it.
    pub client_order_id: Option<Arc<str>>,
    /// Side of the book.
    pub side: Side,
    /// Limit or market.
    pub kind: Kind,
    /// How long it stays.
    pub time_in_force: TimeInForce,
    /// Was refused rather than take.
    pub post_only: bool,
    /// What happens on meeting an order of the same account.
    pub self_trade: SelfTrade,
    /// Worst acceptable price; none for market orders.
    pub price: Option<i128>,
    /// Base as placed; none for budget orders.
    pub quantity: Option<i128>,
    /// Quote to spend at most.
    pub budget: Option<i128>,
    /// What a budget order will have spent when it ends.
    pub final_quote: Option<i128>,
    /// Base taken off by reductions.
    pub reduced: i128,
    /// Base traded.
    pub filled: i128,
    /// Quote traded.
    pub filled_quote: i128,
    /// Where it stands.
    pub state: State,
    /// When it was accepted.
    pub placed_at: OffsetDateTime,
    /// When it ended.
    pub closed_at: Option<OffsetDateTime>,
}

impl FeedOrder {
    /// As it was placed.
    pub(super) fn placed(
        order: PlacedOrder,
        at: OffsetDateTime,
        scales: &Scales,
    ) -> Result<Self, Broken> {
        let optional =
            |text: Option<String>, scale| text.map(|text| units_of(&text, scale)).transpose();
        Ok(FeedOrder {
            order_id: order.order_id,
            account_id: order.account_id,
            client_order_id: order.client_order_id.map(Arc::from),
            side: named(&order.side, Side::from_name)?,
            kind: named(&order.kind, Kind::from_name)?,
            time_in_force: named(&order.time_in_force, TimeInForce::from_name)?,
            post_only: order.post_only,
            self_trade: named(&order.self_trade, SelfTrade::from_name)?,
            price: optional(order.price, scales.price)?,
            quantity: optional(order.quantity, scales.quantity)?,
            budget: optional(order.budget, scales.quote)?,
            final_quote: optional(order.final_quote, scales.quote)?,
            reduced: 0,
            filled: 0,
            filled_quote: 0,
            state: State::Open,
            placed_at: at,
            closed_at: None,
        })
    }

    /// As a snapshot shows it.
    pub(super) fn resting(order: SnapshotOrder, scales: &Scales) -> Result<Self, Broken> {
        Ok(FeedOrder {
            order_id: order.order_id,
            account_id: order.account_id,
            client_order_id: order.client_order_id.map(Arc::from),
            side: named(&order.side, Side::from_name)?,
            kind: Kind::Limit,
            time_in_force: TimeInForce::Gtc,
            post_only: order.post_only,
            self_trade: named(&order.self_trade, SelfTrade::from_name)?,
            price: Some(units_of(&order.price, scales.price)?),
            quantity: Some(units_of(&order.quantity, scales.quantity)?),
            budget: None,
            final_quote: None,
            reduced: units_of(&order.reduced_quantity, scales.quantity)?,
            filled: units_of(&order.filled_quantity, scales.quantity)?,
            filled_quote: units_of(&order.filled_quote, scales.quote)?,
            state: State::Open,
            placed_at: order.placed_at,
            closed_at: None,
        })
    }

    /// The price at which it rests in the book, where it is of the kind that rests.
    pub(super) fn level(&self) -> Option<(Side, i128)> {
        let rests = self.kind == Kind::Limit && self.time_in_force == TimeInForce::Gtc;
        self.price.filter(|_| rests).map(|price| (self.side, price))
    }

    /// Base that is still open; 0 for a budget order and for one that has ended.
    pub fn remaining(&self) -> i128 {
        match self.quantity {
            Some(quantity) if self.state == State::Open => quantity - self.reduced - self.filled,
            _ => 0,
        }
    }

    /// Whether there is nothing left of it to trade.
    pub(super) fn is_filled(&self) -> bool {
        match (self.quantity, self.final_quote) {
            (Some(_), _) => self.remaining() == 0,
            (None, final_quote) => final_quote == Some(self.filled_quote),
        }
    }

    /// As its owner reads it.
    pub fn to_client(&self, market: &str, scales: &Scales) -> client::Order {
        let optional = |units: Option<i128>, scale| units.map(|units| text(units, scale));
        let remaining_quantity = match self.state {
            State::Open => text(self.remaining(), scales.quantity),
            _ => text(0, scales.quantity),
        };
        client::Order {
            order_id: self.order_id,
            market: market.to_owned(),
            client_order_id: self.client_order_id.as_deref().map(str::to_owned),
            side: self.side.name().to_owned(),
            kind: self.kind.name().to_owned(),
            time_in_force: self.time_in_force.name().to_owned(),
            post_only: self.post_only,
            self_trade: self.self_trade.name().to_owned(),
            price: optional(self.price, scales.price),
            quantity: optional(self.quantity, scales.quantity),
            budget: optional(self.budget, scales.quote),
            reduced_quantity: text(self.reduced, scales.quantity),
            filled_quantity: text(self.filled, scales.quantity),
            filled_quote: text(self.filled_quote, scales.quote),
            remaining_quantity,
            state: self.state.name().to_owned(),
            placed_at: self.placed_at,
            closed_at: self.closed_at,
        }
    }
}

/// The units of a text of the database.
pub(super) fn units_of(text: &str, scale: usize) -> Result<i128, Broken> {
    parse(text, scale).ok_or_else(|| Broken(format!("'{text}' has no {scale} decimals")))
}

/// The value of a name of the database.
pub(super) fn named<T>(name: &str, find: impl Fn(&str) -> Option<T>) -> Result<T, Broken> {
    find(name).ok_or_else(|| Broken(format!("nothing is called '{name}'")))
}
