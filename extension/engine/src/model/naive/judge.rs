//! The model's judgement of a placement: everything that is wrong with it is collected, and the one
//! that comes first in [`Reject`] is given. What depends on matching is tried out on a copy.

use super::NaiveExchange;
use super::arrival::Arrival;
use crate::command::Outcome;
use crate::facts::Facts;
use crate::model::Exchange;
use crate::order::{Atoms, MarketId, NewOrder, SelfTrade, Side, Terms, TimeInForce};
use crate::reject::Reject;
use crate::rules::{MAX_NOTIONAL, Status};

/// What is wrong, in any order.
#[derive(Default)]
struct Faults(Vec<Reject>);

impl Faults {
    fn note(&mut self, applies: bool, reject: Reject) {
        if applies {
            self.0.push(reject);
        }
    }

    fn first(self) -> Option<Reject> {
        self.0.into_iter().min()
    }
}

impl NaiveExchange {
    /// `Some`: the placement was made before, and this is the answer.
    pub(super) fn judge(&self, id: MarketId, order: &NewOrder) -> Result<Option<Outcome>, Reject> {
        if let Some(repeated) = self.judge_early(id, order)? {
            return Ok(Some(repeated));
        }
        let mut faults = Faults::default();
        let arrival = self.clone().take(id, order, 0, &mut Facts::default());
        self.judge_terms(id, order, &arrival, &mut faults);
        self.judge_size(id, order, &mut faults);
        self.judge_funds(id, order, &arrival, &mut faults);
        faults.first().map_or(Ok(None), Err)
    }

