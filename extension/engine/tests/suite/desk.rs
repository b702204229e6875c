//! A small exchange to trade at: one market, three rich accounts, no fees unless asked for.

use engine::command::{Command, OrderStatus, Outcome};
use engine::facts::{Change, Facts};
use engine::fee::Rates;
use engine::model::{Balance, BookExchange, Exchange, NaiveExchange};
use engine::order::{
    AccountId, AssetId, Atoms, ClientOrderId, MarketId, NewOrder, SelfTrade, Sequence, Side, Terms,
    TimeInForce,
};
use engine::reject::Reject;
use engine::rules::{Rules, Status};

pub(crate) const MARKET: MarketId = 7;
pub(crate) const BASE: AssetId = 1;
pub(crate) const QUOTE: AssetId = 2;
pub(crate) const ALICE: AccountId = 1;
pub(crate) const BOB: AccountId = 2;
pub(crate) const CAROL: AccountId = 3;
pub(crate) const HOUSE: AccountId = 99;
/// What each of the three has of each asset.
pub(crate) const RICH: Atoms = 1_000_000;
/// Orders that fit the market.
pub(crate) const ROOM: u32 = 10;

/// A lot is 10 base atoms and costs 2 quote atoms a tick; prices are around 100.
pub(crate) fn rules() -> Rules {
    Rules {
        market: MARKET,
        base: BASE,
        quote: QUOTE,
        fee_account: HOUSE,
        lot_atoms: 10,
        tick_lot_atoms: 2,
        min_quantity_lots: 1,
        max_quantity_lots: 1_000,
        min_notional: 1,
        band_ppm: 500_000,
        reference_price_ticks: 100,
        max_open_orders: 5,
        allow_self_trade: true,
        status: Status::Trading,
    }
}

pub(crate) struct Desk {
    pub(crate) exchange: Box<dyn Exchange>,
    /// What the last command did.
    pub(crate) facts: Facts,
}

/// Runs a test on the book and on the model.
pub(crate) fn on_both(test: impl Fn(&mut Desk)) {
    let exchanges: [Box<dyn Exchange>; 2] = [
        Box::new(NaiveExchange::new(ROOM)),
        Box::new(BookExchange::new(ROOM)),
    ];
    for mut exchange in exchanges {
        exchange.set_rules(rules());
        for account in [ALICE, BOB, CAROL] {
            exchange.deposit(account, BASE, RICH);
            exchange.deposit(account, QUOTE, RICH);
        }
        test(&mut Desk {
            exchange,
            facts: Facts::default(),
        });
    }
}

impl Desk {
    pub(crate) fn execute(&mut self, command: Command) -> Result<Outcome, Reject> {
        self.facts.clear();
        self.exchange.execute(MARKET, &command, &mut self.facts)
    }

    pub(crate) fn place(&mut self, order: NewOrder) -> Result<OrderStatus, Reject> {
        self.execute(Command::Place(order)).map(order_status)
    }

    /// A good-till-cancelled limit order that must be accepted; its name.
    pub(crate) fn buy(&mut self, account: AccountId, price: u64, lots: u64) -> Sequence {
        self.place(limit(account, Side::Buy, price, lots))
            .expect("accepted")
            .order
    }

    pub(crate) fn sell(&mut self, account: AccountId, price: u64, lots: u64) -> Sequence {
        self.place(limit(account, Side::Sell, price, lots))
            .expect("accepted")
            .order
    }

    pub(crate) fn cancel(
        &mut self,
        account: AccountId,
        order: Sequence,
    ) -> Result<OrderStatus, Reject> {
        self.execute(Command::Cancel { account, order })
            .map(order_status)
    }

    pub(crate) fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        self.exchange.balance(account, asset)
    }

    pub(crate) fn held(&self, account: AccountId, asset: AssetId) -> Atoms {
        self.balance(account, asset).held
    }

    /// Price, lots and orders of each level.
    pub(crate) fn depth(&self, side: Side) -> Vec<(u64, u128, u32)> {
        let levels = self.exchange.depth(MARKET, side).into_iter();
        levels
            .map(|level| (level.price_ticks, level.quantity_lots, level.orders))
            .collect()
    }

    /// Price and lots of each trade of the last command.
    pub(crate) fn trades(&self) -> Vec<(u64, u64)> {
        self.facts
            .trades
            .iter()
            .map(|trade| (trade.price_ticks, trade.quantity_lots))
            .collect()
    }

    /// Order and change of each update of the last command.
    pub(crate) fn updates(&self) -> Vec<(Sequence, Change)> {
        self.facts
            .updates
            .iter()
            .map(|update| (update.order, update.change))
            .collect()
    }

    pub(crate) fn set_rules(&mut self, change: impl Fn(&mut Rules)) {
        let mut rules = rules();
        change(&mut rules);
        self.exchange.set_rules(rules);
    }

    /// Everything that a reject must leave as it was.
    pub(crate) fn snapshot(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let resting = [Side::Buy, Side::Sell].map(|side| self.exchange.resting(MARKET, side));
        (
            resting,
            self.exchange.balances(),
            self.exchange.sequence(MARKET),
        )
    }
}

fn order_status(outcome: Outcome) -> OrderStatus {
    match outcome {
        Outcome::Order(status) => status,
        other => panic!("not the answer of one order: {other:?}"),
    }
}

fn order(account: AccountId, side: Side, terms: Terms) -> NewOrder {
    NewOrder {
        account,
        client_order_id: None,
        side,
        terms,
        self_trade: SelfTrade::ExpireTaker,
        rates: Rates::default(),
    }
}

pub(crate) fn limit(account: AccountId, side: Side, price: u64, lots: u64) -> NewOrder {
    timed(account, side, price, lots, TimeInForce::Gtc)
}

pub(crate) fn timed(
    account: AccountId,
    side: Side,
    price_ticks: u64,
    quantity_lots: u64,
    time_in_force: TimeInForce,
) -> NewOrder {
    let terms = Terms::Limit {
        price_ticks,
        quantity_lots,
        time_in_force,
        post_only: false,
    };
    order(account, side, terms)
}

pub(crate) fn post_only(account: AccountId, side: Side, price_ticks: u64, lots: u64) -> NewOrder {
    let time_in_force = TimeInForce::Gtc;
    let terms = Terms::Limit {
        price_ticks,
        quantity_lots: lots,
        time_in_force,
        post_only: true,
    };
    order(account, side, terms)
}

pub(crate) fn market(account: AccountId, side: Side, quantity_lots: u64) -> NewOrder {
    order(
        account,
        side,
        Terms::Market {
            quantity_lots,
            fill_or_kill: false,
        },
    )
}

pub(crate) fn market_whole(account: AccountId, side: Side, quantity_lots: u64) -> NewOrder {
    order(
        account,
        side,
        Terms::Market {
            quantity_lots,
            fill_or_kill: true,
        },
    )
}

pub(crate) fn budget(account: AccountId, budget: Atoms) -> NewOrder {
    order(account, Side::Buy, Terms::MarketBudget { budget })
}

pub(crate) fn named(order: NewOrder, name: &str) -> NewOrder {
    NewOrder {
        client_order_id: ClientOrderId::new(name),
        ..order
    }
}

pub(crate) fn with_mode(order: NewOrder, self_trade: SelfTrade) -> NewOrder {
    NewOrder {
        self_trade,
        ..order
    }
}
