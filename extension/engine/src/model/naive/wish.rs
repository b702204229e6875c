//! What an order of the model wants, whatever its kind.

use super::arrival::Arrival;
use crate::order::{Atoms, NewOrder, Side, Terms, TimeInForce};
use crate::rules::Rules;

/// What an order wants, whatever its kind.
pub(super) struct Wish {
    pub(super) limit_ticks: u64,
    lots: u64,
    budget: Option<Atoms>,
    pub(super) may_rest: bool,
}

impl Wish {
    pub(super) fn of(order: &NewOrder, rules: &Rules, last_price: Option<u64>) -> Wish {
        let (lowest, highest) = rules.band(rules.anchor(last_price));
        let edge = if order.side == Side::Buy {
            highest
        } else {
            lowest
        };
        let wish = |limit_ticks, lots| Wish {
            limit_ticks,
            lots,
            budget: None,
            may_rest: false,
        };
        match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                ..
            } => {
                let may_rest = time_in_force == TimeInForce::Gtc;
                Wish {
                    may_rest,
                    ..wish(price_ticks, quantity_lots)
                }
            }
            Terms::Market { quantity_lots, .. } => wish(edge, quantity_lots),
            Terms::MarketBudget { budget } => Wish {
                budget: Some(budget),
                ..wish(edge, rules.max_quantity_lots)
            },
        }
    }

    /// How many lots at a price it can and wants to take after what it has got.
    pub(super) fn appetite(&self, rules: &Rules, price_ticks: u64, got: &Arrival) -> u64 {
        let lots = self.lots - got.lots;
        let cost = Atoms::from(price_ticks) * Atoms::from(rules.tick_lot_atoms);
        self.budget.map_or(lots, |budget| {
            ((budget - got.quote) / cost).min(lots.into()) as u64
        })
    }

    /// What it does not get any more, as far as that is counted in lots.
    pub(super) fn rest(&self, got: &Arrival) -> u64 {
        if self.budget.is_some() {
            0
        } else {
            self.lots - got.lots
        }
    }
}