    /// Only what needs no book.
    pub(super) fn judge_early(
        &self,
        id: MarketId,
        order: &NewOrder,
    ) -> Result<Option<Outcome>, Reject> {
        let status = self.market(id).rules.status;
        let mut faults = Faults::default();
        faults.note(status == Status::CancelOnly, Reject::MarketCancelOnly);
        faults.note(status == Status::Halted, Reject::MarketHalted);
        match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                post_only,
            } => {
                let takes = time_in_force != TimeInForce::Gtc;
                faults.note(post_only && takes, Reject::Malformed);
                faults.note(price_ticks == 0, Reject::InvalidPrice);
                faults.note(quantity_lots == 0, Reject::InvalidQuantity);
            }
            Terms::Market { quantity_lots, .. } => {
                faults.note(quantity_lots == 0, Reject::InvalidQuantity);
            }
            Terms::MarketBudget { budget } => {
                faults.note(order.side == Side::Sell, Reject::Malformed);
                faults.note(budget == 0, Reject::InvalidBudget);
            }
        }
        let key = order.client_order_id.map(|name| (order.account, name));
        let prior = key.and_then(|key| self.priors.get(&key));
        let is_repeat = prior.is_some_and(|prior| prior.fingerprint == order.fingerprint(id));
        faults.note(
            prior.is_some() && !is_repeat,
            Reject::DuplicateClientOrderId,
        );
        match (faults.first(), prior) {
            (Some(first), _) if !is_repeat || first < Reject::DuplicateClientOrderId => Err(first),
            (_, prior) => Ok(prior.map(|prior| Outcome::Repeated(prior.order))),
        }
    }

    /// What follows from the kind of order and from whom it meets.
    fn judge_terms(&self, id: MarketId, order: &NewOrder, arrival: &Arrival, faults: &mut Faults) {
        let market = self.market(id);
        let rules = &market.rules;
        let modeless = order.self_trade == SelfTrade::None && !rules.allow_self_trade;
        faults.note(modeless, Reject::SelfTradeNotAllowed);
        let must_fill = match order.terms {
            Terms::Limit {
                price_ticks,
                time_in_force,
                post_only,
                ..
            } => {
                let (price, anchor) = (u128::from(price_ticks), self.anchor(id));
                let band = u128::from(rules.band_ppm);
                let is_far = price * 1_000_000 > anchor * (1_000_000 + band)
                    || price * 1_000_000 < anchor * 1_000_000u128.saturating_sub(band);
                faults.note(is_far, Reject::PriceOutOfBand);
                let meets = !self
                    .select(id, |other| match order.side {
                        Side::Buy => other.side == Side::Sell && other.price_ticks <= price_ticks,
                        Side::Sell => other.side == Side::Buy && other.price_ticks >= price_ticks,
                    })
                    .is_empty();
                faults.note(post_only && meets, Reject::PostOnlyWouldTake);
                if time_in_force == TimeInForce::Gtc {
                    let own = self.open_orders(id, order.account).len();
                    let has_many = own >= rules.max_open_orders as usize;
                    faults.note(has_many, Reject::TooManyOpenOrders);
                    faults.note(market.orders.len() >= self.max_orders, Reject::BookFull);
                }
                time_in_force == TimeInForce::Fok
            }
            Terms::Market { fill_or_kill, .. } => {
                faults.note(arrival.lots == 0, Reject::NoLiquidity);
                fill_or_kill
            }
            Terms::MarketBudget { .. } => {
                faults.note(arrival.lots == 0, Reject::NoLiquidity);
                false
            }
        };
        let is_short = quantity(order).is_some_and(|lots| arrival.lots < lots);
        faults.note(must_fill && is_short, Reject::FillOrKillUnfilled);
    }

    /// The market's bounds of quantity and notional.
    fn judge_size(&self, id: MarketId, order: &NewOrder, faults: &mut Faults) {
        let rules = &self.market(id).rules;
        let lots = quantity(order);
        faults.note(
            lots.is_some_and(|q| q < rules.min_quantity_lots),
            Reject::QuantityTooSmall,
        );
        faults.note(
            lots.is_some_and(|q| q > rules.max_quantity_lots),
            Reject::QuantityTooLarge,
        );
        let notional = match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                ..
            } => product([price_ticks, quantity_lots, rules.tick_lot_atoms].map(u128::from)),
            Terms::Market { quantity_lots, .. } => product([
                self.anchor(id),
                quantity_lots.into(),
                rules.tick_lot_atoms.into(),
            ]),
            Terms::MarketBudget { budget } => Some(budget),
        };
        faults.note(
            notional.is_some_and(|n| n < rules.min_notional),
            Reject::NotionalTooSmall,
        );
        faults.note(
            notional.is_none_or(|n| n > MAX_NOTIONAL),
            Reject::NotionalTooLarge,
        );
    }

    fn judge_funds(&self, id: MarketId, order: &NewOrder, arrival: &Arrival, faults: &mut Faults) {
        let rules = &self.market(id).rules;
        let (asset, hold) = match (order.side, order.terms) {
            (Side::Sell, _) => {
                let lots = quantity(order).unwrap_or_default();
                (
                    rules.base,
                    product([lots, rules.lot_atoms, 1].map(u128::from)),
                )
            }
            (
                Side::Buy,
                Terms::Limit {
                    price_ticks,
                    quantity_lots,
                    ..
                },
            ) => {
                let cost = [price_ticks, quantity_lots, rules.tick_lot_atoms].map(u128::from);
                (rules.quote, product(cost))
            }
            (Side::Buy, Terms::Market { .. }) => (rules.quote, Some(arrival.quote)),
            (Side::Buy, Terms::MarketBudget { budget }) => (rules.quote, Some(budget)),
        };
        let available = self.available(order.account, asset);
        let is_enough = hold.is_some_and(|hold| available >= 0 && hold <= available as u128);
        faults.note(!is_enough, Reject::InsufficientBalance);
    }

    fn anchor(&self, id: MarketId) -> u128 {
        let market = self.market(id);
        market
            .last_price
            .unwrap_or(market.rules.reference_price_ticks)
            .into()
    }
}

fn quantity(order: &NewOrder) -> Option<u64> {
    match order.terms {
        Terms::Limit { quantity_lots, .. } | Terms::Market { quantity_lots, .. } => {
            Some(quantity_lots)
        }
        Terms::MarketBudget { .. } => None,
    }
}

/// `None` beyond 128 bits.
fn product(factors: [u128; 3]) -> Option<Atoms> {
    factors.into_iter().try_fold(1u128, u128::checked_mul)
}
