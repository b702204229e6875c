//! Judges orders by the risk rules, before the engine sees them. A denial is `RISK_DENIED`, and
//! costs the account nothing; a review lets it pass. Both leave events, written once a batch.
//!
//! Counts and sums are of accepted orders: what is refused or repeated is given back.

use crate::funds::Funds;
use crate::ids;
use crate::pg::counters::{self, Key, Total};
use crate::store::markets::Market;
use crate::store::order_rules::{self, Condition, OrderRules, Rule};
use engine::command::Outcome;
use engine::decimal;
use engine::facts::Trade;
use engine::fee::PARTS;
use engine::host::Host;
use engine::order::{AccountId, Atoms, NewOrder, Side, Terms};
use engine::reject::Reject;
use serde_json::{Value, json};
use std::rc::Rc;

/// Microseconds from 1970 to 2000, the epoch of Postgres' timestamps.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const MICROS: i64 = 1_000_000;

/// The rules, and what this batch has met of them.
pub(crate) struct Guard {
    rules: Rc<OrderRules>,
    /// Accounts of the batch that are linked with others, ascending.
    linked: Vec<AccountId>,
    at: i64,
    /// Rules that the order under way meets, and where the counters stood before it.
    met: Vec<(usize, Value)>,
    mark: usize,
    last_price_ticks: u64,
    events: Vec<Value>,
}

impl Guard {
    /// Takes the rules that are in force.
    pub(crate) fn open(linked: Vec<AccountId>, at: i64) -> Guard {
        Guard {
            rules: order_rules::in_force(),
            linked,
            at,
            met: Vec::new(),
            mark: 0,
            last_price_ticks: 0,
            events: Vec::new(),
        }
    }

    /// Judges an order that shall be placed. [`Guard::settle`] must follow, unless it is refused.
    ///
    /// # Errors
    /// `RiskDenied`, where a rule denies it and it is no repeat.
    pub(crate) fn judge(
        &mut self,
        market: &Market,
        order: &NewOrder,
        last_price_ticks: Option<u64>,
        funds: &mut Funds<'_>,
    ) -> Result<(), Reject> {
        self.mark = counters::mark();
        if self.rules.rules.is_empty() || self.rules.allowed.binary_search(&order.account).is_ok() {
            return Ok(());
        }
        self.last_price_ticks = market.rules.anchor(last_price_ticks);
        let rules = Rc::clone(&self.rules);
        let mut denied = false;
        for (position, rule) in rules.rules.iter().enumerate() {
            if let Some(observed) = self.observe(rule, market, order) {
                denied |= rule.denies;
                self.met.push((position, observed));
            }
        }
        if !denied {
            return Ok(());
        }
        counters::give_back(self.mark);
        let is_repeat = order
            .client_order_id
            .is_some_and(|id| funds.prior(order.account, &id).is_some());
        if is_repeat {
            self.met.clear();
            return Ok(());
        }
        self.note(market, order, None);
        Err(Reject::RiskDenied)
    }

    /// Hears what became of an order that was judged and not denied.
    pub(crate) fn settle(
        &mut self,
        market: &Market,
        order: &NewOrder,
        outcome: &Result<Outcome, Reject>,
        trades: &[Trade],
    ) {
        let status = match outcome {
            Ok(Outcome::Order(status)) => Some(status),
            Ok(Outcome::Replaced { placed, .. }) => Some(placed),
            _ => None,
        };
        if status.is_none() {
            counters::give_back(self.mark);
        }
        if !trades.is_empty() && self.is_linked(order.account) {
            self.count_linked(market, order.account, trades);
        }
        let is_repeat = matches!(outcome, Ok(Outcome::Repeated(_)));
        if !self.met.is_empty() && !is_repeat {
            let number = status.map(|status| ids::number(market.id, status.order));
            self.note(market, order, number);
        }
        self.met.clear();
    }

    /// Writes the events of the batch. Before the batch is booked: the counter of the stream is
    /// locked before balances are, as everywhere.
    pub(crate) fn record(&mut self) {
        if !self.events.is_empty() {
            order_rules::record(&Value::from(std::mem::take(&mut self.events)));
        }
    }

    fn observe(&self, rule: &Rule, market: &Market, order: &NewOrder) -> Option<Value> {
        match &rule.condition {
            Condition::OrderRate {
                most,
                window_seconds,
            } => {
                let key = key(order.account, *window_seconds, counters::ORDERS);
                let total = self.total(rule, key, 0);
                (total.count > *most).then(|| json!({ "orders": total.count }))
            }
            Condition::OrderNotional {
                asset,
                most,
                window_seconds,
            } => {
                if market.rules.quote != *asset {
                    return None;
                }
                let what = counters::notional_in(*asset);
                let key = key(order.account, *window_seconds, what);
                let notional = self.notional(market, order);
                let total = self.total(rule, key, notional);
                let text = || plain(total.amount, market.quote_scale);
                (total.amount > *most).then(|| json!({ "notional": text() }))
            }
            Condition::PriceDistance { most_ppm } => self.distance(order, *most_ppm),
            Condition::LinkedTrades {
                most,
                window_seconds,
            } => {
                if !self.is_linked(order.account) {
                    return None;
                }
                let what = counters::linked_trades_in(market.id);
                let key = key(order.account, *window_seconds, what);
                let total = counters::read(key, self.window(*window_seconds));
                let text = || plain(total.amount, market.quote_scale);
                (total.count > *most)
                    .then(|| json!({ "trades": total.count, "quote_amount": text() }))
            }
            Condition::AccountListed { list, accounts } => accounts
                .binary_search(&order.account)
                .is_ok()
                .then(|| json!({ "list": list })),
        }
    }

