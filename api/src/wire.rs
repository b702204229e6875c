//! How single values look on the wire.

use time::OffsetDateTime;

use crate::error::ApiError;

/// Milliseconds since 1970, UTC.
pub fn millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1000 + i64::from(at.millisecond())
}

/// A positive whole number in plain digits. Numbers of orders are text on the wire, because they
/// are beyond what JavaScript counts exactly.
pub fn number(field: &str, text: &str) -> Result<i64, ApiError> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if plain && number > 0 => Ok(number),
        _ => Err(ApiError::malformed(
            field,
            format!("{field} is a positive whole number"),
        )),
    }
}

/// The number of rows that a query asks for.
pub fn page(limit: Option<i64>, default: i64, most: i64) -> Result<i64, ApiError> {
    let limit = limit.unwrap_or(default);
    if (1..=most).contains(&limit) {
        return Ok(limit);
    }
    Err(ApiError::malformed(
        "limit",
        format!("limit must be between 1 and {most}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_milliseconds() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_789);
        assert_eq!(millis(at.expect("a time")), 1_700_000_000_123);
    }

    #[test]
    fn only_plain_positive_numbers_are_numbers() {
        assert_eq!(
            number("cursor", "100000000000001").expect("a number"),
            100_000_000_000_001
        );
        for wrong in [
            "",
            "0",
            "-1",
            "+1",
            " 1",
            "1.0",
            "1e3",
            "99999999999999999999",
        ] {
            assert!(number("cursor", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!(page(None, 100, 500).expect("the default"), 100);
        assert_eq!(page(Some(500), 100, 500).expect("the most"), 500);
        assert!(page(Some(0), 100, 500).is_err() && page(Some(501), 100, 500).is_err());
    }
}
