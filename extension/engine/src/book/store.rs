//! Journaled access to the memory: the only place that writes slots, takes and gives them back.

use super::Book;
use super::journal::Undo;
use super::memory::{AccountSlot, BranchSlot, Free, Header, LevelSlot, OrderEntry};

impl Book<'_> {
    #[inline]
    pub(super) fn edit_header(&mut self) -> &mut Header {
        self.journal.log_header(self.memory.header);
        self.memory.header
    }

    #[inline]
    pub(super) fn order(&self, slot: u32) -> &OrderEntry {
        &self.memory.orders[slot as usize].0
    }

    #[inline]
    pub(super) fn edit_order(&mut self, slot: u32) -> &mut OrderEntry {
        let order = &mut self.memory.orders[slot as usize].0;
        self.journal.log(Undo::Order(slot, *order));
        order
    }

    #[inline]
    pub(super) fn level(&self, slot: u32) -> &LevelSlot {
        &self.memory.levels[slot as usize]
    }

    #[inline]
    pub(super) fn edit_level(&mut self, slot: u32) -> &mut LevelSlot {
        let level = &mut self.memory.levels[slot as usize];
        self.journal.log(Undo::Level(slot, *level));
        level
    }

    #[inline]
    pub(super) fn branch(&self, slot: u32) -> &BranchSlot {
        &self.memory.branches[slot as usize]
    }

    #[inline]
    pub(super) fn edit_branch(&mut self, slot: u32) -> &mut BranchSlot {
        let branch = &mut self.memory.branches[slot as usize];
        self.journal.log(Undo::Branch(slot, *branch));
        branch
    }

    #[inline]
    pub(super) fn edit_index(&mut self, cell: usize) -> &mut u32 {
        let entry = &mut self.memory.order_index[cell];
        self.journal.log(Undo::Index(cell as u32, *entry));
        entry
    }

    #[inline]
    pub(super) fn edit_account(&mut self, cell: usize) -> &mut AccountSlot {
        let account = &mut self.memory.accounts[cell];
        self.journal.log(Undo::Account(cell as u32, *account));
        account
    }

    /// A free order slot; there is one as long as fewer than `capacity` orders are open.
    pub(super) fn take_order_slot(&mut self) -> u32 {
        let free = self.memory.header.free_orders;
        let (slot, rest) = free.take(|slot| self.order(slot).next);
        self.edit_header().free_orders = rest;
        slot
    }

    pub(super) fn give_order_slot(&mut self, slot: u32) {
        let free = &mut self.edit_header().free_orders;
        let next = std::mem::replace(&mut free.head, slot);
        *self.edit_order(slot) = OrderEntry {
            next,
            ..OrderEntry::default()
        };
    }

    /// A free level slot; there is one for every open order.
    pub(super) fn take_level_slot(&mut self) -> u32 {
        let free = self.memory.header.free_levels;
        let (slot, rest) = free.take(|slot| self.level(slot).head);
        self.edit_header().free_levels = rest;
        slot
    }

    pub(super) fn give_level_slot(&mut self, slot: u32) {
        let free = &mut self.edit_header().free_levels;
        let head = std::mem::replace(&mut free.head, slot);
        *self.edit_level(slot) = LevelSlot {
            head,
            ..LevelSlot::default()
        };
    }

    /// A free branch slot; a tree has one branch fewer than levels.
    pub(super) fn take_branch_slot(&mut self) -> u32 {
        let free = self.memory.header.free_branches;
        let (slot, rest) = free.take(|slot| self.branch(slot).children[0]);
        self.edit_header().free_branches = rest;
        slot
    }

    pub(super) fn give_branch_slot(&mut self, slot: u32) {
        let free = &mut self.edit_header().free_branches;
        let next = std::mem::replace(&mut free.head, slot);
        *self.edit_branch(slot) = BranchSlot {
            children: [next, 0],
            ..BranchSlot::default()
        };
    }

    /// Puts one old content back.
    pub(super) fn put_back(&mut self, undo: Undo) {
        match undo {
            Undo::Header(header) => *self.memory.header = header,
            Undo::Order(slot, order) => self.memory.orders[slot as usize].0 = order,
            Undo::Level(slot, level) => self.memory.levels[slot as usize] = level,
            Undo::Branch(slot, branch) => self.memory.branches[slot as usize] = branch,
            Undo::Index(cell, entry) => self.memory.order_index[cell as usize] = entry,
            Undo::Account(cell, account) => self.memory.accounts[cell as usize] = account,
        }
    }
}

impl Free {
    /// A free slot, and what is free without it. `next` follows the chain.
    fn take(self, next: impl Fn(u32) -> u32) -> (u32, Free) {
        match self.head {
            0 => (
                self.used + 1,
                Free {
                    used: self.used + 1,
                    ..self
                },
            ),
            head => (
                head,
                Free {
                    head: next(head),
                    ..self
                },
            ),
        }
    }
}
