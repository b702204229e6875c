//! The guards of a placement that depend on the market's rules and on the book.

use super::taker::{Meeting, Taker};
use super::{Context, ensure};
use crate::book::Book;
use crate::hold;
use crate::host::Host;
use crate::order::{Atoms, NewOrder, SelfTrade, Side, Terms};
use crate::reject::Reject;
use crate::rules::{MAX_NOTIONAL, Rules};

/// What the guards found out about an order that may be placed.
pub(super) struct Plan {
    pub(super) taker: Taker,
    /// What it has to hold.
    pub(super) hold: Atoms,
}

/// What an order would take right now.
struct Preview {
    lots: u64,
    quote: Atoms,
}

impl Book<'_> {
    /// The ladder, in the order of [`Reject`].
    pub(super) fn judge(
        &self,
        context: &mut Context<'_, impl Host>,
        order: &NewOrder,
    ) -> Result<Plan, Reject> {
        let rules = context.rules;
        let anchor = rules.anchor(self.last_price_ticks());
        let taker = Taker::new(rules, order, anchor);
        let quantity = order.terms.quantity_lots();
        let notional = notional(rules, &order.terms, anchor);
        let may_rest = order.terms.may_rest();

        let self_trade_allowed = order.self_trade != SelfTrade::None || rules.allow_self_trade;
        ensure(self_trade_allowed, Reject::SelfTradeNotAllowed)?;
        ensure(
            quantity.is_none_or(|lots| lots >= rules.min_quantity_lots),
            Reject::QuantityTooSmall,
        )?;
        ensure(
            quantity.is_none_or(|lots| lots <= rules.max_quantity_lots),
            Reject::QuantityTooLarge,
        )?;
        ensure(
            is_in_band(rules, &order.terms, anchor),
            Reject::PriceOutOfBand,
        )?;
        ensure(
            notional.is_none_or(|atoms| atoms >= rules.min_notional),
            Reject::NotionalTooSmall,
        )?;
        ensure(notional.is_some(), Reject::NotionalTooLarge)?;
        let has_place = !may_rest || self.open_count(order.account) < rules.max_open_orders;
        ensure(has_place, Reject::TooManyOpenOrders)?;

        let preview = self.preview(rules, &order.terms, taker);
        let finds_somebody = order.terms.is_limit() || preview.lots > 0;
        ensure(finds_somebody, Reject::NoLiquidity)?;
        ensure(
            !order.terms.is_post_only() || !self.crosses(&taker),
            Reject::PostOnlyWouldTake,
        )?;
        let is_filled = quantity.is_none_or(|lots| preview.lots == lots);
        ensure(
            !order.terms.must_fill() || is_filled,
            Reject::FillOrKillUnfilled,
        )?;
        let hold = match order.terms {
            Terms::MarketBudget { budget } => budget,
            Terms::Market { .. } if order.side == Side::Buy => preview.quote,
            _ => hold::amount(rules, order.side, taker.limit_ticks, taker.lots),
        };
        let available = context
            .host
            .available(order.account, hold::asset(rules, order.side));
        ensure(hold <= available, Reject::InsufficientBalance)?;
        ensure(!may_rest || !self.is_full(), Reject::BookFull)?;
        Ok(Plan { taker, hold })
    }

    /// What the order would take right now. Only walked where somebody needs it: market orders and
    /// fill-or-kill.
    fn preview(&self, rules: &Rules, terms: &Terms, mut taker: Taker) -> Preview {
        let mut preview = Preview { lots: 0, quote: 0 };
        if terms.is_limit() && !terms.must_fill() {
            return preview;
        }
        for slot in self.makers(taker.side.opposite()) {
            let maker = self.resting_at(slot);
            match taker.meet(
                rules,
                maker.price_ticks,
                maker.account,
                maker.remaining_lots,
            ) {
                Meeting::Trade(lots) => {
                    // Saturated, it is more than anybody has.
                    let quote = rules.quote_atoms(maker.price_ticks, lots);
                    preview.quote = preview.quote.saturating_add(quote);
                    preview.lots += lots;
                    taker.take(rules, maker.price_ticks, lots);
                }
                Meeting::Own(_) if taker.self_trade == SelfTrade::ExpireMaker => {}
                Meeting::Own(_) | Meeting::Sated | Meeting::OutOfReach => break,
            }
        }
        preview
    }

    /// Whether the best opposite price is acceptable to the taker.
    fn crosses(&self, taker: &Taker) -> bool {
        self.best_price(taker.side.opposite())
            .is_some_and(|price| taker.accepts(price))
    }
}

/// The notional that the market's bounds apply to; `None` above the largest. A market order has no
/// price of its own: it is measured by the anchor.
fn notional(rules: &Rules, terms: &Terms, anchor_ticks: u64) -> Option<Atoms> {
    match *terms {
        Terms::Limit {
            price_ticks,
            quantity_lots,
            ..
        } => rules.notional(price_ticks, quantity_lots),
        Terms::Market { quantity_lots, .. } => rules.notional(anchor_ticks, quantity_lots),
        Terms::MarketBudget { budget } => Some(budget).filter(|atoms| *atoms <= MAX_NOTIONAL),
    }
}

fn is_in_band(rules: &Rules, terms: &Terms, anchor_ticks: u64) -> bool {
    match *terms {
        Terms::Limit { price_ticks, .. } => rules.is_in_band(anchor_ticks, price_ticks),
        Terms::Market { .. } | Terms::MarketBudget { .. } => true,
    }
}
