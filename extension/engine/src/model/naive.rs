//! The model: the whole exchange with no cleverness. Orders lie in a heap, and whoever needs them
//! in order sorts them; a command is tried on a copy of everything; what is held is never kept but
//! added up from the open orders. Written unlike the book on purpose.

mod arrival;
mod judge;
mod verbs;
mod wish;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::{Balance, Exchange};
use crate::book::{DepthLevel, Resting};
use crate::command::{Command, Outcome};
use crate::facts::Facts;
use crate::host::Prior;
use crate::order::{AccountId, AssetId, Atoms, ClientOrderId, MarketId, Sequence, Side};
use crate::reject::Reject;
use crate::rules::Rules;

/// The naive exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NaiveExchange {
    pub(super) max_orders: usize,
    markets: BTreeMap<MarketId, Market>,
    /// Everything an account has, held or not. A trial may run into debt.
    funds: BTreeMap<(AccountId, AssetId), i128>,
    priors: BTreeMap<(AccountId, ClientOrderId), Prior>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Market {
    rules: Rules,
    orders: Vec<Resting>,
    sequence: Sequence,
    last_price: Option<u64>,
}

impl NaiveExchange {
    /// No market yet; each will take `max_orders` open orders.
    pub fn new(max_orders: u32) -> NaiveExchange {
        NaiveExchange {
            max_orders: max_orders as usize,
            ..NaiveExchange::default()
        }
    }

    fn market(&self, id: MarketId) -> &Market {
        &self.markets[&id]
    }

    fn edit(&mut self, id: MarketId) -> &mut Market {
        self.markets
            .get_mut(&id)
            .expect("the market is known by now")
    }

    /// The open orders of a market that satisfy a condition, in no order.
    fn select(&self, id: MarketId, condition: impl Fn(&Resting) -> bool) -> Vec<Resting> {
        let orders = self
            .markets
            .get(&id)
            .map(|market| &market.orders)
            .into_iter()
            .flatten();
        orders.filter(|order| condition(order)).copied().collect()
    }

    /// What the open orders of an account hold of an asset, in all markets.
    fn held(&self, account: AccountId, asset: AssetId) -> Atoms {
        let mut held = 0;
        for Market { rules, orders, .. } in self.markets.values() {
            for order in orders.iter().filter(|order| order.account == account) {
                let lots = Atoms::from(order.remaining_lots);
                if order.side == Side::Buy && rules.quote == asset {
                    let price = Atoms::from(order.price_ticks);
                    held += lots * price * Atoms::from(rules.tick_lot_atoms);
                }
                if order.side == Side::Sell && rules.base == asset {
                    held += lots * Atoms::from(rules.lot_atoms);
                }
            }
        }
        held
    }

    /// Negative only in a trial.
    fn available(&self, account: AccountId, asset: AssetId) -> i128 {
        let funds = self
            .funds
            .get(&(account, asset))
            .copied()
            .unwrap_or_default();
        funds - self.held(account, asset) as i128
    }
}

impl Exchange for NaiveExchange {
    fn set_rules(&mut self, rules: Rules) {
        let empty = Market {
            rules,
            orders: Vec::new(),
            sequence: 0,
            last_price: None,
        };
        self.markets.entry(rules.market).or_insert(empty).rules = rules;
    }

    fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        *self.funds.entry((account, asset)).or_default() += amount as i128;
    }

    fn execute(
        &mut self,
        market: MarketId,
        command: &Command,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject> {
        let mut trial = self.clone();
        let mut news = Facts::default();
        let outcome = trial.run(market, command, &mut news)?;
        *self = trial;
        facts.placed.extend(news.placed);
        facts.trades.extend(news.trades);
        facts.updates.extend(news.updates);
        Ok(outcome)
    }

    fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        let available = self.available(account, asset);
        let available = available.try_into().expect("no account is in debt");
        Balance {
            available,
            held: self.held(account, asset),
        }
    }

    fn balances(&self) -> Vec<(AccountId, AssetId, Balance)> {
        let all = self.funds.iter().filter(|(_, funds)| **funds != 0);
        all.map(|((account, asset), _)| (*account, *asset, self.balance(*account, *asset)))
            .collect()
    }

    fn prior(&self, account: AccountId, id: &ClientOrderId) -> Option<Prior> {
        self.priors.get(&(account, *id)).copied()
    }

    fn depth(&self, market: MarketId, side: Side) -> Vec<DepthLevel> {
        let mut levels: Vec<DepthLevel> = Vec::new();
        for Resting {
            price_ticks,
            remaining_lots,
            ..
        } in self.resting(market, side)
        {
            let quantity_lots = u128::from(remaining_lots);
            match levels
                .iter_mut()
                .find(|level| level.price_ticks == price_ticks)
            {
                Some(level) => {
                    level.quantity_lots += quantity_lots;
                    level.orders += 1;
                }
                None => levels.push(DepthLevel {
                    price_ticks,
                    quantity_lots,
                    orders: 1,
                }),
            }
        }
        levels
    }

    fn resting(&self, market: MarketId, side: Side) -> Vec<Resting> {
        let mut orders = self.select(market, |order| order.side == side);
        match side {
            Side::Buy => {
                orders.sort_by_key(|order| (Reverse(order.price_ticks), order.sequence));
            }
            Side::Sell => orders.sort_by_key(|order| (order.price_ticks, order.sequence)),
        }
        orders
    }

    fn open_orders(&self, market: MarketId, account: AccountId) -> Vec<Resting> {
        let mut orders = self.select(market, |order| order.account == account);
        orders.sort_by_key(|order| order.sequence);
        orders
    }

    fn sequence(&self, market: MarketId) -> Sequence {
        self.markets
            .get(&market)
            .map_or(0, |market| market.sequence)
    }

    fn last_price_ticks(&self, market: MarketId) -> Option<u64> {
        self.markets.get(&market)?.last_price
    }
}
