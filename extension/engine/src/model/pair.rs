//! The two exchanges side by side: every operation runs on both, and everything that can be seen is
//! compared after it.

use std::collections::BTreeMap;

use super::operations::Pick;
use super::{BookExchange, Exchange, NaiveExchange, Operation, Savepoint, World};
use crate::book::OwnedMemory;
use crate::command::{Command, Outcome};
use crate::facts::Facts;
use crate::order::{AccountId, AssetId, Atoms, MarketId, Sequence, Side};
use crate::reject::Reject;
use crate::rules::Rules;

/// A book exchange and a naive one in the same state.
#[derive(Debug)]
pub struct Pair {
    book: BookExchange,
    naive: NaiveExchange,
    markets: BTreeMap<MarketId, Rules>,
    deposited: BTreeMap<AssetId, Atoms>,
    savepoints: Vec<Past>,
}

/// What must be found again after going back.
#[derive(Debug)]
struct Past {
    savepoint: Savepoint,
    memories: Vec<OwnedMemory>,
    naive: NaiveExchange,
    deposited: BTreeMap<AssetId, Atoms>,
}

/// The answer to an operation that is a command.
pub type Answer = Option<(Result<Outcome, Reject>, Facts)>;

impl Pair {
    /// Two empty exchanges with the world's markets.
    pub fn new(world: &World) -> Pair {
        let mut pair = Pair {
            book: BookExchange::new(world.max_orders),
            naive: NaiveExchange::new(world.max_orders),
            markets: BTreeMap::new(),
            deposited: BTreeMap::new(),
            savepoints: Vec::new(),
        };
        for rules in &world.markets {
            pair.set_rules(*rules);
        }
        for account in 1..=world.accounts {
            for asset in [super::operations::BASE, super::operations::QUOTE] {
                pair.deposit(account, asset, world.deposit);
            }
        }
        pair
    }

    /// Applies an operation to both.
    ///
    /// # Errors
    /// A sentence about the first difference between the two, or the first broken invariant.
    pub fn apply(&mut self, operation: &Operation) -> Result<Answer, String> {
        match *operation {
            Operation::Place(market, order) => self.execute(market, Command::Place(order)),
            Operation::Cancel(market, pick) => {
                let (account, order) = self.pick(market, pick);
                self.execute(market, Command::Cancel { account, order })
            }
            Operation::CancelAll(market, account, side) => {
                self.execute(market, Command::CancelAll { account, side })
            }
            Operation::Reduce(market, pick, remaining_lots) => {
                let (account, order) = self.pick(market, pick);
                self.execute(
                    market,
                    Command::Reduce {
                        account,
                        order,
                        remaining_lots,
                    },
                )
            }
            Operation::Replace(market, pick, mut new) => {
                let (account, order) = self.pick(market, pick);
                new.account = account;
                self.execute(market, Command::Replace { order, new })
            }
            Operation::SetStatus(market, status) => {
                let rules = self.markets[&market];
                self.set_rules(Rules { status, ..rules });
                Ok(None)
            }
            Operation::Deposit(account, asset, amount) => {
                self.deposit(account, asset, amount);
                Ok(None)
            }
            Operation::Savepoint => {
                let past = Past {
                    savepoint: self.book.savepoint(),
                    memories: self.book.memories().cloned().collect(),
                    naive: self.naive.clone(),
                    deposited: self.deposited.clone(),
                };
                self.savepoints.push(past);
                Ok(None)
            }
            Operation::RollBack => self.roll_back().map(|()| None),
            Operation::Commit => {
                self.savepoints.clear();
                self.book.commit();
                Ok(None)
            }
        }
    }

    fn set_rules(&mut self, rules: Rules) {
        self.markets.insert(rules.market, rules);
        self.book.set_rules(rules);
        self.naive.set_rules(rules);
    }

    fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        *self.deposited.entry(asset).or_default() += amount;
        self.book.deposit(account, asset, amount);
        self.naive.deposit(account, asset, amount);
    }

    /// The account and order that a pick stands for.
    fn pick(&self, market: MarketId, pick: Pick) -> (AccountId, Sequence) {
        let mut orders = self.naive.resting(market, Side::Buy);
        orders.extend(self.naive.resting(market, Side::Sell));
        orders.sort_by_key(|order| order.sequence);
        let nth = |nth: u8| orders.get(usize::from(nth) % orders.len().max(1));
        match pick {
            Pick::Open(n) => nth(n).map_or((1, 0), |order| (order.account, order.sequence)),
            Pick::Foreign(n) => nth(n).map_or((1, 0), |order| (order.account + 1, order.sequence)),
            Pick::Unknown => (1, u64::MAX),
        }
    }

    fn execute(&mut self, market: MarketId, command: Command) -> Result<Answer, String> {
        let (facts, expected_facts) = (&mut Facts::default(), &mut Facts::default());
        let before = self.naive.sequence(market);
        let expected = self.naive.execute(market, &command, expected_facts);
        let answer = self.book.execute(market, &command, facts);
        same("outcome", &answer, &expected)?;
        same("placed", &facts.placed, &expected_facts.placed)?;
        same("trades", &facts.trades, &expected_facts.trades)?;
        same("updates", &facts.updates, &expected_facts.updates)?;
        let mut numbers: Vec<Sequence> = facts.placed.iter().map(|fact| fact.sequence).collect();
        numbers.extend(facts.trades.iter().map(|fact| fact.sequence));
        numbers.extend(facts.updates.iter().map(|fact| fact.sequence));
        numbers.sort_unstable();
        let gapless: Vec<Sequence> = (before + 1..=before + numbers.len() as u64).collect();
        same("fact numbers", &numbers, &gapless)?;
        self.compare(market)?;
        Ok(Some((answer, std::mem::take(facts))))
    }

    /// Compares all that can be seen of a market, and all balances.
    fn compare(&mut self, market: MarketId) -> Result<(), String> {
        let balances = self.book.balances();
        same("balances", &balances, &self.naive.balances())?;
        for (asset, deposited) in &self.deposited {
            let of_asset = balances.iter().filter(|(_, id, _)| id == asset);
            let total: Atoms = of_asset.map(|(.., b)| b.available + b.held).sum();
            same("total", &total, deposited)?;
        }
        let capacity = self.naive.max_orders;
        let book = self.book.book(market).ok_or("the market is not open")?;
        book.validate()?;
        same("sequence", &book.sequence(), &self.naive.sequence(market))?;
        same(
            "last price",
            &book.last_price_ticks(),
            &self.naive.last_price_ticks(market),
        )?;
        let mut open = 0;
        for side in [Side::Buy, Side::Sell] {
            let resting = self.naive.resting(market, side);
            same("resting", &book.resting(side).collect(), &resting)?;
            same(
                "depth",
                &book.depth(side).collect(),
                &self.naive.depth(market, side),
            )?;
            open += resting.len();
            for order in resting {
                same("order", &book.get(order.sequence), &Some(order))?;
            }
        }
        same("open orders", &book.len(), &open)?;
        same("capacity", &book.capacity(), &capacity)?;
        for (account, ..) in balances {
            let expected = self.naive.open_orders(market, account);
            same(
                "open orders",
                &book.open_orders(account).collect(),
                &expected,
            )?;
        }
        Ok(())
    }

    /// Goes back on both, and compares the book's memory bit for bit.
    fn roll_back(&mut self) -> Result<(), String> {
        let Some(past) = self.savepoints.pop() else {
            return Ok(());
        };
        self.book.roll_back(&past.savepoint);
        for (now, then) in self.book.memories().zip(&past.memories) {
            if now != then {
                return Err("going back did not restore the memory".into());
            }
        }
        self.naive = past.naive;
        self.deposited = past.deposited;
        // Rules are no part of what is undone.
        for rules in self.markets.values() {
            self.naive.set_rules(*rules);
        }
        self.markets
            .keys()
            .copied()
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|id| self.compare(id))
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, book: &T, naive: &T) -> Result<(), String> {
    if book == naive {
        return Ok(());
    }
    Err(format!(
        "{what} differ\n book:  {book:?}\n naive: {naive:?}"
    ))
}
