//! What is said of a person at registration: checked field by field, whether it can be true.

use time::{Date, Month, OffsetDateTime};

use super::countries::COUNTRIES;
use crate::error::ApiError;

const NAME_LIMIT: usize = 100;
/// Who is younger may not trade.
const LEAST_YEARS: i32 = 18;
/// Nobody is older.
const MOST_YEARS: i32 = 120;
const PHONE_LEAST_DIGITS: usize = 7;
const PHONE_MOST_DIGITS: usize = 15;

/// A name on one line, with single blanks.
///
/// # Errors
/// Names the field `fullName`.
pub fn full_name(text: &str) -> Result<String, ApiError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let length = name.chars().count();
    let is_odd = |character: char| {
        character.is_control() || is_invisible(character) || "<>{}[]\\\"@/:".contains(character)
    };
    let is_plain = !name.chars().any(is_odd);
    if (1..=NAME_LIMIT).contains(&length) && is_plain && name.chars().any(char::is_alphabetic) {
        return Ok(name);
    }
    Err(ApiError::malformed(
        "fullName",
        "fullName is a name of 1 to 100 characters as it stands in the passport",
    ))
}

/// What turns the direction of the text around it, or is not seen: a name that reads as another.
fn is_invisible(character: char) -> bool {
    matches!(character, '\u{200b}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A country that there is.
///
/// # Errors
/// Names the field `country`.
pub fn country(text: &str) -> Result<&str, ApiError> {
    if COUNTRIES.split_whitespace().any(|known| known == text) {
        return Ok(text);
    }
    Err(ApiError::malformed(
        "country",
        "country is one of the two-letter codes of ISO 3166-1, such as DE",
    ))
}

/// The birth date, `YYYY-MM-DD`, of somebody old enough at that time.
///
/// # Errors
/// Names the field `birthDate`.
pub fn birth_date(text: &str, now: OffsetDateTime) -> Result<Date, ApiError> {
    let wrong = |words: &str| ApiError::malformed("birthDate", words);
    let date = date(text).ok_or_else(|| wrong("birthDate is a date such as 1990-12-31"))?;
    let years = age(date, now.date());
    if years < LEAST_YEARS {
        return Err(wrong("accounts are for people of 18 years or more"));
    }
    if years > MOST_YEARS {
        return Err(wrong("birthDate is longer ago than anybody lives"));
    }
    Ok(date)
}

/// A telephone number, E.164, without the blanks and signs between its digits.
///
/// # Errors
/// Names the field `phone`.
pub fn phone(text: &str) -> Result<String, ApiError> {
    let plain: String = text
        .chars()
        .filter(|character| !" -().".contains(*character))
        .collect();
    let digits = plain.strip_prefix('+').unwrap_or_default();
    let fits = (PHONE_LEAST_DIGITS..=PHONE_MOST_DIGITS).contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && !digits.starts_with('0');
    if fits {
        return Ok(plain);
    }
    Err(ApiError::malformed(
        "phone",
        "phone is an international number such as +49 30 123456",
    ))
}

fn date(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split('-').collect();
    let [year, month, day] = parts[..] else {
        return None;
    };
    let number = |text: &str, length: usize| {
        let is_whole = text.len() == length && text.bytes().all(|digit| digit.is_ascii_digit());
        is_whole.then(|| text.parse::<u16>().ok()).flatten()
    };
    let month = Month::try_from(u8::try_from(number(month, 2)?).ok()?).ok()?;
    let day = u8::try_from(number(day, 2)?).ok()?;
    Date::from_calendar_date(i32::from(number(year, 4)?), month, day).ok()
}

/// Whole years.
fn age(born: Date, today: Date) -> i32 {
    let had_birthday =
        (u8::from(today.month()), today.day()) >= (u8::from(born.month()), born.day());
    today.year() - born.year() - i32::from(!had_birthday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field_of<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        match result.expect_err("must be refused") {
            ApiError::Malformed { field, .. } => field.expect("a field"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn names_are_on_one_line_and_of_letters() {
        assert_eq!(
            full_name("  Ada \n Lovelace ").expect("a name"),
            "Ada Lovelace"
        );
        for good in ["Ñ", "O'Neil-Smith jr.", "王小明", &"x".repeat(100)] {
            assert_eq!(full_name(good).expect("a name"), good);
        }
        for bad in [
            "",
            "  ",
            "123",
            "a\0b",
            "<b>x</b>",
            "see https://x.y",
            "ada\u{202e}eve",
            "ad\u{200b}a",
            &"x".repeat(101),
        ] {
            assert_eq!(field_of(full_name(bad)), "fullName", "{bad}");
        }
    }

    #[test]
    fn countries_are_those_of_the_list() {
        assert_eq!(COUNTRIES.split_whitespace().count(), 249);
        assert_eq!(country("CH").expect("a country"), "CH");
        for bad in ["", "ch", "CHE", "XX", "EU", "C H"] {
            assert_eq!(field_of(country(bad)), "country", "{bad}");
        }
    }

    #[test]
    fn one_is_old_enough_on_the_birthday_and_not_the_day_before() {
        let day = |text: &str| date(text).expect("a date").midnight().assume_utc();
        let born = |text: &str, today: &str| birth_date(text, day(today));
        born("2000-06-15", "2018-06-15").expect("18 today");
        assert_eq!(field_of(born("2000-06-15", "2018-06-14")), "birthDate");
        // Who was born on a leap day is a year older on the first of March.
        assert_eq!(field_of(born("2000-02-29", "2018-02-28")), "birthDate");
        born("2000-02-29", "2018-03-01").expect("18 since today");
        born("1900-01-01", "2020-12-31").expect("120 years");
        for bad in [
            "1900-01-01",
            "2030-01-01",
            "2001-02-29",
            "1990-13-01",
            "1990-1-1",
            "",
            "+990-01-01",
        ] {
            assert_eq!(field_of(born(bad, "2021-01-01")), "birthDate", "{bad}");
        }
    }

    #[test]
    fn telephone_numbers_are_international() {
        assert_eq!(phone("+49 (30) 123-456").expect("a number"), "+4930123456");
        for bad in [
            "",
            "030123456",
            "+0301234567",
            "+123456",
            "+1234567890123456",
            "+49x3012345",
        ] {
            assert_eq!(field_of(phone(bad)), "phone", "{bad}");
        }
    }
}
