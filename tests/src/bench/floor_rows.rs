//! The rows that the engine writes for a batch of the mix, computed by the pure engine beforehand,
//! as columns for set-based SQL.

use std::collections::BTreeMap;

use engine::book::{Book, Journal, OwnedMemory};
use engine::command::{Command, Outcome};
use engine::facts::{Change, ExpireReason, Facts};
use engine::host::{Host, Prior};
use engine::mix::Step;
use engine::model::order_name;
use engine::order::{AccountId, AssetId, Atoms, ClientOrderId, NewOrder, Sequence, Side, State};
use engine::rules::Rules;
use rust_decimal::Decimal;

use super::load::{client_order_id, terms};
use super::stage::BenchMarket;

/// Columns of the rows of one transaction.
#[derive(Debug, Default)]
pub struct Rows {
    /// How many commands caused them.
    pub commands: u64,
    /// First and last number of the transaction's facts.
    pub range: (i64, i64),
    /// New orders that rest.
    pub open: Orders,
    /// New orders that ended at once.
    pub closed: Orders,
    /// Resting orders that traded and rest on.
    pub moved: Moves,
    /// Resting orders that ended.
    pub ended: Moves,
    /// Trades.
    pub trades: Trades,
    /// Updates.
    pub updates: Updates,
    /// Balances.
    pub balances: Balances,
}

/// Columns of new orders; what the mix never varies is in the statement.
#[derive(Debug, Default)]
pub struct Orders {
    /// Numbers.
    pub order_id: Vec<i64>,
    /// Owners.
    pub account_id: Vec<i64>,
    /// Client order ids.
    pub client_order_id: Vec<String>,
    /// Sides.
    pub side: Vec<&'static str>,
    /// Times in force.
    pub time_in_force: Vec<&'static str>,
    /// Prices.
    pub price: Vec<Decimal>,
    /// Quantities.
    pub quantity: Vec<Decimal>,
    /// Base traded.
    pub filled_quantity: Vec<Decimal>,
    /// Quote traded.
    pub filled_quote: Vec<Decimal>,
    /// States.
    pub state: Vec<&'static str>,
    /// Hashes of what was asked.
    pub fingerprint: Vec<i64>,
}

/// Columns of changes to resting orders.
#[derive(Debug, Default)]
pub struct Moves {
    /// Numbers.
    pub order_id: Vec<i64>,
    /// Base traded on top.
    pub quantity: Vec<Decimal>,
    /// Quote traded on top.
    pub quote: Vec<Decimal>,
    /// States.
    pub state: Vec<&'static str>,
}

/// Columns of trades.
#[derive(Debug, Default)]
pub struct Trades {
    /// Numbers.
    pub trade_id: Vec<i64>,
    /// Prices.
    pub price: Vec<Decimal>,
    /// Base.
    pub quantity: Vec<Decimal>,
    /// Quote.
    pub quote: Vec<Decimal>,
    /// Sides of the takers.
    pub taker_side: Vec<&'static str>,
    /// Orders that rested.
    pub maker_order: Vec<i64>,
    /// Orders that arrived.
    pub taker_order: Vec<i64>,
    /// Their owners.
    pub maker_account: Vec<i64>,
    /// Their owners.
    pub taker_account: Vec<i64>,
    /// Fees.
    pub maker_fee: Vec<Decimal>,
    /// Fees.
    pub taker_fee: Vec<Decimal>,
}

/// Columns of order updates.
#[derive(Debug, Default)]
pub struct Updates {
    /// Numbers.
    pub update_id: Vec<i64>,
    /// Orders.
    pub order_id: Vec<i64>,
    /// Owners.
    pub account_id: Vec<i64>,
    /// Kinds.
    pub kind: Vec<&'static str>,
    /// Reasons.
    pub reason: Vec<&'static str>,
    /// Base taken off.
    pub removed: Vec<Decimal>,
    /// The account's other orders.
    pub counter: Vec<Option<i64>>,
    /// Base that would have traded.
    pub prevented: Vec<Decimal>,
}

/// Columns of balance changes, in key order.
#[derive(Debug, Default)]
pub struct Balances {
    /// Owners.
    pub account_id: Vec<i64>,
    /// Assets.
    pub asset_id: Vec<i32>,
    /// Change of what is free.
    pub available: Vec<Decimal>,
    /// Change of what is held.
    pub held: Vec<Decimal>,
}

