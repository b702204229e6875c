//! The model: the whole exchange with no cleverness. Orders lie in a heap, and whoever needs them in
//! order sorts them; a command is tried on a copy of everything; what is held is never kept but
//! added up from the open orders. Written unlike the book on purpose.

use std::collections::BTreeMap;

use super::{Balance, Exchange, order_name, row_hint};
use crate::book::{DepthLevel, Resting};
use crate::command::{Command, OrderStatus, Outcome};
use crate::facts::{CancelReason, Change, ExpireReason, Facts, Party, Placed, Trade, Update};
use crate::host::Prior;
use crate::order::{
    AccountId, AssetId, Atoms, ClientOrderId, MarketId, NewOrder, SelfTrade, Sequence, Side, State,
    Terms, TimeInForce,
};
use crate::reject::Reject;
use crate::rules::{Rules, Status};

/// The naive exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NaiveExchange {
    pub(super) max_orders: usize,
    pub(super) markets: BTreeMap<MarketId, Market>,
    /// Everything an account has, held or not. A trial may run into debt.
    pub(super) funds: BTreeMap<(AccountId, AssetId), i128>,
    pub(super) priors: BTreeMap<(AccountId, ClientOrderId), Prior>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Market {
    pub(super) rules: Rules,
    pub(super) orders: Vec<Resting>,
    pub(super) sequence: Sequence,
    pub(super) last_price: Option<u64>,
}

/// What became of an order on arrival.
pub(super) struct Arrival {
    pub(super) lots: u64,
    pub(super) quote: Atoms,
    /// `None`: it wants more, and nobody else accepts its price.
    end: Option<State>,
    prevented: Option<(Sequence, u64)>,
}

impl NaiveExchange {
    /// No market yet; each will take `max_orders` open orders.
    pub fn new(max_orders: u32) -> NaiveExchange {
        NaiveExchange {
            max_orders: max_orders as usize,
            ..NaiveExchange::default()
        }
    }

    fn run(&mut self, id: MarketId, command: &Command) -> Result<(Outcome, Facts), Reject> {
        let facts = &mut Facts::default();
        let status = self
            .markets
            .get(&id)
            .ok_or(Reject::UnknownMarket)?
            .rules
            .status;
        let halted = || {
            if status == Status::Halted {
                Err(Reject::MarketHalted)
            } else {
                Ok(())
            }
        };
        let outcome = match *command {
            Command::Place(order) => match self.judge(id, &order)? {
                Some(repeated) => repeated,
                None => Outcome::Order(self.arrive(id, &order, facts)),
            },
            Command::Cancel { account, order } => {
                halted()?;
                let order = self.owned(id, account, order)?;
                Outcome::Order(self.cancel(id, &order, CancelReason::Requested, facts))
            }
            Command::CancelAll { account, side } => {
                halted()?;
                let mut orders = self.open_orders(id, account);
                orders.retain(|order| side.is_none() || side == Some(order.side));
                for order in &orders {
                    self.cancel(id, order, CancelReason::CancelAll, facts);
                }
                Outcome::CancelledAll {
                    orders: orders.len() as u32,
                }
            }
            Command::Reduce {
                remaining_lots: 0, ..
            } => return Err(Reject::InvalidQuantity),
            Command::Reduce {
                account,
                order,
                remaining_lots,
            } => {
                halted()?;
                let order = self.owned(id, account, order)?;
                if remaining_lots > order.remaining_lots {
                    return Err(Reject::NotAReduction);
                }
                if remaining_lots < order.remaining_lots {
                    let removed = order.remaining_lots - remaining_lots;
                    self.shrink(id, order.sequence, removed);
                    self.update(id, &order, Change::Reduced, removed, None, facts);
                }
                Outcome::Order(OrderStatus {
                    order: order.sequence,
                    state: State::Open,
                    filled_lots: 0,
                    filled_quote: 0,
                    remaining_lots,
                })
            }
            Command::Replace { order, new } => {
                // Content and status come before the old order, the rest is judged without it.
                let early = self.judge_early(id, &new)?;
                if let Some(repeated) = early {
                    return Ok((repeated, Facts::default()));
                }
                let old = self.owned(id, new.account, order)?;
                let cancelled = self.cancel(id, &old, CancelReason::Replaced, facts);
                self.judge(id, &new)?;
                Outcome::Replaced {
                    cancelled,
                    placed: self.arrive(id, &new, facts),
                }
            }
        };
        Ok((outcome, std::mem::take(facts)))
    }

