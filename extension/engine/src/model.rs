//! The exchange in memory, twice: naive (the model) and on the real book. Under one trait, so that
//! one test suite and one set of scenarios run on both.

mod naive;
mod on_book;
mod operations;
mod pair;

pub use naive::NaiveExchange;
pub use on_book::{BookExchange, Savepoint};
pub use operations::{Operation, Pick, World};
pub use pair::{Answer, Pair};

use crate::book::{DepthLevel, Resting};
use crate::command::{Command, Outcome};
use crate::facts::Facts;
use crate::host::Prior;
use crate::order::{AccountId, AssetId, Atoms, ClientOrderId, MarketId, Sequence, Side};
use crate::reject::Reject;
use crate::rules::Rules;

/// What an account has of an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// Free to use.
    pub available: Atoms,
    /// Frozen by open orders.
    pub held: Atoms,
}

/// Markets, balances and idempotency keys: what the engine and its embedder are together. Accounts
/// and assets exist as soon as they are named.
pub trait Exchange {
    /// Opens a market, or gives an open one new rules (its book stays).
    fn set_rules(&mut self, rules: Rules);

    /// Adds to what an account has available.
    fn deposit(&mut self, account: AccountId, asset: AssetId, amount: Atoms);

    /// Executes one command; facts are appended. An order's name for [`Outcome::Repeated`] is
    /// [`order_name`], the row hint of an order that rests becomes [`row_hint`].
    fn execute(
        &mut self,
        market: MarketId,
        command: &Command,
        facts: &mut Facts,
    ) -> Result<Outcome, Reject>;

    /// What an account has of an asset.
    fn balance(&self, account: AccountId, asset: AssetId) -> Balance;

    /// Every balance that is not zero, by account, then asset.
    fn balances(&self) -> Vec<(AccountId, AssetId, Balance)>;

    /// The placement that an account made under a client order id.
    fn prior(&self, account: AccountId, id: &ClientOrderId) -> Option<Prior>;

    /// The levels of a side, best first.
    fn depth(&self, market: MarketId, side: Side) -> Vec<DepthLevel>;

    /// The orders of a side in priority order.
    fn resting(&self, market: MarketId, side: Side) -> Vec<Resting>;

    /// An account's open orders in a market, oldest first.
    fn open_orders(&self, market: MarketId, account: AccountId) -> Vec<Resting>;

    /// Number of the market's last fact.
    fn sequence(&self, market: MarketId) -> Sequence;

    /// Price of the market's last trade.
    fn last_price_ticks(&self, market: MarketId) -> Option<u64>;
}

/// The name of an order across markets, as the database numbers it.
pub fn order_name(market: MarketId, sequence: Sequence) -> u64 {
    u64::from(market) * 100_000_000_000_000 + sequence
}

/// The row hint that both exchanges give to a resting order.
pub fn row_hint(sequence: Sequence) -> u64 {
    sequence * 3 + 1
}
