//! Checks of every inner invariant. Reads nothing through an unchecked link and always ends, so it
//! may be run on damaged memory.

#[cfg(test)]
mod tests;

use super::Book;
use super::hash::home;
use super::levels::LEVEL;
use super::memory::{BranchSlot, LevelSlot, OrderEntry, OrderSlot};
use super::order_index::slot_of;
use crate::order::Side;

impl Book<'_> {
    /// Checks every inner invariant; says which one is broken.
    ///
    /// # Errors
    /// A sentence about the first thing found wrong.
    pub fn validate(&self) -> Result<(), String> {
        self.validate_tables()?;
        let mut seen = Seen::default();
        for side in [Side::Buy, Side::Sell] {
            self.validate_side(side, &mut seen)?;
        }
        self.validate_accounts(&mut seen)?;
        self.validate_index(&seen)?;
        self.validate_free(&seen)?;
        let open = self.memory.header.open;
        holds(seen.orders == open, || {
            format!("{open} orders are said to be open")
        })?;
        holds(seen.chained == open, || {
            format!("accounts have {} orders", seen.chained)
        })?;
        let crossed = self.best_price(Side::Buy).zip(self.best_price(Side::Sell));
        holds(crossed.is_none_or(|(bid, ask)| bid < ask), || {
            format!("crossed: {crossed:?}")
        })
    }

    /// That searches in the hash tables end and stay in range; the rest relies on it.
    fn validate_tables(&self) -> Result<(), String> {
        let slots = self.memory.orders.len();
        let is_in_range = self
            .memory
            .order_index
            .iter()
            .all(|entry| (slot_of(*entry) as usize) < slots);
        holds(is_in_range, || "the index has an order out of range".into())?;
        // Slot 0 stands for none.
        let is_none = *self.order(0) == OrderEntry::default()
            && *self.level(0) == LevelSlot::default()
            && *self.branch(0) == BranchSlot::default();
        holds(is_none, || "a slot 0 is in use".into())?;
        let has_end = self.memory.order_index.contains(&0);
        holds(has_end, || "the index has no empty cell".into())?;
        let has_end = self.memory.accounts.iter().any(|entry| entry.orders == 0);
        holds(has_end, || "the accounts have no empty cell".into())
    }

    /// The chain of levels, the queues in them, and the tree above them.
    fn validate_side(&self, side: Side, seen: &mut Seen) -> Result<(), String> {
        let header = &self.memory.header;
        let mut prices = Vec::new();
        let (mut better, mut slot) = (0, header.best[side as usize]);
        while slot != 0 {
            let level = self
                .memory
                .levels
                .get(slot as usize)
                .ok_or("a level out of range")?;
            holds(level.side == side as u32, || {
                format!("level {slot} is of the other side")
            })?;
            holds(level.better == better, || {
                format!("level {slot} is badly chained")
            })?;
            let is_sorted = better == 0
                || match side {
                    Side::Buy => level.price_ticks < self.level(better).price_ticks,
                    Side::Sell => level.price_ticks > self.level(better).price_ticks,
                };
            holds(is_sorted && level.price_ticks > 0, || {
                format!("level {slot} is out of order")
            })?;
            self.validate_queue(slot, level, seen)?;
            prices.push(level.price_ticks);
            seen.levels += 1;
            (better, slot) = (slot, level.worse);
        }
        let mut leaves = Vec::new();
        if header.root[side as usize] != 0 {
            self.walk_tree(header.root[side as usize], 0, 64, &mut leaves, seen)?;
        }
        if side == Side::Buy {
            leaves.reverse();
        }
        holds(leaves == prices, || {
            format!("the {} tree has other prices", side.name())
        })
    }

    fn validate_queue(&self, slot: u32, level: &LevelSlot, seen: &mut Seen) -> Result<(), String> {
        let (mut lots, mut count) = (0u128, 0u32);
        let (mut previous, mut at) = (0, level.head);
        while at != 0 {
            let OrderSlot(order) = self
                .memory
                .orders
                .get(at as usize)
                .ok_or("an order out of range")?;
            holds(order.level == slot, || {
                format!("order slot {at} is of another level")
            })?;
            holds(order.previous == previous, || {
                format!("order slot {at} is badly queued")
            })?;
            holds(order.sequence > self.order(previous).sequence, || {
                format!("order {} is out of turn", order.sequence)
            })?;
            holds(order.remaining_lots > 0, || {
                format!("order {} is empty", order.sequence)
            })?;
            holds(self.find_order(order.sequence) == at, || {
                format!("order {} is not in the index", order.sequence)
            })?;
            lots += u128::from(order.remaining_lots);
            count += 1;
            (previous, at) = (at, order.next);
        }
        holds(level.tail == previous, || {
            format!("level {slot} has another tail")
        })?;
        holds(count > 0 && level.orders == count, || {
            format!("level {slot} has {count} orders")
        })?;
        holds(level.quantity_lots() == lots, || {
            format!("level {slot} has {lots} lots")
        })?;
        seen.orders += count;
        Ok(())
    }

    /// Collects the prices below `link` in ascending order.
    fn walk_tree(
        &self,
        link: u32,
        parent: u32,
        above: u32,
        leaves: &mut Vec<u64>,
        seen: &mut Seen,
    ) -> Result<(), String> {
        if link & LEVEL != 0 {
            let level = self.memory.levels.get((link & !LEVEL) as usize);
            let level = level.ok_or("a leaf out of range")?;
            holds(level.parent == parent, || {
                format!("leaf {link:x} has another parent")
            })?;
            leaves.push(level.price_ticks);
            return Ok(());
        }
        let branch = self
            .memory
            .branches
            .get(link as usize)
            .ok_or("a branch out of range")?;
        holds(branch.parent == parent, || {
            format!("branch {link} has another parent")
        })?;
        holds(branch.bit < above, || {
            format!("branch {link} decides no lower bit")
        })?;
        seen.branches += 1;
        let is_tree = (seen.branches as usize) < self.memory.branches.len();
        holds(is_tree, || format!("branch {link} is met twice"))?;
        let first = leaves.len();
        self.walk_tree(branch.children[0], link, branch.bit, leaves, seen)?;
        let middle = leaves.len();
        self.walk_tree(branch.children[1], link, branch.bit, leaves, seen)?;
        let below = &leaves[first..];
        let agrees = below.iter().enumerate().all(|(at, price)| {
            let bit = u64::from(at >= middle - first);
            (price >> branch.bit) & 1 == bit && (price ^ below[0]) >> branch.bit <= 1
        });
        holds(agrees, || {
            format!("branch {link} has a price of another branch")
        })
    }

    fn validate_accounts(&self, seen: &mut Seen) -> Result<(), String> {
        for (cell, entry) in self.memory.accounts.iter().enumerate() {
            if entry.orders == 0 {
                holds(*entry == Default::default(), || {
                    format!("account cell {cell} is unclean")
                })?;
                continue;
            }
            let found = self.account_cell(entry.account);
            holds(found == cell, || {
                format!("account {} is not found", entry.account)
            })?;
            let (mut older, mut at, mut count) = (0, entry.oldest, 0);
            while at != 0 && count <= entry.orders {
                let OrderSlot(order) = self
                    .memory
                    .orders
                    .get(at as usize)
                    .ok_or("an order out of range")?;
                let is_chained = order.account == entry.account
                    && order.older == older
                    && order.sequence > self.order(older).sequence;
                holds(is_chained, || {
                    format!("order {} is badly chained", order.sequence)
                })?;
                count += 1;
                (older, at) = (at, order.younger);
            }
            let is_whole = at == 0 && entry.youngest == older && entry.orders == count;
            holds(is_whole, || {
                format!("account {} has another count", entry.account)
            })?;
            seen.chained += count;
        }
        Ok(())
    }

    /// Every open order was found through the index; so no cell may be left over.
    fn validate_index(&self, seen: &Seen) -> Result<(), String> {
        for (cell, entry) in self.memory.order_index.iter().enumerate() {
            let is_home = || {
                home(
                    self.order(slot_of(*entry)).sequence,
                    self.memory.order_index.len(),
                ) == cell
            };
            let is_tagged = slot_of(*entry) != *entry;
            holds(*entry == 0 || is_tagged != is_home(), || {
                format!("index cell {cell} is off")
            })?;
        }
        let used = self
            .memory
            .order_index
            .iter()
            .filter(|entry| **entry != 0)
            .count();
        holds(used == seen.orders as usize, || {
            format!("the index has {used} entries")
        })
    }

    /// What was used and is not in use is in the chain of free slots.
    fn validate_free(&self, seen: &Seen) -> Result<(), String> {
        let header = &self.memory.header;
        let tables = [
            (
                "order",
                header.free_orders,
                seen.orders,
                self.memory.orders.len(),
            ),
            (
                "level",
                header.free_levels,
                seen.levels,
                self.memory.levels.len(),
            ),
            (
                "branch",
                header.free_branches,
                seen.branches,
                self.memory.branches.len(),
            ),
        ];
        for (name, free, in_use, slots) in tables {
            holds((free.used as usize) < slots, || {
                format!("{name} slots: too many used")
            })?;
            let (mut count, mut slot) = (0, free.head);
            while slot != 0 && count <= free.used {
                holds(slot <= free.used, || {
                    format!("{name} slot {slot} was never used")
                })?;
                let (is_clean, next) = self.free_slot(name, slot);
                holds(is_clean, || {
                    format!("{name} slot {slot} is free and not clean")
                })?;
                count += 1;
                slot = next;
            }
            holds(slot == 0 && count + in_use == free.used, || {
                format!(
                    "{name} slots: {} used, {in_use} in use, {count} free",
                    free.used
                )
            })?;
        }
        Ok(())
    }

    /// Whether a free slot holds nothing but the next one, and that one.
    fn free_slot(&self, table: &str, slot: u32) -> (bool, u32) {
        match table {
            "order" => {
                let next = self.order(slot).next;
                (
                    *self.order(slot)
                        == OrderEntry {
                            next,
                            ..OrderEntry::default()
                        },
                    next,
                )
            }
            "level" => {
                let head = self.level(slot).head;
                (
                    *self.level(slot)
                        == LevelSlot {
                            head,
                            ..LevelSlot::default()
                        },
                    head,
                )
            }
            _ => {
                let next = self.branch(slot).children[0];
                let clean = BranchSlot {
                    children: [next, 0],
                    ..BranchSlot::default()
                };
                (*self.branch(slot) == clean, next)
            }
        }
    }
}

/// How much of each kind was come across.
#[derive(Default)]
struct Seen {
    orders: u32,
    levels: u32,
    branches: u32,
    chained: u32,
}

fn holds(invariant: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if invariant { Ok(()) } else { Err(otherwise()) }
}
