//! The order book of one market, over memory that the embedder lends.
//!
//! Strict price-time priority. Every change is logged in a [`Journal`] first, so that a transaction
//! can go back to any mark. What orders do to each other is decided in `execute`.

mod accounts;
mod hash;
mod journal;
mod levels;
mod memory;
mod order_index;
mod queue;
mod store;
mod validate;
mod view;
mod warm;

pub use journal::Journal;
pub use memory::{
    AccountSlot, BranchSlot, Header, Layout, LevelSlot, Memory, OrderSlot, OwnedMemory,
};

use crate::fee::Rates;
use crate::order::{AccountId, Sequence, Side};

/// An order on the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Its name and place in time.
    pub sequence: Sequence,
    /// Its owner.
    pub account: AccountId,
    /// Its side.
    pub side: Side,
    /// Its price.
    pub price_ticks: u64,
    /// What is still open; positive.
    pub remaining_lots: u64,
    /// Its fee rates, fixed at placement.
    pub rates: Rates,
    /// Whatever the embedder stored with it, such as the place of its row; 0 until it does.
    pub row: u64,
}

/// A price of the book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DepthLevel {
    /// The price.
    pub price_ticks: u64,
    /// Sum of what is open.
    pub quantity_lots: u128,
    /// How many orders.
    pub orders: u32,
}

/// The book has no free slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// A book at work: lent memory and the journal of the running transaction.
#[derive(Debug)]
pub struct Book<'a> {
    memory: Memory<'a>,
    journal: &'a mut Journal,
}

impl<'a> Book<'a> {
    /// A book over memory that is zeroed, cleared, or was left by another `Book`.
    pub fn new(memory: Memory<'a>, journal: &'a mut Journal) -> Book<'a> {
        Book { memory, journal }
    }

    /// Makes any memory an empty book. Not journaled: the journal is cleared as well.
    pub fn clear(&mut self) {
        *self.memory.header = Header::default();
        // Slots that were never used are never read, but for slot 0, which stands for none.
        self.memory.orders[0] = OrderSlot::default();
        self.memory.levels[0] = LevelSlot::default();
        self.memory.branches[0] = BranchSlot::default();
        self.memory.order_index.fill(0);
        self.memory.accounts.fill(AccountSlot::default());
        self.journal.clear();
    }

    /// Puts a known order on the book, for a rebuild: in ascending sequence, on a cleared book. Not
    /// journaled. Raises `sequence` to the order's.
    pub fn restore(&mut self, order: Resting) -> Result<(), Full> {
        if self.is_full() {
            return Err(Full);
        }
        let mark = self.journal.mark();
        self.add_order(&order);
        let sequence = &mut self.edit_header().sequence;
        *sequence = order.sequence.max(*sequence);
        self.journal.forget(mark);
        Ok(())
    }

    /// Sets the number of the last fact, for a rebuild. Not journaled.
    pub fn set_sequence(&mut self, sequence: Sequence) {
        self.memory.header.sequence = sequence;
    }

    /// Sets the price of the last trade, for a rebuild; 0: none yet. Not journaled.
    pub fn set_last_price(&mut self, price_ticks: u64) {
        self.memory.header.last_price_ticks = price_ticks;
    }

    /// Stores the embedder's row hint with an open order; nothing happens when it is not open.
    pub fn set_row(&mut self, order: Sequence, row: u64) {
        let slot = self.find_order(order);
        if slot != 0 {
            self.edit_order(slot).row = row;
        }
    }

    /// Restores the memory, bit for bit, as it was at `mark`.
    pub fn undo_to(&mut self, mark: usize) {
        while let Some(undo) = self.journal.take(mark) {
            self.put_back(undo);
        }
    }

    /// A point for [`Book::undo_to`].
    pub fn mark(&mut self) -> usize {
        self.journal.mark()
    }

    /// Number of the last fact.
    pub fn sequence(&self) -> Sequence {
        self.memory.header.sequence
    }

    /// Price of the last trade.
    pub fn last_price_ticks(&self) -> Option<u64> {
        Some(self.memory.header.last_price_ticks).filter(|price| *price > 0)
    }

    /// How many orders are open.
    pub fn len(&self) -> usize {
        self.memory.header.open as usize
    }

    /// Whether no order is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no further order fits.
    pub fn is_full(&self) -> bool {
        self.len() >= self.capacity()
    }

    /// How many orders fit.
    pub fn capacity(&self) -> usize {
        self.memory.orders.len().saturating_sub(1)
    }

    /// Takes the next number of the market's sequence.
    pub(crate) fn next_sequence(&mut self) -> Sequence {
        let header = self.edit_header();
        header.sequence += 1;
        header.sequence
    }

    /// Remembers the price of a trade.
    pub(crate) fn note_trade(&mut self, price_ticks: u64) {
        self.edit_header().last_price_ticks = price_ticks;
    }
}
