//! The exchange in memory on the real book: what the extension is, without a database.

use std::collections::BTreeMap;

use super::{Balance, Exchange, order_name, row_hint};
use crate::book::{Book, DepthLevel, Journal, OwnedMemory, Resting};
use crate::command::{Command, Outcome};
use crate::facts::Facts;
use crate::host::{Host, Prior};
use crate::order::{AccountId, AssetId, Atoms, ClientOrderId, MarketId, Sequence, Side, State};
use crate::reject::Reject;
use crate::rules::Rules;

/// Markets on real books, and balances in a map.
#[derive(Debug)]
pub struct BookExchange {
    max_orders: u32,
    markets: BTreeMap<MarketId, Market>,
    ledger: Ledger,
}

#[derive(Debug)]
struct Market {
    rules: Rules,
    memory: OwnedMemory,
    journal: Journal,
}

/// A point to go back to.
#[derive(Clone, Debug)]
pub struct Savepoint {
    marks: BTreeMap<MarketId, usize>,
    ledger: Ledger,
}

impl BookExchange {
    /// No market yet; each will have room for `max_orders`.
    pub fn new(max_orders: u32) -> BookExchange {
        BookExchange {
            max_orders,
            markets: BTreeMap::new(),
            ledger: Ledger::default(),
        }
    }

    /// A point to go back to. Markets must not be opened or changed before going back.
    pub fn savepoint(&mut self) -> Savepoint {
        let marks = self
            .markets
            .iter_mut()
            .map(|(id, market)| (*id, market.journal.mark()));
        Savepoint {
            marks: marks.collect(),
            ledger: self.ledger.clone(),
        }
    }

    /// Undoes everything since `savepoint`.
    pub fn roll_back(&mut self, savepoint: &Savepoint) {
        for (market, mark) in &savepoint.marks {
            self.book(*market)
                .expect("markets are never closed")
                .undo_to(*mark);
        }
        self.ledger = savepoint.ledger.clone();
    }

    /// Makes everything final; ends all savepoints.
    pub fn commit(&mut self) {
        for market in self.markets.values_mut() {
            market.journal.clear();
        }
    }

    /// A market's book.
    pub fn book(&mut self, market: MarketId) -> Option<Book<'_>> {
        let Market {
            memory, journal, ..
        } = self.markets.get_mut(&market)?;
        Some(Book::new(memory.lend(), journal))
    }

    /// The memory of all books.
    pub fn memories(&self) -> impl Iterator<Item = &OwnedMemory> {
        self.markets.values().map(|market| &market.memory)
    }

    /// Reads a book. Lending needs `&mut`, so this reads a copy.
    fn read<T>(&self, market: MarketId, read: impl Fn(&Book<'_>) -> T) -> Option<T> {
        let mut memory = self.markets.get(&market)?.memory.clone();
        let journal = &mut Journal::new();
        Some(read(&Book::new(memory.lend(), journal)))
    }
}

impl Exchange for BookExchange {
    fn set_rules(&mut self, rules: Rules) {
        let market = self.markets.entry(rules.market).or_insert_with(|| Market {
            rules,
            memory: OwnedMemory::new(self.max_orders),
            journal: Journal::new(),
        });
        market.rules = rules;
    }

    fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.ledger.receive(account, asset, amount);
    }

    fn execute(
        &mut self,
        market: MarketId,
        command: &Command,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        let entry = self.markets.get_mut(&market).ok_or(Reject::UnknownMarket)?;
        let mut book = Book::new(entry.memory.lend(), &mut entry.journal);
        let known = facts.placed.len();
        let outcome = book.execute(&entry.rules, &mut self.ledger, command, facts)?;
        for placed in &facts.placed[known..] {
            if placed.state == State::Open {
                book.set_row(placed.sequence, row_hint(placed.sequence));
            }
            if let Some(id) = placed.order.client_order_id {
                let prior = Prior {
                    fingerprint: placed.order.fingerprint(market),
                    order: order_name(market, placed.sequence),
                };
                self.ledger.priors.insert((placed.order.account, id), prior);
            }
        }
        Ok(outcome)
    }

    fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        self.ledger
            .balances
            .get(&(account, asset))
            .copied()
            .unwrap_or_default()
    }

    fn balances(&self) -> Vec<(AccountId, AssetId, Balance)> {
        let all = self.ledger.balances.iter();
        all.filter(|(_, balance)| **balance != Balance::default())
            .map(|((account, asset), balance)| (*account, *asset, *balance))
            .collect()
    }

    fn prior(&self, account: AccountId, id: &ClientOrderId) -> Option<Prior> {
        self.ledger.priors.get(&(account, *id)).copied()
    }

    fn depth(&self, market: MarketId, side: Side) -> Vec<DepthLevel> {
        self.read(market, |book| book.depth(side).collect())
            .unwrap_or_default()
    }

    fn resting(&self, market: MarketId, side: Side) -> Vec<Resting> {
        self.read(market, |book| book.resting(side).collect())
            .unwrap_or_default()
    }

    fn open_orders(&self, market: MarketId, account: AccountId) -> Vec<Resting> {
        self.read(market, |book| book.open_orders(account).collect())
            .unwrap_or_default()
    }

    fn sequence(&self, market: MarketId) -> Sequence {
        self.read(market, |book| book.sequence())
            .unwrap_or_default()
    }

    fn last_price_ticks(&self, market: MarketId) -> Option<u64> {
        self.read(market, |book| book.last_price_ticks()).flatten()
    }
}

/// Balances and idempotency keys. Panics where an amount would go below zero: that would be a bug
/// of the engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Ledger {
    balances: BTreeMap<(AccountId, AssetId), Balance>,
    priors: BTreeMap<(AccountId, ClientOrderId), Prior>,
}

impl Ledger {
    fn edit(&mut self, account: AccountId, asset: AssetId) -> &mut Balance {
        self.balances.entry((account, asset)).or_default()
    }
}

fn subtract(from: &mut Atoms, amount: Atoms) {
    *from = from
        .checked_sub(amount)
        .expect("no balance goes below zero");
}

impl Host for Ledger {
    fn available(&mut self, account: AccountId, asset: AssetId) -> Atoms {
        self.edit(account, asset).available
    }

    fn hold(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let balance = self.edit(account, asset);
        subtract(&mut balance.available, amount);
        balance.held += amount;
    }

    fn release(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        let balance = self.edit(account, asset);
        subtract(&mut balance.held, amount);
        balance.available += amount;
    }

    fn pay(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        subtract(&mut self.edit(account, asset).held, amount);
    }

    fn receive(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.edit(account, asset).available += amount;
    }

    fn prior(&mut self, account: AccountId, id: &ClientOrderId) -> Option<Prior> {
        self.priors.get(&(account, *id)).copied()
    }
}
