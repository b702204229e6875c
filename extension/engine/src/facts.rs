//! What a batch of commands did, in the order it happened: the embedder books it.
//!
//! Every fact has its own number in the market's sequence; together they are gapless.

use crate::order::{AccountId, Atoms, NewOrder, Sequence, Side, State};

/// An order was accepted. Trades and updates that it caused follow with higher numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The fact's number, and the order's name from now on.
    pub sequence: Sequence,
    /// What was asked.
    pub order: NewOrder,
    /// Where it stood once its own command was done.
    pub state: State,
}

/// One party of a trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Its order.
    pub order: Sequence,
    /// Its account.
    pub account: AccountId,
    /// What it paid in fees, in atoms of the asset that it received.
    pub fee: Atoms,
    /// The maker's row hint as the embedder stored it (`book::Book::set_row`); 0 for the taker.
    pub row: u64,
    /// Lots that its order still has open after this trade; for a budget taker 0.
    pub remaining_lots: u64,
}

/// Two orders traded at the maker's price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// The fact's number.
    pub sequence: Sequence,
    /// The maker's price.
    pub price_ticks: u64,
    /// Base traded, in lots.
    pub quantity_lots: u64,
    /// Quote traded, in atoms.
    pub quote: Atoms,
    /// The side of the order that arrived.
    pub taker_side: Side,
    /// The order that rested. It ends as `Filled` where `remaining_lots` is 0.
    pub maker: Party,
    /// The order that arrived.
    pub taker: Party,
}

/// How an order changed other than by trading or being placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// Its owner made it smaller.
    Reduced,
    /// Its owner ended it.
    Cancelled(CancelReason),
    /// A rule ended it.
    Expired(ExpireReason),
}

/// Which verb ended an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelReason {
    /// `Cancel`.
    Requested,
    /// `CancelAll`.
    CancelAll,
    /// `Replace`.
    Replaced,
}

/// Which rule ended an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExpireReason {
    /// Its time in force let nothing rest (limit IOC), or the book within the band had no more
    /// (market order).
    Unfilled,
    /// It met an order of its own account.
    SelfTrade,
}

/// An order changed other than by trading or being placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Update {
    /// The fact's number.
    pub sequence: Sequence,
    /// The order that changed.
    pub order: Sequence,
    /// Its account.
    pub account: AccountId,
    /// Its row hint, where it rested; else 0.
    pub row: u64,
    /// What happened.
    pub change: Change,
    /// Lots taken off the order (0 for a budget order).
    pub removed_lots: u64,
    /// Self-trade prevention: the other order of the account.
    pub counter_order: Option<Sequence>,
    /// Self-trade prevention: lots that would have traded; else 0. Where both orders expire, it
    /// stands on both updates.
    pub prevented_lots: u64,
}

/// All facts of a batch. Each list is in ascending sequence; merged they have no gap.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Orders accepted.
    pub placed: Vec<Placed>,
    /// Trades made.
    pub trades: Vec<Trade>,
    /// Other changes.
    pub updates: Vec<Update>,
}

impl Facts {
    /// Forgets everything and keeps the memory.
    pub fn clear(&mut self) {
        self.placed.clear();
        self.trades.clear();
        self.updates.clear();
    }
}
