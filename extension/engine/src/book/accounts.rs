//! The accounts with open orders, each with the chain of its orders from oldest to youngest: a hash
//! table with linear probing, whose entries move back on removal.

use super::Book;
use super::hash::{after, home, may_fill};
use super::memory::AccountSlot;
use crate::order::AccountId;

impl Book<'_> {
    /// How many orders an account has open.
    pub(crate) fn open_count(&self, account: AccountId) -> u32 {
        self.memory.accounts[self.account_cell(account)].orders
    }

    /// An account's oldest order, or 0.
    pub(crate) fn oldest_order(&self, account: AccountId) -> u32 {
        self.memory.accounts[self.account_cell(account)].oldest
    }

    /// The account's cell, or the empty one where it would go.
    pub(super) fn account_cell(&self, account: AccountId) -> usize {
        let accounts = &*self.memory.accounts;
        let mut cell = home(account, accounts.len());
        while accounts[cell].orders != 0 && accounts[cell].account != account {
            cell = after(cell, accounts.len());
        }
        cell
    }

    /// Makes the order in `slot` the youngest of its account; returns the one before it, or 0. The
    /// caller stores it as the order's `older`.
    pub(super) fn add_to_account(&mut self, account: AccountId, slot: u32) -> u32 {
        let cell = self.account_cell(account);
        let entry = self.edit_account(cell);
        if entry.orders == 0 {
            *entry = AccountSlot {
                account,
                oldest: slot,
                youngest: slot,
                orders: 1,
                padding: 0,
            };
            return 0;
        }
        entry.orders += 1;
        let older = std::mem::replace(&mut entry.youngest, slot);
        self.edit_order(older).younger = slot;
        older
    }

    /// Takes an order out of its account's chain.
    pub(super) fn remove_from_account(&mut self, account: AccountId, older: u32, younger: u32) {
        let cell = self.account_cell(account);
        if older == 0 && younger == 0 {
            return self.remove_account(cell);
        }
        let entry = self.edit_account(cell);
        entry.orders -= 1;
        if older == 0 {
            entry.oldest = younger;
        }
        if younger == 0 {
            entry.youngest = older;
        }
        if older != 0 {
            self.edit_order(older).younger = younger;
        }
        if younger != 0 {
            self.edit_order(younger).older = older;
        }
    }

    fn remove_account(&mut self, cell: usize) {
        let cells = self.memory.accounts.len();
        let (mut hole, mut cell) = (cell, cell);
        loop {
            cell = after(cell, cells);
            let entry = self.memory.accounts[cell];
            if entry.orders == 0 {
                break;
            }
            if may_fill(hole, home(entry.account, cells), cell) {
                *self.edit_account(hole) = entry;
                hole = cell;
            }
        }
        *self.edit_account(hole) = AccountSlot::default();
    }
}
