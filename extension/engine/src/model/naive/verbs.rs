//! The model's verbs, but for what an arriving order does.

use super::NaiveExchange;
use crate::book::Resting;
use crate::command::{Command, OrderStatus, Outcome};
use crate::facts::{CancelReason, Change, Facts, Update};
use crate::model::Exchange;
use crate::order::{AccountId, MarketId, Sequence, State};
use crate::reject::Reject;
use crate::rules::Status;

impl NaiveExchange {
    /// Runs a command. On a reject the exchange is spoilt: the caller works on a copy.
    pub(super) fn run(
        &mut self,
        id: MarketId,
        command: &Command,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        let market = self.markets.get(&id).ok_or(Reject::UnknownMarket)?;
        let halted = match market.rules.status {
            Status::Halted => Err(Reject::MarketHalted),
            Status::CancelOnly | Status::Trading => Ok(()),
        };
        match *command {
            Command::Place(order) => match self.judge(id, &order)? {
                Some(repeated) => Ok(repeated),
                None => Ok(Outcome::Order(self.arrive(id, &order, facts))),
            },
            Command::Cancel { account, order } => {
                halted?;
                let order = self.owned(id, account, order)?;
                Ok(Outcome::Order(self.cancel(
                    id,
                    &order,
                    CancelReason::Requested,
                    facts,
                )))
            }
            Command::CancelAll { account, side } => {
                halted?;
                let mut orders = self.open_orders(id, account);
                orders.retain(|order| side.is_none() || side == Some(order.side));
                for order in &orders {
                    self.cancel(id, order, CancelReason::CancelAll, facts);
                }
                Ok(Outcome::CancelledAll {
                    orders: orders.len() as u32,
                })
            }
            Command::Reduce {
                remaining_lots: 0, ..
            } => Err(Reject::InvalidQuantity),
            Command::Reduce {
                account,
                order,
                remaining_lots,
            } => {
                halted?;
                let order = self.owned(id, account, order)?;
                self.reduce(id, &order, remaining_lots, facts)
            }
            Command::Replace { order, new } => {
                // Content and status come before the old order, the rest is judged without it.
                if let Some(repeated) = self.judge_early(id, &new)? {
                    return Ok(repeated);
                }
                let old = self.owned(id, new.account, order)?;
                let cancelled = self.cancel(id, &old, CancelReason::Replaced, facts);
                self.judge(id, &new)?;
                Ok(Outcome::Replaced {
                    cancelled,
                    placed: self.arrive(id, &new, facts),
                })
            }
        }
    }

    fn owned(
        &self,
        id: MarketId,
        account: AccountId,
        sequence: Sequence,
    ) -> Result<Resting, Reject> {
        let own = self.select(id, |order| {
            order.sequence == sequence && order.account == account
        });
        own.first().copied().ok_or(Reject::OrderNotFound)
    }

    fn cancel(
        &mut self,
        id: MarketId,
        order: &Resting,
        reason: CancelReason,
        facts: &mut Facts,
    ) -> OrderStatus {
        self.shrink(id, order.sequence, order.remaining_lots);
        self.update(
            id,
            order,
            Change::Cancelled(reason),
            order.remaining_lots,
            None,
            facts,
        );
        status(order.sequence, State::Cancelled, order.remaining_lots)
    }

    fn reduce(
        &mut self,
        id: MarketId,
        order: &Resting,
        remaining_lots: u64,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        if remaining_lots > order.remaining_lots {
            return Err(Reject::NotAReduction);
        }
        if remaining_lots < order.remaining_lots {
            let removed = order.remaining_lots - remaining_lots;
            self.shrink(id, order.sequence, removed);
            self.update(id, order, Change::Reduced, removed, None, facts);
        }
        Ok(Outcome::Order(status(
            order.sequence,
            State::Open,
            remaining_lots,
        )))
    }

    /// Takes lots off an order; an empty one is gone.
    pub(super) fn shrink(&mut self, id: MarketId, order: Sequence, lots: u64) {
        let orders = &mut self.edit(id).orders;
        for open in orders.iter_mut().filter(|open| open.sequence == order) {
            open.remaining_lots -= lots;
        }
        orders.retain(|open| open.remaining_lots > 0);
    }

    /// The next number of the market's facts.
    pub(super) fn number(&mut self, id: MarketId) -> Sequence {
        self.edit(id).sequence += 1;
        self.market(id).sequence
    }

    /// Writes down a change; `prevented` names the other order and the lots of a self-trade.
    pub(super) fn update(
        &mut self,
        id: MarketId,
        order: &Resting,
        change: Change,
        removed_lots: u64,
        prevented: Option<(Sequence, u64)>,
        facts: &mut Facts,
    ) {
        let update = Update {
            sequence: self.number(id),
            order: order.sequence,
            account: order.account,
            row: order.row,
            change,
            removed_lots,
            counter_order: prevented.map(|(other, _)| other),
            prevented_lots: prevented.map_or(0, |(_, lots)| lots),
        };
        facts.updates.push(update);
    }
}

/// The answer of an order that did not trade.
fn status(order: Sequence, state: State, remaining_lots: u64) -> OrderStatus {
    OrderStatus {
        order,
        state,
        filled_lots: 0,
        filled_quote: 0,
        remaining_lots,
    }
}
