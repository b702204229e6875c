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
/// because a rate is at most one (a higher one counts as one). Split into quotient and rest, so
/// that nothing overflows; amounts of 64 bits, almost all, are spared the division of 128.
#[inline]
pub fn fee(received: Atoms, rate_ppm: u32) -> Atoms {
    let rate = rate_ppm.min(PARTS);
    match u64::try_from(received) {
        Ok(received) => {
            let (parts, rate) = (u64::from(PARTS), u64::from(rate));
            Atoms::from((received / parts) * rate + ((received % parts) * rate).div_ceil(parts))
        }
        Err(_) => {
            let (parts, rate) = (Atoms::from(PARTS), Atoms::from(rate));
            (received / parts) * rate + ((received % parts) * rate).div_ceil(parts)
        }
    }
}
