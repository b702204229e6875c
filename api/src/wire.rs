//! How single values look on the wire.

pub mod order;

use client::Place;
use time::OffsetDateTime;

use crate::error::ApiError;

const NANOS_A_MILLI: i128 = 1_000_000;
const NANOS_A_MICRO: i128 = 1000;

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

/// The time that a query names, in milliseconds since 1970, UTC.
pub fn moment(field: &str, millis: i64) -> Result<OffsetDateTime, ApiError> {
    let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * NANOS_A_MILLI);
    // Before 1970 nothing was traded, and the calendar of Postgres begins later than this one.
    match at {
        Ok(at) if millis >= 0 => Ok(at),
        _ => Err(ApiError::malformed(
            field,
            format!("{field} is beyond the calendar"),
        )),
    }
}

/// Where a list goes on, as text whose form is nobody's business: time in microseconds, number and
/// part of the last row, in hexadecimal.
fn cursor_text(place: Place) -> String {
    let micros = place.at.unix_timestamp_nanos() / NANOS_A_MICRO;
    format!("{micros:x}-{:x}-{:x}", place.number, place.part)
}

/// The reverse of [`cursor_text`].
pub fn cursor(text: &str) -> Result<Place, ApiError> {
    let parse = || {
        let mut parts = text.splitn(3, '-').map(hexadecimal);
        let (micros, number, part) = (parts.next()??, parts.next()??, parts.next()??);
        let at = OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * NANOS_A_MICRO);
        Some(Place {
            at: at.ok()?,
            number,
            part: i32::try_from(part).ok()?,
        })
    };
    parse().ok_or_else(|| ApiError::malformed("cursor", "cursor is not one that was given"))
}

/// Leaves a page of rows that were asked for with one more; gives where the list goes on, if that
/// one was there.
pub fn cut<T>(rows: &mut Vec<T>, limit: i64, place: impl Fn(&T) -> Place) -> Option<String> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let is_more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| is_more);
    last.map(|row| cursor_text(place(row)))
}

fn hexadecimal(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    plain.then(|| i64::from_str_radix(text, 16).ok()).flatten()
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
    fn a_cursor_survives_its_text() {
        let at = OffsetDateTime::from_unix_timestamp_nanos(1_700_000_000_123_456_000);
        let place = Place {
            at: at.expect("a time"),
            number: 9_100_000_000_000_001,
            part: 5,
        };
        assert_eq!(cursor(&cursor_text(place)).expect("a cursor"), place);
        for wrong in [
            "",
            "1",
            "1-2",
            "1-2-",
            "1-2-3-4",
            "+1-2-3",
            "g-1-1",
            "1-2-ffffffff",
        ] {
            assert!(cursor(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_refused() {
        assert!(moment("from", 0).is_ok());
        assert!(moment("from", i64::MAX).is_err() && moment("from", -1).is_err());
    }

    #[test]
    fn pages_have_bounds() {
        assert_eq!(page(None, 100, 500).expect("the default"), 100);
        assert_eq!(page(Some(500), 100, 500).expect("the most"), 500);
        assert!(page(Some(0), 100, 500).is_err() && page(Some(501), 100, 500).is_err());
    }
}
