//! Scenarios on the pure engine: on its naive model, or on the real book in memory.

use std::collections::HashMap;

use anyhow::{Context, Result};
use engine::command::{Command, OrderStatus, Outcome};
use engine::decimal::{format as decimal, parse as atoms};
use engine::facts::{Change, Facts};
use engine::fee::Rates;
use engine::model::{Exchange as Core, order_name};
use engine::order::{ClientOrderId, Side};
use engine::reject::Reject;
use engine::rules::Status;
use serde_json::{Value, json};

use super::model_input::{Fields, OrderText, quantity};
use super::model_market::{Asset, Market, trade_fact, update_fact};
use super::render::SEQUENCES;
use super::{Balance, Exchange, Fact, Level, MarketLine, Setup};

/// Accounts that receive fees are numbered from here, above all users.
const FEE_ACCOUNTS: u64 = 1_000_000;

/// Whether an account may trade.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trading {
    Active,
    Frozen,
}

pub(super) struct Account {
    pub(super) number: u64,
    pub(super) rates: Rates,
    pub(super) trading: Trading,
}

/// The pure engine with names, decimals and history around it.
pub struct ModelExchange<C> {
    core: C,
    assets: Vec<(String, u32)>,
    tiers: HashMap<String, Rates>,
    accounts: Vec<(String, Account)>,
    markets: Vec<Market>,
    facts: Vec<Fact>,
    /// First answers of placements, and of cancels, by order.
    placed: HashMap<u64, (u64, Value)>,
    cancelled: HashMap<u64, Value>,
    /// Orders by account and client order id.
    keys: HashMap<(u64, String), u64>,
    funded: HashMap<u32, u128>,
}

impl<C: Core> ModelExchange<C> {
    /// An empty exchange around an empty core.
    pub fn new(core: C) -> ModelExchange<C> {
        ModelExchange {
            core,
            assets: Vec::new(),
            tiers: HashMap::new(),
            accounts: Vec::new(),
            markets: Vec::new(),
            facts: Vec::new(),
            placed: HashMap::new(),
            cancelled: HashMap::new(),
            keys: HashMap::new(),
            funded: HashMap::new(),
        }
    }

    fn asset(&self, symbol: &str) -> Result<Asset> {
        let index = self
            .assets
            .iter()
            .position(|(name, _)| name == symbol)
            .context("no asset")?;
        Ok(Asset {
            number: index as u32 + 1,
            scale: self.assets[index].1,
        })
    }

    fn make_market(&mut self, line: &MarketLine) -> Result<()> {
        let (base, quote) = line.assets();
        let (base, quote) = (self.asset(base)?, self.asset(quote)?);
        let number = self.markets.len() as u32 + 1;
        let fee_account = FEE_ACCOUNTS + u64::from(number);
        let market = Market::new(line, number, fee_account, base, quote)?;
        self.core.set_rules(market.rules);
        self.markets.push(market);
        Ok(())
    }

    fn command(&mut self, command: &Value) -> Result<Value, Reject> {
        let mut fields = Fields::of(command)?;
        let verb = fields.text("verb")?.ok_or(Reject::Malformed)?;
        let account = fields.number("account_id")?.ok_or(Reject::Malformed)?;
        match verb.as_str() {
            "place" => {
                let market = fields.text("market")?.ok_or(Reject::Malformed)?;
                let order = OrderText::read(&mut fields)?;
                fields.end()?;
                let market = self.market(&market)?;
                let new = order.order(self.owner(account)?, &self.markets[market])?;
                self.apply(market, account, &Command::Place(new))
            }
            "cancel" => self.cancel(account, fields),
            "cancel_all" => self.cancel_all(account, fields),
            "reduce" => {
                let order = fields.number("order_id")?.ok_or(Reject::Malformed)?;
                let text = fields.decimal("quantity")?.ok_or(Reject::Malformed)?;
                fields.end()?;
                let market = self.market_of(order)?;
                let remaining_lots = quantity(&text, &self.markets[market])?;
                let order = order % SEQUENCES;
                self.apply(
                    market,
                    account,
                    &Command::Reduce {
                        account,
                        order,
                        remaining_lots,
                    },
                )
            }
            "replace" => {
                let order = fields.number("order_id")?.ok_or(Reject::Malformed)?;
                let new = OrderText::read(&mut fields)?;
                fields.end()?;
                let market = self.market_of(order)?;
                let new = new.order(self.owner(account)?, &self.markets[market])?;
                self.apply(
                    market,
                    account,
                    &Command::Replace {
                        order: order % SEQUENCES,
                        new,
                    },
                )
            }
            _ => Err(Reject::Malformed),
        }
    }

    fn cancel(&mut self, account: u64, mut fields: Fields) -> Result<Value, Reject> {
        let order = fields.number("order_id")?;
        let id = fields.text("client_order_id")?;
        fields.end()?;
        if order.is_some() == id.is_some() {
            return Err(Reject::Malformed);
        }
        if id
            .as_deref()
            .is_some_and(|id| ClientOrderId::new(id).is_none())
        {
            return Err(Reject::InvalidClientOrderId);
        }
        let named = id.and_then(|id| self.keys.get(&(account, id)).copied());
        let order = order.or(named).ok_or(Reject::OrderNotFound)?;
        let market = self.market_of(order)?;
        self.apply(
            market,
            account,
            &Command::Cancel {
                account,
                order: order % SEQUENCES,
            },
        )
    }

