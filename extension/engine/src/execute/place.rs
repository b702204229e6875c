//! Placing an order: admitted and judged, it cannot fail any more: it holds, takes, rests or ends.

use super::Context;
use super::admit::admit;
use super::judge::Plan;
use super::take::{TakerEnd, Taking};
use crate::book::{Book, Resting};
use crate::command::{OrderStatus, Outcome};
use crate::facts::{Change, ExpireReason, Placed, Update};
use crate::hold;
use crate::host::Host;
use crate::order::{NewOrder, State, Terms};
use crate::reject::Reject;

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
        let remaining_lots = order
            .terms
            .quantity_lots()
            .map_or(0, |lots| lots - taking.filled_lots);
        let state = match (end, order.terms) {
            (TakerEnd::Sated, _) => State::Filled,
            (TakerEnd::OutOfReach, Terms::Limit { price_ticks, .. }) if order.terms.may_rest() => {
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
}