    pub(super) fn market(&self, id: MarketId) -> &Market {
        &self.markets[&id]
    }

    fn edit(&mut self, id: MarketId) -> &mut Market {
        self.markets
            .get_mut(&id)
            .expect("the market is known by now")
    }

    fn next(&mut self, id: MarketId) -> Sequence {
        self.edit(id).sequence += 1;
        self.market(id).sequence
    }

    fn owned(&self, id: MarketId, account: AccountId, order: u64) -> Result<Resting, Reject> {
        let mut orders = self.market(id).orders.iter();
        orders
            .find(|open| open.sequence == order && open.account == account)
            .copied()
            .ok_or(Reject::OrderNotFound)
    }

    fn shrink(&mut self, id: MarketId, order: Sequence, lots: u64) {
        let orders = &mut self.edit(id).orders;
        for open in orders.iter_mut().filter(|open| open.sequence == order) {
            open.remaining_lots -= lots;
        }
        orders.retain(|open| open.remaining_lots > 0);
    }

    fn cancel(
        &mut self,
        id: MarketId,
        order: &Resting,
        reason: CancelReason,
        facts: &mut Facts,
    ) -> OrderStatus {
        self.shrink(id, order.sequence, order.remaining_lots);
        self.update(
            id,
            order,
            Change::Cancelled(reason),
            order.remaining_lots,
            None,
            facts,
        );
        OrderStatus {
            order: order.sequence,
            state: State::Cancelled,
            filled_lots: 0,
            filled_quote: 0,
            remaining_lots: order.remaining_lots,
        }
    }

    fn update(
        &mut self,
        id: MarketId,
        order: &Resting,
        change: Change,
        removed_lots: u64,
        prevented: Option<(Sequence, u64)>,
        facts: &mut Facts,
    ) {
        let update = Update {
            sequence: self.next(id),
            order: order.sequence,
            account: order.account,
            row: order.row,
            change,
            removed_lots,
            counter_order: prevented.map(|(other, _)| other),
            prevented_lots: prevented.map_or(0, |(_, lots)| lots),
        };
        facts.updates.push(update);
    }

