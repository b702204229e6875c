//! What a command does: guards in the order of [`Reject`], then what cannot fail.
//!
//! Fixed here and not said elsewhere: facts are numbered in the order they happen, and a reject
//! leaves book, host and facts as they were.

mod admit;
mod end;
mod judge;
mod payment;
mod place;
mod replace;
mod take;
mod taker;

use crate::book::Book;
use crate::command::{Command, OrderStatus, Outcome};
use crate::facts::{CancelReason, Change, Facts, Update};
use crate::host::Host;
use crate::order::{AccountId, Sequence, Side, State};
use crate::reject::Reject;
use crate::rules::{Rules, Status};

/// What a command works with besides the book.
struct Context<'a, H> {
    rules: &'a Rules,
    host: &'a mut H,
    facts: &'a mut Facts,
}

impl Book<'_> {
    /// Executes one command. A reject leaves book, host and facts as they were.
    ///
    /// # Errors
    /// The first [`Reject`], in its order, that applies.
    pub fn execute(
        &mut self,
        rules: &Rules,
        host: &mut impl Host,
        command: &Command,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        let context = &mut Context { rules, host, facts };
        match command {
            Command::Place(order) => self.place(context, order),
            Command::Cancel { account, order } => self.cancel(context, *account, *order),
            Command::CancelAll { account, side } => self.cancel_all(context, *account, *side),
            Command::Reduce {
                account,
                order,
                remaining_lots,
            } => self.reduce(context, *account, *order, *remaining_lots),
            Command::Replace { order, new } => self.replace(context, *order, new),
        }
    }

    fn cancel(
        &mut self,
        context: &mut Context<'_, impl Host>,
        account: AccountId,
        order: Sequence,
    ) -> Result<Outcome, Reject> {
        ensure(context.rules.status != Status::Halted, Reject::MarketHalted)?;
        let slot = self.find_owned(account, order)?;
        Ok(Outcome::Order(self.cancel_order(
            context,
            slot,
            CancelReason::Requested,
        )))
    }

    fn cancel_all(
        &mut self,
        context: &mut Context<'_, impl Host>,
        account: AccountId,
        side: Option<Side>,
    ) -> Result<Outcome, Reject> {
        ensure(context.rules.status != Status::Halted, Reject::MarketHalted)?;
        let mut orders = 0;
        let mut slot = self.oldest_order(account);
        while slot != 0 {
            let younger = self.younger_order(slot);
            if side.is_none_or(|side| side == self.side_of(slot)) {
                self.cancel_order(context, slot, CancelReason::CancelAll);
                orders += 1;
            }
            slot = younger;
        }
        Ok(Outcome::CancelledAll { orders })
    }

    fn reduce(
        &mut self,
        context: &mut Context<'_, impl Host>,
        account: AccountId,
        order: Sequence,
        remaining_lots: u64,
    ) -> Result<Outcome, Reject> {
        ensure(remaining_lots > 0, Reject::InvalidQuantity)?;
        ensure(context.rules.status != Status::Halted, Reject::MarketHalted)?;
        let slot = self.find_owned(account, order)?;
        let removed = self
            .resting_at(slot)
            .remaining_lots
            .checked_sub(remaining_lots);
        let removed_lots = removed.ok_or(Reject::NotAReduction)?;
        if removed_lots > 0 {
            self.reduce_order(context, slot, removed_lots);
        }
        Ok(Outcome::Order(OrderStatus {
            order,
            state: State::Open,
            filled_lots: 0,
            filled_quote: 0,
            remaining_lots,
        }))
    }

    fn reduce_order(&mut self, context: &mut Context<'_, impl Host>, slot: u32, removed_lots: u64) {
        let order = self.resting_at(slot);
        self.shrink_order(slot, removed_lots);
        self.give_back(context, &order, removed_lots);
        let update = Update {
            sequence: self.next_sequence(),
            order: order.sequence,
            account: order.account,
            row: order.row,
            change: Change::Reduced,
            removed_lots,
            counter_order: None,
            prevented_lots: 0,
        };
        context.facts.updates.push(update);
    }

    /// The slot of an open order of the account's.
    fn find_owned(&self, account: AccountId, order: Sequence) -> Result<u32, Reject> {
        let slot = self.find_order(order);
        let is_owned = slot != 0 && self.owner_of(slot) == account;
        ensure(is_owned, Reject::OrderNotFound).map(|()| slot)
    }
}

/// A guard.
fn ensure(holds: bool, reject: Reject) -> Result<(), Reject> {
    if holds { Ok(()) } else { Err(reject) }
}
