//! What a server knows of one market: its book, newest trades and newest facts, right after one
//! number. It changes by whole pages of facts. Memory is bounded by the limits below.

use std::collections::VecDeque;

use client::{MarketFact, MarketSnapshot, Side};

use super::Broken;
use super::book::{Book, Changes};
use super::depth::Names;
use super::event::{AccountEvent, Trade};

/// Trades that are kept: the first page of any list of trades.
pub const TRADES_KEPT: usize = 1000;
/// Facts that are kept for subscribers who come back, and read back by a server that starts.
pub const FACTS_KEPT: i64 = 10_000;

/// A market in memory.
pub struct State {
    sequence: i64,
    book: Book,
    trades: VecDeque<Trade>,
    pages: VecDeque<Page>,
}

/// What one page of facts changed.
pub struct Page {
    /// Its first fact.
    pub first: i64,
    /// Its last fact.
    pub last: i64,
    /// Levels whose quantity changed.
    pub levels: Vec<(Side, i128)>,
    /// What accounts were told, oldest first.
    pub events: Vec<AccountEvent>,
    /// Its trades, oldest first.
    pub trades: Vec<Trade>,
}

impl State {
    /// As a snapshot shows it, with the trades before it, newest first.
    pub fn new(
        market_id: i32,
        names: &Names,
        snapshot: MarketSnapshot,
        trades: Vec<Trade>,
    ) -> Result<Self, Broken> {
        let sequence = snapshot.sequence;
        let mut trades: VecDeque<Trade> = trades.into();
        trades.make_contiguous().reverse();
        Ok(State {
            sequence,
            book: Book::new(market_id, names.scales, snapshot)?,
            trades,
            pages: VecDeque::new(),
        })
    }

    /// The number of the last fact that is in it.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// The book.
    pub fn book(&self) -> &Book {
        &self.book
    }

    /// The newest trades, oldest first.
    pub fn trades(&self) -> &VecDeque<Trade> {
        &self.trades
    }

    /// The newest pages, oldest first.
    pub fn pages(&self) -> impl DoubleEndedIterator<Item = &Page> {
        self.pages.iter()
    }

    /// Applies a page of facts that follows what is known. After an error the state is worthless.
    pub fn apply(&mut self, facts: Vec<MarketFact>) -> Result<(), Broken> {
        let first = self.sequence + 1;
        let mut changes = Changes::default();
        for fact in facts {
            if fact.sequence != self.sequence + 1 {
                let expected = self.sequence + 1;
                let found = fact.sequence;
                return Err(Broken(format!(
                    "fact {found} stands where {expected} is due"
                )));
            }
            self.sequence = fact.sequence;
            self.book.apply(fact, &mut changes)?;
        }
        let Changes {
            levels,
            trades,
            events,
        } = changes;
        let book = &self.book;
        let changed = levels
            .into_iter()
            .filter(|((side, price), before)| book.quantity_at(*side, *price) != *before);
        let levels = changed.map(|(level, _)| level).collect();
        self.trades.extend(trades.iter().copied());
        while self.trades.len() > TRADES_KEPT {
            self.trades.pop_front();
        }
        self.pages.push_back(Page {
            first,
            last: self.sequence,
            levels,
            events,
            trades,
        });
        while self.pages.len() > 1
            && self
                .pages
                .front()
                .is_some_and(|page| page.last <= self.sequence - FACTS_KEPT)
        {
            self.pages.pop_front();
        }
        Ok(())
    }

    /// The page that was applied last.
    pub fn newest(&self) -> Option<&Page> {
        self.pages.back()
    }

    /// The pages with facts after a number; `None` where not all of them are kept any more, or the
    /// number is of the future.
    pub fn missed(&self, after: i64) -> Option<impl Iterator<Item = &Page>> {
        let oldest = self
            .pages
            .front()
            .map_or(self.sequence, |page| page.first - 1);
        if after < oldest || after > self.sequence {
            return None;
        }
        Some(self.pages.iter().filter(move |page| page.last > after))
    }
}