/// Balance changes of a batch; everybody has enough.
#[derive(Default)]
struct Changes(BTreeMap<(AccountId, AssetId), (i128, i128)>);

impl Changes {
    fn add(&mut self, account: AccountId, asset: AssetId, available: i128, held: i128) {
        let change = self.0.entry((account, asset)).or_default();
        change.0 += available;
        change.1 += held;
    }
}

impl Host for Changes {
    fn available(&mut self, _: AccountId, _: AssetId) -> Atoms {
        Atoms::MAX / 2
    }

    fn hold(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.add(account, asset, -(amount as i128), amount as i128);
    }

    fn release(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.add(account, asset, amount as i128, -(amount as i128));
    }

    fn pay(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.add(account, asset, 0, -(amount as i128));
    }

    fn receive(&mut self, account: AccountId, asset: AssetId, amount: Atoms) {
        self.add(account, asset, amount as i128, 0);
    }

    fn prior(&mut self, _: AccountId, _: &ClientOrderId) -> Option<Prior> {
        None
    }
}

/// A market in the pure engine that turns steps into rows.
pub struct Writer {
    market: BenchMarket,
    rules: Rules,
    name: String,
    memory: OwnedMemory,
    journal: Journal,
    facts: Facts,
    /// The engine's name of each order of the mix.
    orders: Vec<Sequence>,
    last: Sequence,
}

impl Writer {
    /// An empty market; `name` begins the client order ids.
    pub fn new(market: BenchMarket, rules: Rules, name: &str) -> Writer {
        Writer {
            market,
            rules,
            name: name.into(),
            memory: OwnedMemory::new(1_000_000),
            journal: Journal::default(),
            facts: Facts::default(),
            orders: Vec::new(),
            last: 0,
        }
    }

    /// What the steps write, as one transaction.
    pub fn rows(&mut self, steps: &[Step]) -> Rows {
        let mut changes = Changes::default();
        let mut serials = BTreeMap::new();
        let mut book = Book::new(self.memory.lend(), &mut self.journal);
        for step in steps {
            let command = match step {
                Step::Place { order, .. } => Command::Place(*order),
                Step::Cancel { account, serial } => Command::Cancel {
                    account: *account,
                    order: self.orders[*serial as usize],
                },
            };
            let outcome = book.execute(&self.rules, &mut changes, &command, &mut self.facts);
            let outcome = outcome.expect("nothing of the mix is rejected");
            if let (Step::Place { serial, .. }, Outcome::Order(status)) = (step, outcome) {
                self.orders.push(status.order);
                serials.insert(status.order, *serial);
            }
        }
        self.journal.clear();
        let facts = std::mem::take(&mut self.facts);
        let mut rows = Rows {
            commands: steps.len() as u64,
            ..Rows::default()
        };
        self.orders_and_moves(&facts, &serials, &mut rows);
        self.trades_and_updates(&facts, &mut rows);
        self.balances(changes, &mut rows.balances);
        let count = facts.placed.len() + facts.trades.len() + facts.updates.len();
        rows.range = (self.last as i64 + 1, self.last as i64 + count as i64);
        self.last += count as u64;
        rows
    }

    fn number(&self, sequence: Sequence) -> i64 {
        order_name(self.rules.market, sequence) as i64
    }

    fn lots(&self, lots: u64) -> Decimal {
        Decimal::from_i128_with_scale(lots.into(), self.market.lot_scale)
    }

    fn price(&self, ticks: u64) -> Decimal {
        Decimal::from_i128_with_scale(ticks.into(), self.market.tick_scale)
    }

    fn quote(&self, atoms: Atoms) -> Decimal {
        Decimal::from_i128_with_scale(atoms as i128, self.market.scales().1)
    }

