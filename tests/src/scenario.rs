//! Scenarios: text tables of what happens on an exchange, run on the naive model and on Postgres.
//!
//! A file holds several scenarios, each begun by `scenario <sentence>` on an empty exchange. Lines
//! that are indented say what the line above them answers. Read one of `scenarios/*.txt` first.

mod command;
mod model;
mod model_input;
mod model_market;
mod parse;
mod postgres;
mod render;
mod run;

pub use model::ModelExchange;
pub use postgres::{Form, PostgresExchange};
pub use run::{Answer, run};

use engine::model::{BookExchange, NaiveExchange};

use serde_json::Value;

/// A sentence, and the steps that prove it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it says.
    pub name: String,
    /// What happens.
    pub steps: Vec<Step>,
}

/// A line of a scenario.
#[derive(Clone, Debug)]
pub struct Step {
    /// Where it is written.
    pub line: usize,
    /// What to do.
    pub action: Action,
    /// What the indented lines below it say, blanks made single.
    pub expected: Vec<String>,
}

/// What a line does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Changes what the exchange is, not what is on it.
    Setup(Setup),
    /// Sends commands in one batch: what answer they get is expected under the last one.
    Submit(Vec<Labelled>),
    /// Shows a market's book.
    Book(String),
    /// Shows balances that are not zero.
    Balances,
}

/// A command, with the name by which later lines call the order that it places.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The name.
    pub label: Option<String>,
    /// The command, where `$name` stands for the number of an account or order.
    pub command: Value,
}

/// Rules, accounts and money.
#[derive(Clone, Debug)]
pub enum Setup {
    /// Lists an asset.
    Asset {
        /// Its name.
        symbol: String,
        /// Decimals of its atom.
        scale: u32,
    },
    /// Makes a fee tier.
    Tier {
        /// Its name.
        name: String,
        /// Maker's rate.
        maker: String,
        /// Taker's rate.
        taker: String,
    },
    /// Makes a market.
    Market(Box<MarketLine>),
    /// Opens an account.
    Account {
        /// Its name.
        name: String,
        /// Its fee tier.
        tier: String,
    },
    /// Adds money from outside.
    Fund {
        /// To whom.
        account: String,
        /// How much.
        amount: String,
        /// Of what.
        asset: String,
    },
    /// Sets a market's status.
    Status {
        /// Which market.
        market: String,
        /// trading, cancel_only or halted.
        status: String,
    },
    /// Freezes an account.
    Freeze {
        /// Which.
        account: String,
    },
}

/// A market's rules as written.
#[derive(Clone, Debug)]
pub struct MarketLine {
    /// base/quote.
    pub symbol: String,
    /// Price step.
    pub tick: String,
    /// Quantity step.
    pub lot: String,
    /// Smallest quantity.
    pub min_quantity: String,
    /// Largest quantity.
    pub max_quantity: String,
    /// Smallest price times quantity.
    pub min_notional: String,
    /// Part of the last price.
    pub band: String,
    /// Stands in for the last price.
    pub reference: String,
    /// Open orders an account may have.
    pub max_open_orders: u32,
    /// Whether self-trade mode none is allowed.
    pub allow_self_trade: bool,
}

impl MarketLine {
    /// The assets of the pair.
    pub fn assets(&self) -> (&str, &str) {
        self.symbol.split_once('/').unwrap_or((&self.symbol, ""))
    }
}

/// A trade or an update, with decimals as text.
#[derive(Clone, Debug)]
pub enum Fact {
    /// Two orders traded.
    Trade {
        /// Names of the facts and orders: market and sequence in one number.
        trade: u64,
        /// The order that rested.
        maker: u64,
        /// The order that arrived.
        taker: u64,
        /// Base.
        quantity: String,
        /// Quote for one base.
        price: String,
        /// Quote.
        quote: String,
        /// The maker's fee.
        maker_fee: String,
        /// The taker's fee.
        taker_fee: String,
    },
    /// An order changed otherwise.
    Update {
        /// Name of the fact.
        update: u64,
        /// Which order.
        order: u64,
        /// reduced, cancelled or expired.
        kind: String,
        /// Why.
        reason: String,
        /// Base taken off.
        removed: String,
        /// The other order of the account.
        counter: Option<u64>,
        /// Base that would have traded.
        prevented: String,
    },
}

/// A price of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// buy or sell.
    pub side: String,
    /// Price.
    pub price: String,
    /// Base at that price.
    pub quantity: String,
    /// How many orders.
    pub orders: i32,
}

/// What an account has of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Whose: a name, or `fees <market>`.
    pub account: String,
    /// Of what.
    pub asset: String,
    /// Free.
    pub available: String,
    /// Frozen.
    pub held: String,
}

/// Something that scenarios run on.
#[allow(
    async_fn_in_trait,
    reason = "only generic functions of this crate call it"
)]
pub trait Exchange {
    /// Changes what the exchange is.
    async fn set_up(&mut self, setup: &Setup) -> anyhow::Result<()>;
    /// The number that stands for an account's name.
    fn account(&self, name: &str) -> Option<u64>;
    /// Sends a batch, gives its outcomes.
    async fn submit(&mut self, batch: &[Value]) -> anyhow::Result<Vec<Value>>;
    /// Trades and updates since the last look, by market and sequence.
    async fn new_facts(&mut self) -> anyhow::Result<Vec<Fact>>;
    /// A market's book, best first, bids then asks.
    async fn book(&mut self, market: &str) -> anyhow::Result<Vec<Level>>;
    /// Balances that are not zero, by account in order of making, then asset.
    async fn balances(&mut self) -> anyhow::Result<Vec<Balance>>;
    /// What is wrong inside; nothing, if all is well.
    async fn violations(&mut self) -> anyhow::Result<Vec<String>>;
}

/// All scenarios of a file's text.
pub fn read(text: &str) -> anyhow::Result<Vec<Scenario>> {
    parse::scenarios(text)
}

/// Open orders that a market of the models holds.
const MODEL_CAPACITY: u32 = 2048;

/// The whole exchange without any cleverness.
pub fn naive_core() -> NaiveExchange {
    NaiveExchange::new(MODEL_CAPACITY)
}

/// The real book, in ordinary memory.
pub fn book_core() -> BookExchange {
    BookExchange::new(MODEL_CAPACITY)
}
