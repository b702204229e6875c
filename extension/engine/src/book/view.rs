//! Reading the book: depth, orders in priority order, an account's orders.

use std::iter::successors;

use super::{Book, DepthLevel, Resting};
use crate::fee::Rates;
use crate::order::{AccountId, Sequence, Side};

impl Book<'_> {
    /// An open order.
    pub fn get(&self, order: Sequence) -> Option<Resting> {
        some(self.find_order(order)).map(|slot| self.resting_at(slot))
    }

    /// The levels of a side, best first.
    pub fn depth(&self, side: Side) -> impl Iterator<Item = DepthLevel> + '_ {
        self.levels(side).map(|slot| {
            let level = self.level(slot);
            DepthLevel {
                price_ticks: level.price_ticks,
                quantity_lots: level.quantity_lots(),
                orders: level.orders,
            }
        })
    }

    /// The orders of a side in priority order.
    pub fn resting(&self, side: Side) -> impl Iterator<Item = Resting> + '_ {
        self.makers(side).map(|slot| self.resting_at(slot))
    }

    /// An account's orders, oldest first.
    pub fn open_orders(&self, account: AccountId) -> impl Iterator<Item = Resting> + '_ {
        successors(some(self.oldest_order(account)), |slot| {
            some(self.order(*slot).younger)
        })
        .map(|slot| self.resting_at(slot))
    }

    /// Slots of the orders of a side in priority order.
    pub(crate) fn makers(&self, side: Side) -> impl Iterator<Item = u32> + '_ {
        self.levels(side).flat_map(|level| {
            successors(some(self.level(level).head), |slot| {
                some(self.order(*slot).next)
            })
        })
    }

    fn levels(&self, side: Side) -> impl Iterator<Item = u32> + '_ {
        successors(some(self.best_level(side)), |slot| {
            some(self.level(*slot).worse)
        })
    }

    /// The order in a slot.
    pub(crate) fn resting_at(&self, slot: u32) -> Resting {
        let order = self.order(slot);
        Resting {
            sequence: order.sequence,
            account: order.account,
            side: self.side_of(slot),
            price_ticks: self.level(order.level).price_ticks,
            remaining_lots: order.remaining_lots,
            rates: Rates {
                maker_ppm: order.maker_ppm,
                taker_ppm: order.taker_ppm,
            },
            row: order.row,
        }
    }
}

/// A link, unless it is none.
fn some(slot: u32) -> Option<u32> {
    (slot != 0).then_some(slot)
}
