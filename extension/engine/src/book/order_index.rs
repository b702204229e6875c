//! From an order's name to its slot: a hash table with linear probing. Removing moves later entries
//! of the run back, so there are no tombstones and searches stay short for ever.

use super::Book;
use super::hash::{after, home, may_fill};
use crate::order::Sequence;

/// Tag of an entry that is not in its home cell. One that is never has to move, so a removal need
/// not look at its order to find out.
const DISPLACED: u32 = 1 << 31;

/// The slot that a cell names.
#[inline]
pub(super) fn slot_of(entry: u32) -> u32 {
    entry & !DISPLACED
}

impl Book<'_> {
    /// The slot of an open order, or 0.
    pub(crate) fn find_order(&self, sequence: Sequence) -> u32 {
        let index = &*self.memory.order_index;
        let mut cell = home(sequence, index.len());
        loop {
            let slot = slot_of(index[cell]);
            if slot == 0 || self.order(slot).sequence == sequence {
                return slot;
            }
            cell = after(cell, index.len());
        }
    }

    pub(super) fn add_to_index(&mut self, sequence: Sequence, slot: u32) {
        let cells = self.memory.order_index.len();
        let home = home(sequence, cells);
        let mut cell = home;
        while self.memory.order_index[cell] != 0 {
            cell = after(cell, cells);
        }
        *self.edit_index(cell) = if cell == home { slot } else { slot | DISPLACED };
    }

    pub(super) fn remove_from_index(&mut self, sequence: Sequence, slot: u32) {
        let cells = self.memory.order_index.len();
        let mut hole = home(sequence, cells);
        while slot_of(self.memory.order_index[hole]) != slot {
            hole = after(hole, cells);
        }
        let mut cell = hole;
        loop {
            cell = after(cell, cells);
            let entry = self.memory.order_index[cell];
            if entry == 0 {
                break;
            }
            if entry & DISPLACED == 0 {
                continue;
            }
            let home = home(self.order(slot_of(entry)).sequence, cells);
            if may_fill(hole, home, cell) {
                *self.edit_index(hole) = if hole == home { slot_of(entry) } else { entry };
                hole = cell;
            }
        }
        *self.edit_index(hole) = 0;
    }
}
