//! Price levels: for each side a binary trie over the 64 bits of the price (a crit-bit tree,
//! <https://cr.yp.to/critbit.html>), whose leaves are also chained from best to worst. No path is
//! longer than 64, whatever prices come, and nothing is ever rebalanced.

use super::Book;
use super::memory::{BranchSlot, LevelSlot};
use crate::order::Side;

/// Tag of a link to a level; links without it lead to branches, 0 to nothing.
pub(super) const LEVEL: u32 = 1 << 31;

/// The child that a price belongs to: its `bit`.
#[inline]
fn direction(price_ticks: u64, bit: u32) -> usize {
    ((price_ticks >> bit) & 1) as usize
}

impl Book<'_> {
    /// The best level of a side, or 0.
    #[inline]
    pub(crate) fn best_level(&self, side: Side) -> u32 {
        self.memory.header.best[side as usize]
    }

    /// The level at a price, made where there is none.
    pub(super) fn level_at(&mut self, side: Side, price_ticks: u64) -> u32 {
        let root = self.memory.header.root[side as usize];
        if root == 0 {
            return self.add_first_level(side, price_ticks);
        }
        let mut link = root;
        while link & LEVEL == 0 {
            let branch = self.branch(link);
            link = branch.children[direction(price_ticks, branch.bit)];
        }
        let near = link & !LEVEL;
        match self.level(near).price_ticks ^ price_ticks {
            0 => near,
            difference => self.add_level(side, price_ticks, difference.ilog2()),
        }
    }

    fn add_first_level(&mut self, side: Side, price_ticks: u64) -> u32 {
        let slot = self.take_level_slot();
        *self.edit_level(slot) = LevelSlot {
            price_ticks,
            side: side as u32,
            ..LevelSlot::default()
        };
        let header = self.edit_header();
        header.root[side as usize] = slot | LEVEL;
        header.best[side as usize] = slot;
        slot
    }

    /// Adds a level whose price first differs at `bit` from the nearest one.
    fn add_level(&mut self, side: Side, price_ticks: u64, bit: u32) -> u32 {
        let (mut parent, mut link) = (0, self.memory.header.root[side as usize]);
        while link & LEVEL == 0 && self.branch(link).bit > bit {
            let branch = self.branch(link);
            (parent, link) = (link, branch.children[direction(price_ticks, branch.bit)]);
        }
        let slot = self.take_level_slot();
        let fork = self.take_branch_slot();
        let toward = direction(price_ticks, bit);
        let mut children = [link; 2];
        children[toward] = slot | LEVEL;
        *self.edit_branch(fork) = BranchSlot {
            children,
            parent,
            bit,
        };
        self.replace_child(side, parent, link, fork);
        self.set_parent(link, fork);

        // All below `link` is on one side of the new price; its outermost leaf is the neighbour.
        let mut neighbour = link;
        while neighbour & LEVEL == 0 {
            neighbour = self.branch(neighbour).children[toward];
        }
        let neighbour = neighbour & !LEVEL;
        let is_better = (toward == 1) == (side == Side::Buy);
        let (better, worse) = match is_better {
            true => (self.level(neighbour).better, neighbour),
            false => (neighbour, self.level(neighbour).worse),
        };
        *self.edit_level(slot) = LevelSlot {
            price_ticks,
            better,
            worse,
            parent: fork,
            side: side as u32,
            ..LevelSlot::default()
        };
        self.chain(side, better, slot);
        if worse != 0 {
            self.edit_level(worse).better = slot;
        }
        slot
    }

    /// Removes a level that has no orders any more.
    pub(super) fn remove_level(&mut self, slot: u32) {
        let LevelSlot {
            side,
            parent,
            better,
            worse,
            ..
        } = *self.level(slot);
        let side = if side == Side::Buy as u32 {
            Side::Buy
        } else {
            Side::Sell
        };
        self.chain(side, better, worse);
        if worse != 0 {
            self.edit_level(worse).better = better;
        }
        self.give_level_slot(slot);
        if parent == 0 {
            self.edit_header().root[side as usize] = 0;
            return;
        }
        let branch = *self.branch(parent);
        let sibling = branch.children[usize::from(branch.children[0] == slot | LEVEL)];
        self.replace_child(side, branch.parent, parent, sibling);
        self.set_parent(sibling, branch.parent);
        self.give_branch_slot(parent);
    }

    /// Makes `worse` the level after `better`; where `better` is none, the best.
    fn chain(&mut self, side: Side, better: u32, worse: u32) {
        match better {
            0 => self.edit_header().best[side as usize] = worse,
            better => self.edit_level(better).worse = worse,
        }
    }

    fn replace_child(&mut self, side: Side, parent: u32, old: u32, new: u32) {
        if parent == 0 {
            self.edit_header().root[side as usize] = new;
            return;
        }
        let children = &mut self.edit_branch(parent).children;
        children[usize::from(children[1] == old)] = new;
    }

    fn set_parent(&mut self, link: u32, parent: u32) {
        if link & LEVEL == 0 {
            self.edit_branch(link).parent = parent;
        } else {
            self.edit_level(link & !LEVEL).parent = parent;
        }
    }
}

impl LevelSlot {
    pub(crate) fn quantity_lots(&self) -> u128 {
        u128::from(self.quantity[0]) | u128::from(self.quantity[1]) << 64
    }

    #[inline]
    pub(super) fn add(&mut self, lots: u64) {
        let (low, carry) = self.quantity[0].overflowing_add(lots);
        self.quantity = [low, self.quantity[1].wrapping_add(carry.into())];
    }

    #[inline]
    pub(super) fn subtract(&mut self, lots: u64) {
        let (low, borrow) = self.quantity[0].overflowing_sub(lots);
        self.quantity = [low, self.quantity[1].wrapping_sub(borrow.into())];
    }
}
