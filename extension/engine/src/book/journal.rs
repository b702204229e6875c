//! The physical undo log: old contents of whatever is about to change.

use super::memory::{AccountSlot, BranchSlot, Header, LevelSlot, OrderEntry};

/// One slot's content before a change.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Undo {
    Header(Header),
    Order(u32, OrderEntry),
    Level(u32, LevelSlot),
    Branch(u32, BranchSlot),
    Index(u32, u32),
    Account(u32, AccountSlot),
}

/// What it takes to undo changes of one book. The embedder keeps it for a transaction: a mark at
/// every savepoint, [`Book::undo_to`](crate::book::Book::undo_to) on rollback, `clear` on commit.
/// Content is logged before it changes, so a panic half-way is undone as exactly as anything else.
#[derive(Debug, Default)]
pub struct Journal {
    undos: Vec<Undo>,
    /// Whether the header is in `undos` since the last mark.
    header_logged: bool,
}

impl Journal {
    /// An empty journal.
    pub fn new() -> Journal {
        Journal::default()
    }

    /// A point to go back to. Marks are ordered in time; going back to one ends all later ones.
    pub fn mark(&mut self) -> usize {
        self.header_logged = false;
        self.undos.len()
    }

    /// Forgets how to undo: what was done stands.
    pub fn clear(&mut self) {
        self.header_logged = false;
        self.undos.clear();
    }

    /// Whether nothing was changed since the last `clear`.
    pub fn is_empty(&self) -> bool {
        self.undos.is_empty()
    }

    /// Forgets what was logged since `mark`: it cannot be undone any more.
    pub(crate) fn forget(&mut self, mark: usize) {
        self.header_logged = false;
        self.undos.truncate(mark);
    }

    #[inline]
    pub(crate) fn log(&mut self, undo: Undo) {
        self.undos.push(undo);
    }

    /// Logs the header, once between two marks.
    #[inline]
    pub(crate) fn log_header(&mut self, header: &Header) {
        if !self.header_logged {
            self.header_logged = true;
            self.undos.push(Undo::Header(*header));
        }
    }

    /// Takes back the youngest entry, as long as one is younger than `mark`.
    pub(crate) fn take(&mut self, mark: usize) -> Option<Undo> {
        self.header_logged = false;
        if self.undos.len() > mark {
            self.undos.pop()
        } else {
            None
        }
    }
}