    fn cancel_all(&mut self, account: u64, mut fields: Fields) -> Result<Value, Reject> {
        let market = fields.text("market")?;
        let side = fields.side()?;
        fields.end()?;
        let command = Command::CancelAll { account, side };
        if let Some(symbol) = market {
            return self.apply(self.market(&symbol)?, account, &command);
        }
        let mut orders = 0;
        for market in 0..self.markets.len() {
            // A halted market keeps its orders, the others do not wait for it.
            let Ok(outcome) = self.apply(market, account, &command) else {
                continue;
            };
            orders += outcome["cancelled"].as_u64().unwrap_or_default();
        }
        Ok(json!({ "cancelled": orders }))
    }

    fn market(&self, symbol: &str) -> Result<usize, Reject> {
        let found = self
            .markets
            .iter()
            .position(|market| market.symbol == symbol);
        found.ok_or(Reject::UnknownMarket)
    }

    fn market_of(&self, order: u64) -> Result<usize, Reject> {
        let market = (order / SEQUENCES) as usize;
        if (1..=self.markets.len()).contains(&market) {
            Ok(market - 1)
        } else {
            Err(Reject::OrderNotFound)
        }
    }

    fn owner(&self, account: u64) -> Result<&Account, Reject> {
        let found = self
            .accounts
            .iter()
            .find(|(_, known)| known.number == account);
        Ok(&found.ok_or(Reject::UnknownAccount)?.1)
    }

    fn apply(&mut self, market: usize, account: u64, command: &Command) -> Result<Value, Reject> {
        let number = self.markets[market].rules.market;
        let mut facts = Facts::default();
        let result = self.core.execute(number, command, &mut facts);
        for trade in &facts.trades {
            self.facts.push(trade_fact(&self.markets[market], trade));
        }
        for update in &facts.updates {
            self.facts.push(update_fact(&self.markets[market], update));
            if matches!(update.change, Change::Cancelled(_)) {
                let order = order_name(number, update.order);
                let left = self.lots(market, update.removed_lots);
                let cancelled = json!({
                    "order_id": order.to_string(), "state": "cancelled",
                    "remaining_quantity": left, "repeated": true });
                self.cancelled.insert(order, cancelled);
            }
        }
        let outcome = match result {
            Err(Reject::OrderNotFound) => return self.ended(account, number, command),
            Err(reject) => return Err(reject),
            Ok(Outcome::Order(status)) => {
                let is_cancel = matches!(command, Command::Cancel { .. });
                self.status(market, &status, is_cancel)
            }
            Ok(Outcome::Repeated(order)) => {
                let mut first = self.placed[&order].1.clone();
                first["repeated"] = json!(true);
                return Ok(first);
            }
            Ok(Outcome::CancelledAll { orders }) => json!({ "cancelled": orders }),
            Ok(Outcome::Replaced { cancelled, placed }) => json!({
                "cancelled": self.status(market, &cancelled, true),
                "placed": self.status(market, &placed, false) }),
        };
        for placed in &facts.placed {
            let order = order_name(number, placed.sequence);
            let first = outcome.get("placed").unwrap_or(&outcome).clone();
            self.placed.insert(order, (account, first));
            if let Some(id) = placed.order.client_order_id {
                self.keys.insert((account, id.as_str().to_string()), order);
            }
        }
        Ok(outcome)
    }

    /// What the engine does not find may have ended: history knows.
    fn ended(&self, account: u64, market: u32, command: &Command) -> Result<Value, Reject> {
        let (order, is_cancel) = match command {
            Command::Cancel { order, .. } => (*order, true),
            Command::Reduce { order, .. } | Command::Replace { order, .. } => (*order, false),
            Command::Place(_) | Command::CancelAll { .. } => return Err(Reject::OrderNotFound),
        };
        let order = order_name(market, order);
        if self
            .placed
            .get(&order)
            .is_none_or(|(owner, _)| *owner != account)
        {
            return Err(Reject::OrderNotFound);
        }
        match self.cancelled.get(&order) {
            Some(cancelled) if is_cancel => Ok(cancelled.clone()),
            _ => Err(Reject::OrderNotOpen),
        }
    }

    fn status(&self, market: usize, status: &OrderStatus, is_cancel: bool) -> Value {
        let order = order_name(self.markets[market].rules.market, status.order).to_string();
        let left = self.lots(market, status.remaining_lots);
        let state = status.state.name();
        if is_cancel {
            return json!({ "order_id": order, "state": state, "remaining_quantity": left });
        }
        json!({
            "order_id": order,
            "state": state,
            "filled_quantity": self.lots(market, status.filled_lots),
            "filled_quote": decimal(status.filled_quote, self.markets[market].quote.scale),
            "remaining_quantity": left,
        })
    }

