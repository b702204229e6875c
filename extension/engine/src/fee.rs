//! Fees: a rate of what is received, rounded up to the atom.

use crate::order::Atoms;

/// Rates are whole parts of this.
pub const PARTS: u32 = 1_000_000;

/// An account's fee rates in parts per million, each at most [`PARTS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rates {
    /// Paid when the order rested.
    pub maker_ppm: u32,
    /// Paid when the order took.
    pub taker_ppm: u32,
}

/// The fee on `received`, rounded up to the atom in favour of the house. Never above `received`,
/// because a rate is at most one. `received` is at most 10^36 (see `rules::MAX_NOTIONAL`), so the
/// product is below 10^42 where it does not fit: it is split into quotient and rest first.
pub fn fee(received: Atoms, rate_ppm: u32) -> Atoms {
    let (parts, rate) = (Atoms::from(PARTS), Atoms::from(rate_ppm));
    (received / parts) * rate + ((received % parts) * rate).div_ceil(parts)
}
