//! Placing an order: a ladder of guards in the order of [`Reject`], then what cannot fail.

use super::take::{TakerEnd, Taking};
use super::taker::{Meeting, Taker};
use super::{Context, ensure};
use crate::book::{Book, Resting};
use crate::command::{OrderStatus, Outcome};
use crate::facts::{Change, ExpireReason, Placed, Update};
use crate::hold;
use crate::host::Host;
use crate::order::{Atoms, NewOrder, SelfTrade, Side, State, Terms, TimeInForce};
use crate::reject::Reject;
use crate::rules::{MAX_NOTIONAL, Rules, Status};

/// What the guards found out about an order that may be placed.
pub(super) struct Plan {
    taker: Taker,
    hold: Atoms,
}

/// What an order would take right now.
struct Preview {
    lots: u64,
    quote: Atoms,
}

impl Book<'_> {
    pub(super) fn place(
        &mut self,
        context: &mut Context<'_, impl Host>,
        order: &NewOrder,
    ) -> Result<Outcome, Reject> {
        if let Some(prior) = admit(context, order)? {
            return Ok(Outcome::Repeated(prior));
        }
        let plan = self.judge(context, order)?;
        Ok(Outcome::Order(self.book_placement(context, order, plan)))
    }

    /// The guards that depend on the market's rules and the book.
    pub(super) fn judge(
        &self,
        context: &mut Context<'_, impl Host>,
        order: &NewOrder,
    ) -> Result<Plan, Reject> {
        let rules = context.rules;
        let anchor = rules.anchor(self.last_price_ticks());
        let taker = Taker::new(rules, order, anchor);
        let quantity = quantity(&order.terms);
        let notional = notional(rules, &order.terms, anchor);
        let may_rest = may_rest(&order.terms);

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
        let finds_somebody = is_limit(&order.terms) || preview.lots > 0;
        ensure(finds_somebody, Reject::NoLiquidity)?;
        ensure(
            !is_post_only(&order.terms) || !self.crosses(&taker),
            Reject::PostOnlyWouldTake,
        )?;
        let is_filled = quantity.is_none_or(|lots| preview.lots == lots);
        ensure(
            !must_fill(&order.terms) || is_filled,
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

    /// Places a judged order: holds, takes, and rests or ends.
    pub(super) fn book_placement(
        &mut self,
        context: &mut Context<'_, impl Host>,
        order: &NewOrder,
        plan: Plan,
    ) -> OrderStatus {
        let Plan { taker, hold } = plan;
        let sequence = self.next_sequence();
        let placed_at = context.facts.placed.len();
        context.facts.placed.push(Placed {
            sequence,
            order: *order,
            state: State::Open,
        });
        context
            .host
            .hold(order.account, hold::asset(context.rules, order.side), hold);

        let mut taking = Taking {
            order,
            sequence,
            taker,
            hold,
            filled_lots: 0,
            filled_quote: 0,
        };
        let end = self.take(context, &mut taking);
        let remaining_lots = quantity(&order.terms).map_or(0, |lots| lots - taking.filled_lots);
        let state = match (end, order.terms) {
            (TakerEnd::Sated, _) => State::Filled,
            (TakerEnd::OutOfReach, Terms::Limit { price_ticks, .. }) if may_rest(&order.terms) => {
                self.rest(&taking, price_ticks, remaining_lots);
                State::Open
            }
            (end, _) => {
                self.expire_taker(context, &taking, end, remaining_lots);
                State::Expired
            }
        };
        if state != State::Open && taking.hold > 0 {
            let asset = hold::asset(context.rules, order.side);
            context.host.release(order.account, asset, taking.hold);
        }
        context.facts.placed[placed_at].state = state;
        let Taking {
            filled_lots,
            filled_quote,
            ..
        } = taking;
        OrderStatus {
            order: sequence,
            state,
            filled_lots,
            filled_quote,
            remaining_lots,
        }
    }

    fn rest(&mut self, taking: &Taking<'_>, price_ticks: u64, remaining_lots: u64) {
        self.add_order(&Resting {
            sequence: taking.sequence,
            account: taking.order.account,
            side: taking.order.side,
            price_ticks,
            remaining_lots,
            rates: taking.order.rates,
            row: 0,
        });
    }

    fn expire_taker(
        &mut self,
        context: &mut Context<'_, impl Host>,
        taking: &Taking<'_>,
        end: TakerEnd,
        removed_lots: u64,
    ) {
        let (reason, counter_order, prevented_lots) = match end {
            TakerEnd::SelfTrade { maker, lots } => (ExpireReason::SelfTrade, Some(maker), lots),
            TakerEnd::Sated | TakerEnd::OutOfReach => (ExpireReason::Unfilled, None, 0),
        };
        context.facts.updates.push(Update {
            sequence: self.next_sequence(),
            order: taking.sequence,
            account: taking.order.account,
            row: 0,
            change: Change::Expired(reason),
            removed_lots,
            counter_order,
            prevented_lots,
        });
    }

    /// What the order would take right now. Only walked where somebody needs it: market orders and
    /// fill-or-kill.
    fn preview(&self, rules: &Rules, terms: &Terms, mut taker: Taker) -> Preview {
        let mut preview = Preview { lots: 0, quote: 0 };
        if is_limit(terms) && !must_fill(terms) {
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

/// The guards that need no book: content, idempotency, the market's status. `Some`: the order was
/// placed before and has this name.
pub(super) fn admit(
    context: &mut Context<'_, impl Host>,
    order: &NewOrder,
) -> Result<Option<u64>, Reject> {
    ensure(is_well_formed(order), Reject::Malformed)?;
    let (price, quantity, budget) = match order.terms {
        Terms::Limit {
            price_ticks,
            quantity_lots,
            ..
        } => (price_ticks, quantity_lots, 1),
        Terms::Market { quantity_lots, .. } => (1, quantity_lots, 1),
        Terms::MarketBudget { budget } => (1, 1, budget),
    };
    ensure(price > 0, Reject::InvalidPrice)?;
    ensure(quantity > 0, Reject::InvalidQuantity)?;
    ensure(budget > 0, Reject::InvalidBudget)?;
    if let Some(id) = &order.client_order_id
        && let Some(prior) = context.host.prior(order.account, id)
    {
        let is_repeat = prior.fingerprint == order.fingerprint(context.rules.market);
        return ensure(is_repeat, Reject::DuplicateClientOrderId).map(|()| Some(prior.order));
    }
    ensure(context.rules.status != Status::Halted, Reject::MarketHalted)?;
    ensure(
        context.rules.status != Status::CancelOnly,
        Reject::MarketCancelOnly,
    )?;
    Ok(None)
}

/// Only what rests can be post-only, and only a buy has a budget.
fn is_well_formed(order: &NewOrder) -> bool {
    match order.terms {
        Terms::Limit {
            time_in_force,
            post_only,
            ..
        } => !post_only || time_in_force == TimeInForce::Gtc,
        Terms::Market { .. } => true,
        Terms::MarketBudget { .. } => order.side == Side::Buy,
    }
}

fn quantity(terms: &Terms) -> Option<u64> {
    match *terms {
        Terms::Limit { quantity_lots, .. } | Terms::Market { quantity_lots, .. } => {
            Some(quantity_lots)
        }
        Terms::MarketBudget { .. } => None,
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

fn is_limit(terms: &Terms) -> bool {
    matches!(terms, Terms::Limit { .. })
}

fn is_post_only(terms: &Terms) -> bool {
    matches!(
        terms,
        Terms::Limit {
            post_only: true,
            ..
        }
    )
}

fn may_rest(terms: &Terms) -> bool {
    matches!(
        terms,
        Terms::Limit {
            time_in_force: TimeInForce::Gtc,
            ..
        }
    )
}

fn must_fill(terms: &Terms) -> bool {
    matches!(
        terms,
        Terms::Limit {
            time_in_force: TimeInForce::Fok,
            ..
        } | Terms::Market {
            fill_or_kill: true,
            ..
        }
    )
}
