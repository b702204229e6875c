//! The markets' rules in memory: the answer of `GET symbols`, and the number of stream `markets`
//! that it has reached.

use axum::body::Bytes;
use client::Market;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use utoipa::ToSchema;

use super::market::REACH_LIMIT;
use crate::error::ApiError;

/// Every market.
#[derive(Serialize, ToSchema)]
pub struct Symbols {
    symbols: Vec<Symbol>,
}

/// A market and its rules.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Symbol {
    market: String,
    /// trading; `cancel_only`: orders are only ended or made smaller; halted: nothing.
    status: String,
    base_asset: String,
    /// Decimals of base amounts.
    base_scale: i16,
    quote_asset: String,
    /// Decimals of quote amounts.
    quote_scale: i16,
    /// Prices are whole multiples of it.
    tick: String,
    /// Quantities are whole multiples of it.
    lot: String,
    min_quantity: String,
    max_quantity: String,
    /// Smallest price times quantity of an order.
    min_notional: String,
    /// How far a price may be from the last one, as a part of it.
    price_band: String,
    /// Stands in for the last price until the first trade.
    reference_price: String,
    /// Open orders that one account may have.
    max_open_orders: i32,
    /// Whether self-trade mode none is accepted.
    allow_self_trade: bool,
}

impl From<client::Market> for Symbol {
    fn from(market: client::Market) -> Self {
        Symbol {
            market: market.symbol,
            status: market.status,
            base_asset: market.base_asset,
            base_scale: market.base_scale,
            quote_asset: market.quote_asset,
            quote_scale: market.quote_scale,
            tick: market.tick,
            lot: market.lot,
            min_quantity: market.min_quantity,
            max_quantity: market.max_quantity,
            min_notional: market.min_notional,
            price_band: market.price_band,
            reference_price: market.reference_price,
            max_open_orders: market.max_open_orders,
            allow_self_trade: market.allow_self_trade,
        }
    }
}

/// What is known of all markets.
pub struct Rules {
    /// The stream's number, -1 before the first look, and the body that shows it: both at once.
    known: watch::Sender<(i64, Bytes)>,
    bell: Notify,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            known: watch::Sender::new((-1, Bytes::new())),
            bell: Notify::new(),
        }
    }
}

impl Rules {
    /// Takes the markets as they were at a number of the stream or later.
    pub(super) fn set(&self, position: i64, markets: &[Market]) {
        let symbols = markets.iter().cloned().map(Symbol::from).collect();
        // Types with derived `Serialize` and text keys cannot fail.
        let body = serde_json::to_vec(&Symbols { symbols }).unwrap_or_default();
        self.known.send_replace((position, Bytes::from(body)));
    }

    /// The answer once it has this number of the stream, which is looked for at once.
    ///
    /// # Errors
    /// `Unavailable`: it does not come in time.
    pub async fn at(&self, position: i64) -> Result<Bytes, ApiError> {
        let position = position.max(0);
        let mut known = self.known.subscribe();
        if known.borrow().0 < position {
            self.ring();
        }
        let waiting = known.wait_for(|(reached, _)| *reached >= position);
        match tokio::time::timeout(REACH_LIMIT, waiting).await {
            Ok(Ok(known)) => Ok(known.1.clone()),
            Ok(Err(_)) | Err(_) => Err(ApiError::Unavailable),
        }
    }

    /// Has the follower look for changes.
    pub(super) fn ring(&self) {
        self.bell.notify_one();
    }

    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}
