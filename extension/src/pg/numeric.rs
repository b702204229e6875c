//! Exact integers to and from Postgres' `numeric`, by its on-disk format.
//!
//! Source of the format: `src/backend/utils/adt/numeric.c` of PostgreSQL 15, "NumericShort" and
//! "NumericLong": base-10000 digits, a weight, a display scale, a sign.

/// Values of a digit.
const BASE: u128 = 10_000;
/// Decimals in a digit.
const DIGIT_DECIMALS: u32 = 4;
/// Bytes of the longest value that `encode` makes: 39 digits in at most 11 groups on each side.
pub(crate) const MAX_BYTES: usize = 64;

const SHORT: u16 = 0x8000;
const SPECIAL: u16 = 0xC000;
const SHORT_NEGATIVE: u16 = 0x2000;
const SHORT_SCALE_SHIFT: u16 = 7;
const SHORT_WEIGHT_NEGATIVE: u16 = 0x0040;
const SHORT_WEIGHT_MASK: u16 = 0x003F;
const LONG_NEGATIVE: u16 = 0x4000;

/// Writes `units / 10^scale` as the body of a numeric with display scale `scale` (at most 18), and
/// returns its length.
pub(crate) fn encode(units: u128, scale: u32, body: &mut [u8; MAX_BYTES]) -> usize {
    let (mut whole, mut fraction) = split(units, scale);
    let fraction_groups = scale.div_ceil(DIGIT_DECIMALS);
    fraction *= 10u128.pow(fraction_groups * DIGIT_DECIMALS - scale);

    // Most significant group first; `first` is the index of the first whole group.
    let mut groups = [0u16; 24];
    let (mut first, whole_end) = (12usize, 12usize);
    while whole > u128::from(u64::MAX) {
        first -= 1;
        groups[first] = (whole % BASE) as u16;
        whole /= BASE;
    }
    let (mut whole, base) = (whole as u64, BASE as u64);
    while whole > 0 {
        first -= 1;
        groups[first] = (whole % base) as u16;
        whole /= base;
    }
    let mut end = whole_end + fraction_groups as usize;
    for group in (whole_end..end).rev() {
        groups[group] = (fraction % BASE) as u16;
        fraction /= BASE;
    }
    while end > first && groups[end - 1] == 0 {
        end -= 1;
    }
    while first < end && groups[first] == 0 {
        first += 1;
    }
    let weight = if first == end {
        0
    } else {
        whole_end as i32 - first as i32 - 1
    };
    let mut header = SHORT | ((scale as u16) << SHORT_SCALE_SHIFT);
    if weight < 0 {
        header |= SHORT_WEIGHT_NEGATIVE;
    }
    header |= (weight as u16) & SHORT_WEIGHT_MASK;
    body[..2].copy_from_slice(&header.to_ne_bytes());
    let mut length = 2;
    for group in &groups[first..end] {
        body[length..length + 2].copy_from_slice(&group.to_ne_bytes());
        length += 2;
    }
    length
}

/// The whole and the fractional part. Most amounts fit 64 bits, whose division is far cheaper.
fn split(units: u128, scale: u32) -> (u128, u128) {
    match u64::try_from(units) {
        Ok(units) => {
            let unit = 10u64.pow(scale);
            (u128::from(units / unit), u128::from(units % unit))
        }
        Err(_) => {
            let unit = 10u128.pow(scale);
            (units / unit, units % unit)
        }
    }
}

/// Why a numeric is no unsigned integer of a scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotExact {
    /// Below zero.
    Negative,
    /// NaN, infinite, beyond 128 bits, or with more decimals than the scale.
    OutOfRange,
}

/// The value of a numeric's body times `10^scale`, if that is an unsigned integer.
pub(crate) fn decode(body: &[u8], scale: u32) -> Result<u128, NotExact> {
    let word = |at: usize| u16::from_ne_bytes([body[at], body[at + 1]]);
    let header = word(0);
    if header & SPECIAL == SPECIAL {
        return Err(NotExact::OutOfRange);
    }
    let (negative, weight, digits) = if header & SHORT != 0 {
        let magnitude = (header & SHORT_WEIGHT_MASK) as i32;
        let weight = if header & SHORT_WEIGHT_NEGATIVE != 0 {
            magnitude - 64
        } else {
            magnitude
        };
        (header & SHORT_NEGATIVE != 0, weight, &body[2..])
    } else {
        (
            header & LONG_NEGATIVE != 0,
            i32::from(word(2) as i16),
            &body[4..],
        )
    };
    if negative {
        return Err(NotExact::Negative);
    }
    let mut units = 0u128;
    for (index, digit) in digits.chunks_exact(2).enumerate() {
        let digit = u128::from(u16::from_ne_bytes([digit[0], digit[1]]));
        let exponent = (weight - index as i32) * DIGIT_DECIMALS as i32 + scale as i32;
        let value = if exponent >= 0 {
            10u128
                .checked_pow(exponent as u32)
                .and_then(|unit| digit.checked_mul(unit))
        } else {
            let unit = 10u128.pow(exponent.unsigned_abs().min(DIGIT_DECIMALS));
            (digit % unit == 0).then_some(digit / unit)
        };
        units = value
            .and_then(|v| units.checked_add(v))
            .ok_or(NotExact::OutOfRange)?;
    }
    Ok(units)
}

/// The scale that the value needs: its decimals without trailing zeros.
pub(crate) fn needed_scale(body: &[u8]) -> u32 {
    (0..=18)
        .find(|&scale| decode(body, scale).is_ok())
        .unwrap_or(18)
}
