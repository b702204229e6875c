//! The book of one market, made of its facts: open orders by number and account, levels by price.
//! It is pure; between two transactions it equals the exchange's own.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use client::{MarketChange, MarketFact, MarketSnapshot, OrderUpdate, Side, State, TradeParty};
use time::OffsetDateTime;

use super::Broken;
use super::event::{AccountEvent, Fill, OrderChange, Trade};
use super::order::{FeedOrder, named, units_of};
use super::units::Scales;

/// The number of a market's first order is this often the market's own.
pub const NUMBERS_PER_MARKET: i64 = 100_000_000_000_000;

/// Price levels of one side: price to quantity.
pub type Levels = BTreeMap<i128, i128>;

/// The book.
#[derive(Clone, Debug)]
pub struct Book {
    market_id: i32,
    scales: Scales,
    orders: HashMap<i64, FeedOrder>,
    accounts: HashMap<i64, BTreeSet<i64>>,
    bids: Levels,
    asks: Levels,
}

/// What facts did to the book.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Levels that were touched, with their quantity before.
    pub levels: HashMap<(Side, i128), i128>,
    /// Trades, oldest first.
    pub trades: Vec<Trade>,
    /// What accounts are told, oldest first.
    pub events: Vec<AccountEvent>,
}

impl Book {
    /// The book of a snapshot.
    pub fn new(market_id: i32, scales: Scales, snapshot: MarketSnapshot) -> Result<Self, Broken> {
        let mut book = Book {
            market_id,
            scales,
            orders: HashMap::with_capacity(snapshot.orders.len()),
            accounts: HashMap::new(),
            bids: Levels::new(),
            asks: Levels::new(),
        };
        let mut changes = Changes::default();
        for order in snapshot.orders {
            book.insert(FeedOrder::resting(order, &scales)?, &mut changes);
        }
        Ok(book)
    }

    /// Bids by rising price: the best is the last.
    pub fn bids(&self) -> &Levels {
        &self.bids
    }

    /// Asks by rising price: the best is the first.
    pub fn asks(&self) -> &Levels {
        &self.asks
    }

    /// What rests at a price.
    pub fn quantity_at(&self, side: Side, price: i128) -> i128 {
        let levels = match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        };
        levels.get(&price).copied().unwrap_or(0)
    }

    /// An account's open orders, oldest first.
    pub fn orders_of(&self, account_id: i64) -> impl DoubleEndedIterator<Item = &FeedOrder> {
        let numbers = self.accounts.get(&account_id).into_iter().flatten();
        numbers.filter_map(|number| self.orders.get(number))
    }

    /// Applies the next fact.
    pub fn apply(&mut self, fact: MarketFact, changes: &mut Changes) -> Result<(), Broken> {
        let MarketFact {
            sequence,
            occurred_at,
            change,
        } = fact;
        match change {
            MarketChange::Placed(placed) => {
                let order = FeedOrder::placed(*placed, occurred_at, &self.scales)?;
                let told = AccountEvent::order(sequence, OrderChange::Placed, order.clone());
                self.insert(order, changes);
                changes.events.push(told);
            }
            MarketChange::Traded(traded) => {
                let trade = Trade {
                    sequence,
                    trade_id: i64::from(self.market_id) * NUMBERS_PER_MARKET + sequence,
                    price: units_of(&traded.price, self.scales.price)?,
                    quantity: units_of(&traded.quantity, self.scales.quantity)?,
                    quote: units_of(&traded.quote_amount, self.scales.quote)?,
                    taker_side: named(&traded.taker_side, Side::from_name)?,
                    traded_at: occurred_at,
                };
                self.fill(&trade, traded.taker, false, changes)?;
                self.fill(&trade, traded.maker, true, changes)?;
                changes.trades.push(trade);
            }
            MarketChange::Updated(update) => {
                self.update(sequence, occurred_at, &update, changes)?;
            }
        }
        Ok(())
    }

    fn insert(&mut self, order: FeedOrder, changes: &mut Changes) {
        self.add_to_level(&order, order.remaining(), changes);
        let numbers = self.accounts.entry(order.account_id).or_default();
        numbers.insert(order.order_id);
        self.orders.insert(order.order_id, order);
    }

    /// One side of a trade.
    fn fill(
        &mut self,
        trade: &Trade,
        party: TradeParty,
        is_maker: bool,
        changes: &mut Changes,
    ) -> Result<(), Broken> {
        let mut order = self.take(party.order_id)?;
        self.add_to_level(&order, -trade.quantity, changes);
        order.filled += trade.quantity;
        order.filled_quote += trade.quote;
        if order.is_filled() {
            order.state = State::Filled;
            order.closed_at = Some(trade.traded_at);
        }
        let fill = Fill {
            trade: *trade,
            order_id: order.order_id,
            client_order_id: order.client_order_id.clone(),
            side: order.side,
            is_maker,
            fee: party.fee.into(),
        };
        let told = AccountEvent::order(trade.sequence, OrderChange::Traded, order.clone());
        changes.events.push(told);
        changes
            .events
            .push(AccountEvent::fill(order.account_id, fill));
        self.put_back(order);
        Ok(())
    }

    fn update(
        &mut self,
        sequence: i64,
        at: OffsetDateTime,
        update: &OrderUpdate,
        changes: &mut Changes,
    ) -> Result<(), Broken> {
        let mut order = self.take(update.order_id)?;
        let change = named(&update.kind, OrderChange::from_name)?;
        let before = order.remaining();
        match change {
            OrderChange::Reduced => {
                order.reduced += units_of(&update.removed_quantity, self.scales.quantity)?;
            }
            OrderChange::Cancelled => order.state = State::Cancelled,
            OrderChange::Expired => order.state = State::Expired,
            OrderChange::Placed | OrderChange::Traded => {
                return Err(Broken(format!("an update is not called '{}'", update.kind)));
            }
        }
        if order.state != State::Open {
            order.closed_at = Some(at);
        }
        self.add_to_level(&order, order.remaining() - before, changes);
        changes
            .events
            .push(AccountEvent::order(sequence, change, order.clone()));
        self.put_back(order);
        Ok(())
    }

    fn take(&mut self, order_id: i64) -> Result<FeedOrder, Broken> {
        let order = self.orders.remove(&order_id);
        order.ok_or_else(|| Broken(format!("order {order_id} is not open")))
    }

    /// Keeps an order while it is open, and forgets it when it has ended.
    fn put_back(&mut self, order: FeedOrder) {
        if order.state == State::Open {
            self.orders.insert(order.order_id, order);
        } else if let Some(numbers) = self.accounts.get_mut(&order.account_id) {
            numbers.remove(&order.order_id);
            if numbers.is_empty() {
                self.accounts.remove(&order.account_id);
            }
        }
    }

    fn add_to_level(&mut self, order: &FeedOrder, quantity: i128, changes: &mut Changes) {
        let Some((side, price)) = order.level() else {
            return;
        };
        let levels = match side {
            Side::Buy => &mut self.bids,
            Side::Sell => &mut self.asks,
        };
        let level = levels.entry(price).or_insert(0);
        changes.levels.entry((side, price)).or_insert(*level);
        *level += quantity;
        if *level == 0 {
            levels.remove(&price);
        }
    }
}
