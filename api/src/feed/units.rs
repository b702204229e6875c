//! Decimals as whole units of a scale, so that a book adds and compares them exactly.

/// How many decimals a market's values have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scales {
    /// Of prices: the tick's.
    pub price: usize,
    /// Of quantities: the lot's.
    pub quantity: usize,
    /// Of amounts of quote: the asset's.
    pub quote: usize,
}

/// How many decimals a text has.
pub fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, part)| part.len())
}

/// The units of a text with at most `scale` decimals; `None` where it has more, or is no decimal.
pub fn parse(text: &str, scale: usize) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let missing = scale.checked_sub(part.len())?;
    let (negative, whole) = match whole.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, whole),
    };
    if whole.is_empty() {
        return None;
    }
    let mut units: i128 = 0;
    let zeros = std::iter::repeat_n(b'0', missing);
    for digit in whole.bytes().chain(part.bytes()).chain(zeros) {
        if !digit.is_ascii_digit() {
            return None;
        }
        units = units
            .checked_mul(10)?
            .checked_add(i128::from(digit - b'0'))?;
    }
    Some(if negative { -units } else { units })
}

/// Appends the text of so many units, with exactly `scale` decimals.
pub fn write(text: &mut String, units: i128, scale: usize) {
    if units < 0 {
        text.push('-');
    }
    // The longest number of 128 bits has 39 digits; a scale beyond is filled up with zeros.
    let mut digits = [b'0'; DIGITS];
    let mut rest = units.unsigned_abs();
    let mut begin = DIGITS;
    while rest > 0 || begin + scale >= DIGITS {
        begin -= 1;
        digits[begin] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    for (position, digit) in digits.iter().enumerate().skip(begin) {
        if scale > 0 && position == DIGITS - scale {
            text.push('.');
        }
        text.push(char::from(*digit));
    }
}

/// Room for the digits of a number of 128 bits, and for any scale of an asset or market.
const DIGITS: usize = 80;

/// The text of so many units, with exactly `scale` decimals.
pub fn text(units: i128, scale: usize) -> String {
    let mut text = String::with_capacity(24);
    write(&mut text, units, scale);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_comes_back_as_it_was() {
        for (given, scale) in [
            ("0.00", 2),
            ("12.34", 2),
            ("100", 0),
            ("0", 0),
            ("-1.5", 1),
            ("0.000000000000000001", 18),
            ("123456789012345678901.123456789012345678", 18),
        ] {
            let units = parse(given, scale).expect("a decimal");
            assert_eq!(text(units, scale), given);
        }
    }

    #[test]
    fn missing_decimals_are_zeros_and_surplus_ones_are_refused() {
        assert_eq!(parse("1.5", 3), Some(1500));
        assert_eq!(parse("7", 2), Some(700));
        for bad in ["1.234", "", ".5", "1e3", "+1", "1.-2", "NaN"] {
            assert_eq!(parse(bad, 2), None, "{bad}");
        }
    }
}
