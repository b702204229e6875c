//! How a resting order ends other than by trading: it leaves the book and its hold goes back.

use super::Context;
use crate::book::{Book, Resting};
use crate::command::OrderStatus;
use crate::facts::{CancelReason, Change, Update};
use crate::hold;
use crate::host::Host;
use crate::order::{Sequence, State};

impl Book<'_> {
    pub(super) fn cancel_order(
        &mut self,
        context: &mut Context<'_, impl Host>,
        slot: u32,
        reason: CancelReason,
    ) -> OrderStatus {
        let order = self.end_order(context, slot, Change::Cancelled(reason), None);
        OrderStatus {
            order: order.sequence,
            state: State::Cancelled,
            filled_lots: 0,
            filled_quote: 0,
            remaining_lots: order.remaining_lots,
        }
    }

    /// Ends an order; `prevented` names the other order and the lots of a self-trade.
    pub(super) fn end_order(
        &mut self,
        context: &mut Context<'_, impl Host>,
        slot: u32,
        change: Change,
        prevented: Option<(Sequence, u64)>,
    ) -> Resting {
        let order = self.resting_at(slot);
        self.remove_order(slot);
        self.give_back(context, &order, order.remaining_lots);
        let update = Update {
            sequence: self.next_sequence(),
            order: order.sequence,
            account: order.account,
            row: order.row,
            change,
            removed_lots: order.remaining_lots,
            counter_order: prevented.map(|(counter_order, _)| counter_order),
            prevented_lots: prevented.map_or(0, |(_, lots)| lots),
        };
        context.facts.updates.push(update);
        order
    }

    /// Releases what `lots` of a resting order hold.
    pub(super) fn give_back(
        &mut self,
        context: &mut Context<'_, impl Host>,
        order: &Resting,
        lots: u64,
    ) {
        let asset = hold::asset(context.rules, order.side);
        let amount = hold::amount(context.rules, order.side, order.price_ticks, lots);
        context.host.release(order.account, asset, amount);
    }
}