    /// The counter's total with this order in it.
    fn total(&self, rule: &Rule, key: Key, amount: Atoms) -> Total {
        let window = self.window(key.window_seconds);
        match rule.counts {
            true => counters::add(key, window, amount),
            false => counters::read(key, window),
        }
    }

    fn is_linked(&self, account: AccountId) -> bool {
        self.linked.binary_search(&account).is_ok()
    }

    /// Counts an order's trades with accounts that are linked with its own, for both.
    fn count_linked(&self, market: &Market, account: AccountId, trades: &[Trade]) {
        for rule in &self.rules.rules {
            let Condition::LinkedTrades { window_seconds, .. } = rule.condition else {
                continue;
            };
            if !rule.counts {
                continue;
            }
            for trade in trades {
                let other = trade.maker.account;
                if other == account || !order_rules::are_linked(account, other) {
                    continue;
                }
                for party in [account, other] {
                    let what = counters::linked_trades_in(market.id);
                    let key = key(party, window_seconds, what);
                    counters::add(key, self.window(window_seconds), trade.quote);
                }
            }
        }
    }

    /// The number of the window that the batch is in.
    fn window(&self, window_seconds: u32) -> i64 {
        (self.at + EPOCH_MICROS).div_euclid(i64::from(window_seconds) * MICROS)
    }

    /// How far a limit price is on the bad side of the last one, where that is too far.
    fn distance(&self, order: &NewOrder, most_ppm: u64) -> Option<Value> {
        let Terms::Limit { price_ticks, .. } = order.terms else {
            return None;
        };
        let last = self.last_price_ticks;
        let worse = match order.side {
            Side::Buy => price_ticks.checked_sub(last)?,
            Side::Sell => last.checked_sub(price_ticks)?,
        };
        let parts = u128::from(worse) * u128::from(PARTS);
        let is_met = parts > u128::from(last) * u128::from(most_ppm);
        is_met.then(|| json!({ "distance_ppm": (parts / u128::from(last)) as u64 }))
    }

    /// What an order is worth in quote: by its own price, else by the last one.
    fn notional(&self, market: &Market, order: &NewOrder) -> Atoms {
        let at_price = |price_ticks, lots| {
            let notional = market.rules.notional(price_ticks, lots);
            notional.unwrap_or(engine::rules::MAX_NOTIONAL)
        };
        match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                ..
            } => at_price(price_ticks, quantity_lots),
            Terms::Market { quantity_lots, .. } => at_price(self.last_price_ticks, quantity_lots),
            Terms::MarketBudget { budget } => budget,
        }
    }

    /// Keeps an event for each rule that the order under way meets.
    fn note(&mut self, market: &Market, order: &NewOrder, number: Option<i64>) {
        let facts = self.facts(market, order);
        for (position, observed) in self.met.drain(..) {
            let rule = &self.rules.rules[position];
            self.events.push(json!({
                "account_id": order.account,
                "order_id": number,
                "rule": rule.name,
                "version": rule.version,
                "facts": facts,
                "observed": observed,
            }));
        }
    }

    /// The facts as `risk.history()` gives them for recorded orders.
    fn facts(&self, market: &Market, order: &NewOrder) -> Value {
        let text = |decimal: crate::store::markets::Decimal| {
            Value::from(decimal::format(decimal.units, decimal.scale))
        };
        let mut facts = json!({
            "market": market.symbol,
            "side": order.side.name(),
            "notional": plain(self.notional(market, order), market.quote_scale),
            "last_price": text(market.price(self.last_price_ticks)),
        });
        let mut put = |name: &str, value| facts[name] = value;
        match order.terms {
            Terms::Limit {
                price_ticks,
                quantity_lots,
                ..
            } => {
                put("kind", "limit".into());
                put("price", text(market.price(price_ticks)));
                put("quantity", text(market.quantity(quantity_lots)));
            }
            Terms::Market { quantity_lots, .. } => {
                put("kind", "market".into());
                put("quantity", text(market.quantity(quantity_lots)));
            }
            Terms::MarketBudget { budget } => {
                put("kind", "market".into());
                put("budget", text(market.quote(budget)));
            }
        }
        if let Some(id) = &order.client_order_id {
            put("client_order_id", id.as_str().into());
        }
        facts
    }
}

fn key(account: AccountId, window_seconds: u32, what: u32) -> Key {
    Key {
        account,
        window_seconds,
        what,
    }
}

/// A decimal without zeros at its end.
fn plain(units: Atoms, scale: u32) -> String {
    let text = decimal::format(units, scale);
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}