    fn lots(&self, market: usize, lots: u64) -> String {
        self.markets[market].lots(lots)
    }

    fn scale(&self, asset: u32) -> u32 {
        self.assets[asset as usize - 1].1
    }
}

impl<C: Core> Exchange for ModelExchange<C> {
    async fn set_up(&mut self, setup: &Setup) -> Result<()> {
        match setup {
            Setup::Asset { symbol, scale } => self.assets.push((symbol.clone(), *scale)),
            Setup::Tier { name, maker, taker } => {
                let ppm = |text| u32::try_from(atoms(text, 6).unwrap_or_default());
                let rates = Rates {
                    maker_ppm: ppm(maker)?,
                    taker_ppm: ppm(taker)?,
                };
                self.tiers.insert(name.clone(), rates);
            }
            Setup::Market(line) => self.make_market(line)?,
            Setup::Account { name, tier } => {
                let rates = *self.tiers.get(tier).context("no tier")?;
                let number = self.accounts.len() as u64 + 1;
                let account = Account {
                    number,
                    rates,
                    trading: Trading::Active,
                };
                self.accounts.push((name.clone(), account));
            }
            Setup::Fund {
                account,
                amount,
                asset,
            } => {
                let account = self.account(account).context("no account")?;
                let asset = self.asset(asset)?;
                let amount = atoms(amount, asset.scale).ok().context("no amount")?;
                self.core.deposit(account, asset.number, amount);
                *self.funded.entry(asset.number).or_default() += amount;
            }
            Setup::Status { market, status } => {
                let market = self.market(market).ok().context("no market")?;
                let rules = &mut self.markets[market].rules;
                rules.status = match status.as_str() {
                    "trading" => Status::Trading,
                    "cancel_only" => Status::CancelOnly,
                    _ => Status::Halted,
                };
                self.core.set_rules(*rules);
            }
            Setup::Freeze { account } => {
                let known = self.accounts.iter_mut().find(|(name, _)| name == account);
                known.context("no account")?.1.trading = Trading::Frozen;
            }
        }
        Ok(())
    }

    fn account(&self, name: &str) -> Option<u64> {
        let found = self.accounts.iter().find(|(known, _)| known == name);
        found.map(|(_, account)| account.number)
    }

    async fn submit(&mut self, batch: &[Value]) -> Result<Vec<Value>> {
        let answer = |result| match result {
            Ok(outcome) => outcome,
            Err(reject) => {
                let reject: Reject = reject;
                json!({ "reject": reject.code(), "field": reject.field() })
            }
        };
        Ok(batch
            .iter()
            .map(|command| answer(self.command(command)))
            .collect())
    }

    async fn new_facts(&mut self) -> Result<Vec<Fact>> {
        let mut facts = std::mem::take(&mut self.facts);
        facts.sort_by_key(|fact| match fact {
            Fact::Trade { trade, .. } => *trade,
            Fact::Update { update, .. } => *update,
        });
        Ok(facts)
    }

    async fn book(&mut self, market: &str) -> Result<Vec<Level>> {
        let market = &self.markets[self.market(market).ok().context("no market")?];
        let mut levels = Vec::new();
        for side in [Side::Buy, Side::Sell] {
            for level in self.core.depth(market.rules.market, side) {
                levels.push(Level {
                    side: side.name().into(),
                    price: market.price(level.price_ticks),
                    quantity: market.lots(u64::try_from(level.quantity_lots)?),
                    orders: i32::try_from(level.orders)?,
                });
            }
        }
        Ok(levels)
    }

    async fn balances(&mut self) -> Result<Vec<Balance>> {
        let mut balances = Vec::new();
        for (account, asset, balance) in self.core.balances() {
            let scale = self.scale(asset);
            let account = match account.checked_sub(FEE_ACCOUNTS) {
                Some(market) => format!("fees {}", self.markets[market as usize - 1].symbol),
                None => self.accounts[account as usize - 1].0.clone(),
            };
            balances.push(Balance {
                account,
                asset: self.assets[asset as usize - 1].0.clone(),
                available: decimal(balance.available, scale),
                held: decimal(balance.held, scale),
            });
        }
        Ok(balances)
    }

    async fn violations(&mut self) -> Result<Vec<String>> {
        let mut violations = Vec::new();
        let mut sums: HashMap<u32, u128> = HashMap::new();
        for (_, asset, balance) in self.core.balances() {
            *sums.entry(asset).or_default() += balance.available + balance.held;
        }
        for (asset, funded) in &self.funded {
            if sums.get(asset).copied().unwrap_or_default() != *funded {
                violations.push(format!("asset {asset}: {sums:?} of {funded}"));
            }
        }
        for market in &self.markets {
            let best = |side| self.core.depth(market.rules.market, side).first().copied();
            if let (Some(bid), Some(ask)) = (best(Side::Buy), best(Side::Sell))
                && bid.price_ticks >= ask.price_ticks
            {
                violations.push(format!("market {} is crossed", market.symbol));
            }
        }
        Ok(violations)
    }
}
