//! From an order's name to its slot: a hash table with linear probing. Removing moves later entries
//! of the run back, so there are no tombstones and searches stay short for ever.

use super::Book;
use super::hash::{after, home, may_fill};
use crate::order::Sequence;

impl Book<'_> {
    /// The slot of an open order, or 0.
    pub(crate) fn find_order(&self, sequence: Sequence) -> u32 {
        let index = &*self.memory.order_index;
        let mut cell = home(sequence, index.len());
        while index[cell] != 0 && self.order(index[cell]).sequence != sequence {
            cell = after(cell, index.len());
        }
        index[cell]
    }

    pub(super) fn add_to_index(&mut self, sequence: Sequence, slot: u32) {
        let cells = self.memory.order_index.len();
        let mut cell = home(sequence, cells);
        while self.memory.order_index[cell] != 0 {
            cell = after(cell, cells);
        }
        *self.edit_index(cell) = slot;
    }

    pub(super) fn remove_from_index(&mut self, sequence: Sequence, slot: u32) {
        let cells = self.memory.order_index.len();
        let mut hole = home(sequence, cells);
        while self.memory.order_index[hole] != slot {
            hole = after(hole, cells);
        }
        let mut cell = hole;
        loop {
            cell = after(cell, cells);
            let entry = self.memory.order_index[cell];
            if entry == 0 {
                break;
            }
            if may_fill(hole, home(self.order(entry).sequence, cells), cell) {
                *self.edit_index(hole) = entry;
                hole = cell;
            }
        }
        *self.edit_index(hole) = 0;
    }
}
