//! Exact decimal text to whole atoms and back. No float, no rounding: what does not fit is an
//! error.

use std::fmt;

use crate::order::Atoms;

/// Most digits that an amount may have, in atoms.
pub const MAX_DIGITS: u32 = 38;

/// Why a text is no amount of a given scale. Where several apply, the first in this list is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecimalError {
    /// Not digits with at most one point: empty, a lone point, spaces, a plus sign, an exponent,
    /// NaN, infinity.
    NotANumber,
    /// A well-formed number below zero. Minus zero is zero, as in Postgres.
    Negative,
    /// More decimals than the scale, beyond trailing zeros.
    TooManyDecimals {
        /// The scale.
        allowed: u32,
    },
    /// More than 38 digits in atoms.
    TooLarge,
}

/// The number of atoms that `text` names, where an atom is 10^-`scale`. Accepts `12`, `12.5`, `12.`
/// and `.5`, as Postgres does, leading zeros, and trailing zeros beyond the scale.
///
/// # Errors
/// [`DecimalError`] says what is wrong.
pub fn parse(text: &str, scale: u32) -> Result<Atoms, DecimalError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + decimals.len() == 0 || !is_digits(whole) || !is_digits(decimals) {
        return Err(DecimalError::NotANumber);
    }
    let decimals = decimals.trim_end_matches('0');
    let whole = whole.trim_start_matches('0');
    if negative && whole.len() + decimals.len() > 0 {
        return Err(DecimalError::Negative);
    }
    let missing_zeros = (scale as usize)
        .checked_sub(decimals.len())
        .ok_or(DecimalError::TooManyDecimals { allowed: scale })?;
    if whole.len() + decimals.len() == 0 {
        return Ok(0);
    }
    let digits = whole.bytes().chain(decimals.bytes());
    digits
        .chain(std::iter::repeat_n(b'0', missing_zeros))
        .try_fold(0, |atoms: Atoms, digit| {
            atoms
                .checked_mul(10)?
                .checked_add(Atoms::from(digit - b'0'))
        })
        .filter(|atoms| *atoms < Atoms::pow(10, MAX_DIGITS))
        .ok_or(DecimalError::TooLarge)
}

/// `atoms` of 10^-`scale` each as a decimal, as Postgres prints a numeric of that scale: `12.50` at
/// scale 2, `12` at scale 0.
pub fn format(atoms: Atoms, scale: u32) -> String {
    Decimal { atoms, scale }.to_string()
}

/// Displays `atoms` of 10^-`scale` each; see [`format()`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    /// How many.
    pub atoms: Atoms,
    /// Decimals of one atom.
    pub scale: u32,
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(f, "{}", self.atoms);
        }
        let scale = self.scale as usize;
        match Atoms::checked_pow(10, self.scale) {
            Some(one) => write!(f, "{}.{:0scale$}", self.atoms / one, self.atoms % one),
            None => write!(f, "0.{:0scale$}", self.atoms),
        }
    }
}
