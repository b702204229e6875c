//! A market's rules.

use crate::fee::PARTS;
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

impl Rules {
    /// What `lots` cost at a price: `None` above [`MAX_NOTIONAL`].
    pub fn notional(&self, price_ticks: u64, quantity_lots: u64) -> Option<Atoms> {
        let lot_ticks = Atoms::from(price_ticks) * Atoms::from(quantity_lots);
        lot_ticks
            .checked_mul(self.tick_lot_atoms.into())
            .filter(|atoms| *atoms <= MAX_NOTIONAL)
    }

    /// What `lots` cost at a price, where the notional is known to be in bounds: a part of an
    /// accepted order.
    #[inline]
    pub fn quote_atoms(&self, price_ticks: u64, lots: u64) -> Atoms {
        Atoms::from(price_ticks) * Atoms::from(lots) * Atoms::from(self.tick_lot_atoms)
    }

    /// What `lots` are in base atoms.
    #[inline]
    pub fn base_atoms(&self, lots: u64) -> Atoms {
        Atoms::from(lots) * Atoms::from(self.lot_atoms)
    }

    /// The price that bands and market orders are measured by: the last one, until the first trade
    /// the reference price.
    pub fn anchor(&self, last_price_ticks: Option<u64>) -> u64 {
        last_price_ticks.unwrap_or(self.reference_price_ticks)
    }

    /// Lowest and highest accepted price: `band_ppm` around `anchor`, rounded inwards, and at least
    /// one tick.
    pub fn band(&self, anchor_ticks: u64) -> (u64, u64) {
        let parts = u128::from(PARTS);
        let lower = u128::from(PARTS.saturating_sub(self.band_ppm));
        let upper = parts + u128::from(self.band_ppm);
        let lowest = (u128::from(anchor_ticks) * lower).div_ceil(parts).max(1);
        let highest = u128::from(anchor_ticks) * upper / parts;
        (lowest as u64, u64::try_from(highest).unwrap_or(u64::MAX))
    }

    /// Whether a price is within [`Rules::band`], without a division.
    #[inline]
    pub fn is_in_band(&self, anchor_ticks: u64, price_ticks: u64) -> bool {
        let distance = u128::from(price_ticks.abs_diff(anchor_ticks));
        let allowed = u128::from(anchor_ticks) * u128::from(self.band_ppm);
        price_ticks > 0 && distance * u128::from(PARTS) <= allowed
    }
}
