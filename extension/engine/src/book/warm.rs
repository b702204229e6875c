//! Reading ahead. Most of what a command costs is waiting for memory: its account's entry and
//! orders lie anywhere. Read for a whole batch at once, they come side by side instead of one by
//! one.

use super::Book;
use crate::command::Command;

impl Book<'_> {
    /// Brings what `commands` will surely touch into the processor's cache. Changes nothing and
    /// need not be called; worth it from a handful of commands on.
    pub fn warm<'c>(&self, commands: impl IntoIterator<Item = &'c Command>) {
        let mut touched = 0;
        for command in commands {
            touched ^= match command {
                Command::Place(order) if !order.terms.may_rest() => continue,
                Command::Place(order) => {
                    let cell = self.memory.accounts[self.account_cell(order.account)];
                    self.order(cell.youngest).account
                }
                Command::CancelAll { account, .. } => {
                    self.order(self.oldest_order(*account)).account
                }
                Command::Cancel { order, .. }
                | Command::Reduce { order, .. }
                | Command::Replace { order, .. } => {
                    let order = self.order(self.find_order(*order));
                    self.order(order.older).account ^ self.order(order.younger).account
                }
            };
        }
        // Without a use, the compiler would leave out the reading.
        std::hint::black_box(touched);
    }
}