    fn orders_and_moves(&self, facts: &Facts, serials: &BTreeMap<Sequence, u64>, rows: &mut Rows) {
        let mut fills: BTreeMap<Sequence, (u64, Atoms, State)> = BTreeMap::new();
        for trade in &facts.trades {
            for party in [&trade.maker, &trade.taker] {
                let fill = fills.entry(party.order).or_insert((0, 0, State::Open));
                fill.0 += trade.quantity_lots;
                fill.1 += trade.quote;
            }
            if trade.maker.remaining_lots == 0 {
                fills
                    .entry(trade.maker.order)
                    .and_modify(|fill| fill.2 = State::Filled);
            }
        }
        for update in &facts.updates {
            let fill = fills.entry(update.order).or_insert((0, 0, State::Open));
            fill.2 = match update.change {
                Change::Reduced => fill.2,
                Change::Cancelled(_) => State::Cancelled,
                Change::Expired(_) => State::Expired,
            };
        }
        for placed in &facts.placed {
            let fill = fills
                .remove(&placed.sequence)
                .unwrap_or((0, 0, State::Open));
            let state = if fill.2 == State::Open {
                placed.state
            } else {
                fill.2
            };
            let orders = if state == State::Open {
                &mut rows.open
            } else {
                &mut rows.closed
            };
            let id = client_order_id(&self.name, serials[&placed.sequence]);
            self.order(
                orders,
                placed.sequence,
                &placed.order,
                id,
                (fill.0, fill.1, state),
            );
        }
        for (order, (lots, quote, state)) in fills {
            let moves = if state == State::Open {
                &mut rows.moved
            } else {
                &mut rows.ended
            };
            moves.order_id.push(self.number(order));
            moves.quantity.push(self.lots(lots));
            moves.quote.push(self.quote(quote));
            moves.state.push(state.name());
        }
    }

    fn order(
        &self,
        orders: &mut Orders,
        sequence: Sequence,
        order: &NewOrder,
        client_order_id: String,
        (lots, quote, state): (u64, Atoms, State),
    ) {
        let (price, quantity, time_in_force) = terms(order);
        orders.order_id.push(self.number(sequence));
        orders.account_id.push(order.account as i64);
        orders.client_order_id.push(client_order_id);
        orders.side.push(order.side.name());
        orders.time_in_force.push(time_in_force.name());
        orders.price.push(self.price(price));
        orders.quantity.push(self.lots(quantity));
        orders.filled_quantity.push(self.lots(lots));
        orders.filled_quote.push(self.quote(quote));
        orders.state.push(state.name());
        orders
            .fingerprint
            .push(order.fingerprint(self.rules.market) as i64);
    }

    fn trades_and_updates(&self, facts: &Facts, rows: &mut Rows) {
        let (base, quote) = self.market.scales();
        for trade in &facts.trades {
            let (maker_scale, taker_scale) = match trade.taker_side {
                Side::Buy => (quote, base),
                Side::Sell => (base, quote),
            };
            let fee = |atoms: Atoms, scale| Decimal::from_i128_with_scale(atoms as i128, scale);
            let trades = &mut rows.trades;
            trades.trade_id.push(self.number(trade.sequence));
            trades.price.push(self.price(trade.price_ticks));
            trades.quantity.push(self.lots(trade.quantity_lots));
            trades.quote.push(self.quote(trade.quote));
            trades.taker_side.push(trade.taker_side.name());
            trades.maker_order.push(self.number(trade.maker.order));
            trades.taker_order.push(self.number(trade.taker.order));
            trades.maker_account.push(trade.maker.account as i64);
            trades.taker_account.push(trade.taker.account as i64);
            trades.maker_fee.push(fee(trade.maker.fee, maker_scale));
            trades.taker_fee.push(fee(trade.taker.fee, taker_scale));
        }
        for update in &facts.updates {
            let (kind, reason) = match update.change {
                Change::Reduced => ("reduced", "requested"),
                Change::Cancelled(_) => ("cancelled", "requested"),
                Change::Expired(ExpireReason::Unfilled) => ("expired", "unfilled"),
                Change::Expired(ExpireReason::SelfTrade) => ("expired", "self_trade"),
            };
            let updates = &mut rows.updates;
            updates.update_id.push(self.number(update.sequence));
            updates.order_id.push(self.number(update.order));
            updates.account_id.push(update.account as i64);
            updates.kind.push(kind);
            updates.reason.push(reason);
            updates.removed.push(self.lots(update.removed_lots));
            updates
                .counter
                .push(update.counter_order.map(|order| self.number(order)));
            updates.prevented.push(self.lots(update.prevented_lots));
        }
    }

    fn balances(&self, changes: Changes, balances: &mut Balances) {
        let (base, quote) = self.market.scales();
        for ((account, asset), (available, held)) in changes.0 {
            let scale = if asset == self.rules.base {
                base
            } else {
                quote
            };
            balances.account_id.push(account as i64);
            balances.asset_id.push(asset as i32);
            balances
                .available
                .push(Decimal::from_i128_with_scale(available, scale));
            balances
                .held
                .push(Decimal::from_i128_with_scale(held, scale));
        }
    }
}