    /// An accepted order arrives: it takes, then rests or ends.
    pub(super) fn arrive(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        facts: &mut Facts,
    ) -> OrderStatus {
        let sequence = self.next(id);
        let at = facts.placed.len();
        facts.placed.push(Placed {
            sequence,
            order: *order,
            state: State::Open,
        });
        let arrival = self.take(id, order, sequence, facts);
        let (price_ticks, quantity, may_rest) = match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                time_in_force,
                ..
            } => (
                price_ticks,
                Some(quantity_lots),
                time_in_force == TimeInForce::Gtc,
            ),
            Terms::Market { quantity_lots, .. } => (0, Some(quantity_lots), false),
            Terms::MarketBudget { .. } => (0, None, false),
        };
        let remaining_lots = quantity.map_or(0, |lots| lots - arrival.lots);
        let NewOrder {
            account,
            side,
            rates,
            ..
        } = *order;
        let mut rest = Resting {
            sequence,
            account,
            side,
            price_ticks,
            remaining_lots,
            rates,
            row: 0,
        };
        let state = match arrival.end {
            None if may_rest => State::Open,
            None => State::Expired,
            Some(state) => state,
        };
        if state == State::Expired {
            let reason = match arrival.prevented {
                Some(_) => ExpireReason::SelfTrade,
                None => ExpireReason::Unfilled,
            };
            let change = Change::Expired(reason);
            self.update(id, &rest, change, remaining_lots, arrival.prevented, facts);
        }
        if state == State::Open {
            rest.row = row_hint(sequence);
            self.edit(id).orders.push(rest);
        }
        if let Some(name) = order.client_order_id {
            let fingerprint = order.fingerprint(id);
            let prior = Prior {
                fingerprint,
                order: order_name(id, sequence),
            };
            self.priors.insert((account, name), prior);
        }
        facts.placed[at].state = state;
        OrderStatus {
            order: sequence,
            state,
            filled_lots: arrival.lots,
            filled_quote: arrival.quote,
            remaining_lots,
        }
    }

    /// Meets the best opposite order again and again.
    pub(super) fn take(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        sequence: Sequence,
        facts: &mut Facts,
    ) -> Arrival {
        let rules = self.market(id).rules;
        let (lowest, highest) = rules.band(rules.anchor(self.market(id).last_price));
        let edge = if order.side == Side::Buy {
            highest
        } else {
            lowest
        };
        let (limit, quantity, budget) = match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                ..
            } => (price_ticks, quantity_lots, None),
            Terms::Market { quantity_lots, .. } => (edge, quantity_lots, None),
            Terms::MarketBudget { budget } => (edge, rules.max_quantity_lots, Some(budget)),
        };
        let mut arrival = Arrival {
            lots: 0,
            quote: 0,
            end: None,
            prevented: None,
        };
        let cost = |price: u64| Atoms::from(price) * Atoms::from(rules.tick_lot_atoms);
        let affordable = |price: u64, spent: Atoms| match budget {
            Some(budget) => ((budget - spent) / cost(price)).min(u64::MAX.into()) as u64,
            None => u64::MAX,
        };
        loop {
            let best = self.resting(id, order.side.opposite()).into_iter().next();
            let maker = best.filter(|maker| match order.side {
                Side::Buy => maker.price_ticks <= limit,
                Side::Sell => maker.price_ticks >= limit,
            });
            let last = facts
                .trades
                .last()
                .filter(|trade| trade.taker.order == sequence);
            let is_spent =
                last.is_some_and(|trade| affordable(trade.price_ticks, arrival.quote) == 0);
            let is_too_dear =
                maker.is_some_and(|maker| affordable(maker.price_ticks, arrival.quote) == 0);
            if arrival.lots == quantity || is_spent || is_too_dear {
                return Arrival {
                    end: Some(State::Filled),
                    ..arrival
                };
            }
            let Some(maker) = maker else { return arrival };
            let lots = (quantity - arrival.lots)
                .min(maker.remaining_lots)
                .min(affordable(maker.price_ticks, arrival.quote));
            if maker.account != order.account || order.self_trade == SelfTrade::None {
                self.trade(id, order, sequence, &maker, lots, facts);
                arrival.lots += lots;
                arrival.quote += cost(maker.price_ticks) * Atoms::from(lots);
                let rest = if budget.is_some() {
                    0
                } else {
                    quantity - arrival.lots
                };
                facts
                    .trades
                    .last_mut()
                    .expect("one was just made")
                    .taker
                    .remaining_lots = rest;
                continue;
            }
            if matches!(
                order.self_trade,
                SelfTrade::ExpireMaker | SelfTrade::ExpireBoth
            ) {
                self.shrink(id, maker.sequence, maker.remaining_lots);
                let change = Change::Expired(ExpireReason::SelfTrade);
                let prevented = Some((sequence, lots));
                self.update(id, &maker, change, maker.remaining_lots, prevented, facts);
            }
            if matches!(
                order.self_trade,
                SelfTrade::ExpireTaker | SelfTrade::ExpireBoth
            ) {
                let prevented = Some((maker.sequence, lots));
                return Arrival {
                    end: Some(State::Expired),
                    prevented,
                    ..arrival
                };
            }
        }
    }

    fn trade(
        &mut self,
        id: MarketId,
        order: &NewOrder,
        sequence: Sequence,
        maker: &Resting,
        lots: u64,
        facts: &mut Facts,
    ) {
        let rules = self.market(id).rules;
        let base = Atoms::from(lots) * Atoms::from(rules.lot_atoms);
        let quote =
            Atoms::from(lots) * Atoms::from(maker.price_ticks) * Atoms::from(rules.tick_lot_atoms);
        let is_buy = order.side == Side::Buy;
        let (buyer, seller) = match is_buy {
            true => (order.account, maker.account),
            false => (maker.account, order.account),
        };
        let (buyer_ppm, seller_ppm) = match is_buy {
            true => (order.rates.taker_ppm, maker.rates.maker_ppm),
            false => (maker.rates.maker_ppm, order.rates.taker_ppm),
        };
        let base_fee = exact_fee(base, buyer_ppm);
        let quote_fee = exact_fee(quote, seller_ppm);
        let mut post = |account, asset, amount: Atoms, sign: i128| {
            *self.funds.entry((account, asset)).or_default() += sign * amount as i128;
        };
        post(buyer, rules.quote, quote, -1);
        post(seller, rules.quote, quote - quote_fee, 1);
        post(rules.fee_account, rules.quote, quote_fee, 1);
        post(seller, rules.base, base, -1);
        post(buyer, rules.base, base - base_fee, 1);
        post(rules.fee_account, rules.base, base_fee, 1);

        self.shrink(id, maker.sequence, lots);
        self.edit(id).last_price = Some(maker.price_ticks);
        let (taker_fee, maker_fee) = if is_buy {
            (base_fee, quote_fee)
        } else {
            (quote_fee, base_fee)
        };
        let trade = Trade {
            sequence: self.next(id),
            price_ticks: maker.price_ticks,
            quantity_lots: lots,
            quote,
            taker_side: order.side,
            maker: Party {
                order: maker.sequence,
                account: maker.account,
                fee: maker_fee,
                row: maker.row,
                remaining_lots: maker.remaining_lots - lots,
            },
            taker: Party {
                order: sequence,
                account: order.account,
                fee: taker_fee,
                row: 0,
                remaining_lots: 0,
            },
        };
        facts.trades.push(trade);
    }

    /// What the open orders of an account hold of an asset, in all markets.
    pub(super) fn held(&self, account: AccountId, asset: AssetId) -> Atoms {
        let markets = self.markets.values();
        let orders = markets.flat_map(|market| market.orders.iter().map(|o| (market.rules, o)));
        orders
            .filter(|(_, order)| order.account == account)
            .map(|(rules, order)| {
                let lots = Atoms::from(order.remaining_lots);
                match order.side {
                    Side::Buy if rules.quote == asset => {
                        lots * Atoms::from(order.price_ticks) * Atoms::from(rules.tick_lot_atoms)
                    }
                    Side::Sell if rules.base == asset => lots * Atoms::from(rules.lot_atoms),
                    _ => 0,
                }
            })
            .sum()
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
        let (outcome, news) = trial.run(market, command)?;
        *self = trial;
        facts.placed.extend(news.placed);
        facts.trades.extend(news.trades);
        facts.updates.extend(news.updates);
        Ok(outcome)
    }

    fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        let held = self.held(account, asset);
        let funds = self
            .funds
            .get(&(account, asset))
            .copied()
            .unwrap_or_default();
        let available = funds - held as i128;
        Balance {
            available: available.try_into().expect("no account is in debt"),
            held,
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
            match levels
                .iter_mut()
                .find(|level| level.price_ticks == price_ticks)
            {
                Some(level) => {
                    level.quantity_lots += u128::from(remaining_lots);
                    level.orders += 1;
                }
                None => {
                    let quantity_lots = u128::from(remaining_lots);
                    levels.push(DepthLevel {
                        price_ticks,
                        quantity_lots,
                        orders: 1,
                    });
                }
            }
        }
        levels
    }

    fn resting(&self, market: MarketId, side: Side) -> Vec<Resting> {
        let all = self
            .markets
            .get(&market)
            .map(|market| &market.orders)
            .into_iter()
            .flatten();
        let mut orders: Vec<Resting> = all.filter(|order| order.side == side).copied().collect();
        orders.sort_by_key(|order| (order.price_ticks, order.sequence));
        if side == Side::Buy {
            orders.sort_by_key(|order| (std::cmp::Reverse(order.price_ticks), order.sequence));
        }
        orders
    }

    fn open_orders(&self, market: MarketId, account: AccountId) -> Vec<Resting> {
        let all = self
            .markets
            .get(&market)
            .map(|market| &market.orders)
            .into_iter()
            .flatten();
        let mut orders: Vec<Resting> = all
            .filter(|order| order.account == account)
            .copied()
            .collect();
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

/// `received * ppm / 1_000_000` rounded up, by long multiplication and division in digits of 2^64.
fn exact_fee(received: Atoms, ppm: u32) -> Atoms {
    let digit = |number: u128| number & u128::from(u64::MAX);
    let low = digit(received) * u128::from(ppm);
    let high = (received >> 64) * u128::from(ppm) + (low >> 64);
    let rest = (high % 1_000_000) << 64 | digit(low);
    ((high / 1_000_000) << 64) + rest.div_ceil(1_000_000)
}
