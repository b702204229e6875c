//! Orders in their levels: added at the end, taken out anywhere, made smaller in place.

use super::memory::OrderEntry;
use super::{Book, Resting};
use crate::order::{AccountId, Side};

impl Book<'_> {
    /// Adds an order behind all others at its price. There must be a free slot.
    pub(crate) fn add_order(&mut self, order: &Resting) {
        let slot = self.take_order_slot();
        let level = self.level_at(order.side, order.price_ticks);
        let older = self.add_to_account(order.account, slot);
        self.add_to_index(order.sequence, slot);
        let entry = self.edit_level(level);
        entry.add(order.remaining_lots);
        entry.orders += 1;
        let previous = std::mem::replace(&mut entry.tail, slot);
        match previous {
            0 => entry.head = slot,
            previous => self.edit_order(previous).next = slot,
        }
        *self.edit_order(slot) = OrderEntry {
            sequence: order.sequence,
            account: order.account,
            remaining_lots: order.remaining_lots,
            row: order.row,
            level,
            next: 0,
            previous,
            younger: 0,
            older,
            maker_ppm: order.rates.maker_ppm,
            taker_ppm: order.rates.taker_ppm,
            padding: 0,
        };
        self.edit_header().open += 1;
    }

    /// Takes an order off the book.
    pub(crate) fn remove_order(&mut self, slot: u32) {
        let order = *self.order(slot);
        self.remove_from_account(order.account, order.older, order.younger);
        self.remove_from_index(order.sequence, slot);
        self.edit_header().open -= 1;
        self.give_order_slot(slot);
        if order.previous == 0 && order.next == 0 {
            return self.remove_level(order.level);
        }
        let level = self.edit_level(order.level);
        level.subtract(order.remaining_lots);
        level.orders -= 1;
        if order.previous == 0 {
            level.head = order.next;
        }
        if order.next == 0 {
            level.tail = order.previous;
        }
        if order.previous != 0 {
            self.edit_order(order.previous).next = order.next;
        }
        if order.next != 0 {
            self.edit_order(order.next).previous = order.previous;
        }
    }

    /// Takes `lots` off an order that keeps some.
    pub(crate) fn shrink_order(&mut self, slot: u32, lots: u64) {
        let order = self.edit_order(slot);
        order.remaining_lots -= lots;
        let level = order.level;
        self.edit_level(level).subtract(lots);
    }

    /// The first order in line on a side, or 0.
    #[inline]
    pub(crate) fn best_order(&self, side: Side) -> u32 {
        // Slot 0, where no level is, has no order either.
        self.level(self.best_level(side)).head
    }

    /// The best price of a side.
    #[inline]
    pub(crate) fn best_price(&self, side: Side) -> Option<u64> {
        Some(self.level(self.best_level(side)).price_ticks).filter(|price| *price > 0)
    }

    /// The owner's next younger order, or 0.
    #[inline]
    pub(crate) fn younger_order(&self, slot: u32) -> u32 {
        self.order(slot).younger
    }

    /// The owner of the order in a slot.
    #[inline]
    pub(crate) fn owner_of(&self, slot: u32) -> AccountId {
        self.order(slot).account
    }

    /// The side of the order in a slot.
    #[inline]
    pub(crate) fn side_of(&self, slot: u32) -> Side {
        match self.level(self.order(slot).level).side {
            0 => Side::Buy,
            _ => Side::Sell,
        }
    }
}
