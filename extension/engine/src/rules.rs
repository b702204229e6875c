//! A market's rules.

use crate::order::{AccountId, AssetId, Atoms, MarketId};

/// Largest notional, in quote atoms: it keeps every sum of them within 128 bits.
pub const MAX_NOTIONAL: Atoms = 10u128.pow(36);

/// What a market takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Everything.
    Trading,
    /// Cancels and reductions.
    CancelOnly,
    /// Nothing.
    Halted,
}

/// A market's rules, in ticks, lots and atoms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The market.
    pub market: MarketId,
    /// What is bought and sold.
    pub base: AssetId,
    /// What is paid.
    pub quote: AssetId,
    /// Who receives the fees.
    pub fee_account: AccountId,
    /// Base atoms in a lot; positive.
    pub lot_atoms: u64,
    /// Quote atoms that one lot costs at a price of one tick; positive. Whole by rule, so that
    /// notionals are never rounded.
    pub tick_lot_atoms: u64,
    /// Smallest quantity of an order.
    pub min_quantity_lots: u64,
    /// Largest quantity of an order; also caps what a budget order buys.
    pub max_quantity_lots: u64,
    /// Smallest notional of an order.
    pub min_notional: Atoms,
    /// How far a price may be from the last one, in parts per million of it.
    pub band_ppm: u32,
    /// Stands in for the last price until the first trade; positive.
    pub reference_price_ticks: u64,
    /// How many open orders an account may have.
    pub max_open_orders: u32,
    /// Whether self-trade mode `none` is allowed.
    pub allow_self_trade: bool,
    /// What the market takes now.
    pub status: Status,
}
