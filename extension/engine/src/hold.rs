//! How much an order holds: what it may still have to pay.

use crate::order::{AssetId, Atoms, Side};
use crate::rules::Rules;

/// The asset that a side pays.
pub fn asset(rules: &Rules, side: Side) -> AssetId {
    match side {
        Side::Buy => rules.quote,
        Side::Sell => rules.base,
    }
}

/// What an order of `lots` with the limit `price_ticks` holds: a buy its notional, a sell its
/// quantity. Never overflows for an accepted order, whose notional is bounded.
pub fn amount(rules: &Rules, side: Side, price_ticks: u64, lots: u64) -> Atoms {
    match side {
        Side::Buy => rules.quote_atoms(price_ticks, lots),
        Side::Sell => rules.base_atoms(lots),
    }
}
