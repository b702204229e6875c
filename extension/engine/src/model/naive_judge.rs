//! The model's judgement of a placement: everything that is wrong with it is collected, and the one
//! that comes first in [`Reject`] is given. What depends on matching is tried out on a copy.

use super::Exchange;
use super::naive::NaiveExchange;
use crate::command::Outcome;
use crate::facts::Facts;
use crate::order::{MarketId, NewOrder, SelfTrade, Side, Terms, TimeInForce};
use crate::reject::Reject;
use crate::rules::{MAX_NOTIONAL, Status};

impl NaiveExchange {
    /// `Some`: the placement was made before, and this is the answer.
    pub(super) fn judge(&self, id: MarketId, order: &NewOrder) -> Result<Option<Outcome>, Reject> {
        match self.judge_early(id, order)? {
            Some(repeated) => Ok(Some(repeated)),
            None => match self.late_faults(id, order).into_iter().min() {
                Some(first) => Err(first),
                None => Ok(None),
            },
        }
    }

    /// Only what needs no book.
    pub(super) fn judge_early(
        &self,
        id: MarketId,
        order: &NewOrder,
    ) -> Result<Option<Outcome>, Reject> {
        let status = self.market(id).rules.status;
        let mut faults = Vec::new();
        let mut fault = |applies: bool, reject: Reject| {
            if applies {
                faults.push(reject);
            }
        };
        fault(status == Status::CancelOnly, Reject::MarketCancelOnly);
        fault(status == Status::Halted, Reject::MarketHalted);
        match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                post_only,
            } => {
                let takes = time_in_force != TimeInForce::Gtc;
                fault(post_only && takes, Reject::Malformed);
                fault(price_ticks == 0, Reject::InvalidPrice);
                fault(quantity_lots == 0, Reject::InvalidQuantity);
            }
            Terms::Market { quantity_lots, .. } => {
                fault(quantity_lots == 0, Reject::InvalidQuantity);
            }
            Terms::MarketBudget { budget } => {
                fault(order.side == Side::Sell, Reject::Malformed);
                fault(budget == 0, Reject::InvalidBudget);
            }
        }
        let key = order.client_order_id.map(|name| (order.account, name));
        let prior = key.and_then(|key| self.priors.get(&key));
        let is_repeat = prior.is_some_and(|p| p.fingerprint == order.fingerprint(id));
        fault(
            prior.is_some() && !is_repeat,
            Reject::DuplicateClientOrderId,
        );
        match (faults.into_iter().min(), prior) {
            (Some(first), _) if !is_repeat || first < Reject::DuplicateClientOrderId => Err(first),
            (_, prior) => Ok(prior.map(|prior| Outcome::Repeated(prior.order))),
        }
    }

    /// What is wrong with a well-formed order, in any sequence.
    fn late_faults(&self, id: MarketId, order: &NewOrder) -> Vec<Reject> {
        let market = self.market(id);
        let rules = market.rules;
        let anchor = market.last_price.unwrap_or(rules.reference_price_ticks);
        let mut faults = Vec::new();
        let mut fault = |applies: bool, reject: Reject| {
            if applies {
                faults.push(reject);
            }
        };
        let mut trial = self.clone();
        let arrival = trial.take(id, order, 0, &mut Facts::default());
        let opposite = self.resting(id, order.side.opposite());
        let open = self.open_orders(id, order.account).len();
        let (asset, lot) = match order.side {
            Side::Buy => (rules.quote, rules.tick_lot_atoms),
            Side::Sell => (rules.base, rules.lot_atoms),
        };
        let funds = self
            .funds
            .get(&(order.account, asset))
            .copied()
            .unwrap_or_default();
        let available = funds - self.held(order.account, asset) as i128;
        let cost = |price: u64, lots: u64| {
            u128::from(price)
                .checked_mul(u128::from(lots))
                .and_then(|n| n.checked_mul(lot.into()))
        };
        let notional = |price: u64, lots: u64| {
            let lot_ticks = u128::from(price) * u128::from(lots);
            lot_ticks.checked_mul(rules.tick_lot_atoms.into())
        };

        fault(
            order.self_trade == SelfTrade::None && !rules.allow_self_trade,
            Reject::SelfTradeNotAllowed,
        );
        let (quantity, notional, hold) = match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                post_only,
            } => {
                let (price, band) = (u128::from(price_ticks), u128::from(rules.band_ppm));
                let edge = |parts: u128| u128::from(anchor) * parts;
                let is_far = price * 1_000_000 > edge(1_000_000 + band)
                    || price * 1_000_000 < edge(1_000_000u128.saturating_sub(band));
                fault(is_far, Reject::PriceOutOfBand);
                let meets = opposite.first().is_some_and(|best| match order.side {
                    Side::Buy => u128::from(best.price_ticks) <= price,
                    Side::Sell => u128::from(best.price_ticks) >= price,
                });
                fault(post_only && meets, Reject::PostOnlyWouldTake);
                let may_rest = time_in_force == TimeInForce::Gtc;
                fault(
                    may_rest && open >= rules.max_open_orders as usize,
                    Reject::TooManyOpenOrders,
                );
                fault(
                    may_rest && market.orders.len() >= self.max_orders,
                    Reject::BookFull,
                );
                fault(
                    time_in_force == TimeInForce::Fok && arrival.lots < quantity_lots,
                    Reject::FillOrKillUnfilled,
                );
                let paid_price = if order.side == Side::Buy {
                    price_ticks
                } else {
                    1
                };
                (
                    Some(quantity_lots),
                    notional(price_ticks, quantity_lots),
                    cost(paid_price, quantity_lots),
                )
            }
            Terms::Market {
                quantity_lots,
                fill_or_kill,
            } => {
                fault(arrival.lots == 0, Reject::NoLiquidity);
                fault(
                    fill_or_kill && arrival.lots < quantity_lots,
                    Reject::FillOrKillUnfilled,
                );
                let hold = match order.side {
                    Side::Buy => Some(arrival.quote),
                    Side::Sell => cost(1, quantity_lots),
                };
                (Some(quantity_lots), notional(anchor, quantity_lots), hold)
            }
            Terms::MarketBudget { budget } => {
                fault(arrival.lots == 0, Reject::NoLiquidity);
                (None, Some(budget), Some(budget))
            }
        };
        fault(
            quantity.is_some_and(|q| q < rules.min_quantity_lots),
            Reject::QuantityTooSmall,
        );
        fault(
            quantity.is_some_and(|q| q > rules.max_quantity_lots),
            Reject::QuantityTooLarge,
        );
        fault(
            notional.is_some_and(|n| n < rules.min_notional),
            Reject::NotionalTooSmall,
        );
        fault(
            notional.is_none_or(|n| n > MAX_NOTIONAL),
            Reject::NotionalTooLarge,
        );
        let is_enough = hold.is_some_and(|hold| available >= 0 && hold <= available as u128);
        fault(!is_enough, Reject::InsufficientBalance);
        faults
    }
}
