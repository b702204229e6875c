//! The machine-readable zone of travel documents: ICAO Doc 9303, parts 3 (check digits), 4 (TD3,
//! passports), 5 (TD1, cards) and 6 (TD2).
//!
//! A zone that is not of the form is an error; wrong check digits are a finding.

mod layout;

use time::{Date, Month};

use layout::{LAYOUTS, Layout, Span};

/// Longest text that is looked at.
const MAX_TEXT: usize = 200;

/// A zone that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// `TD1`, `TD2` or `TD3`.
    pub format: &'static str,
    /// The kind of document: `P` for a passport, `I`, `A` or `C` for a card; with its second
    /// letter.
    pub document_code: String,
    /// Three letters, such as `UTO`; Germany's `D` is given as `DEU`.
    pub issuer: String,
    /// The document's number.
    pub number: String,
    /// Three letters, as the issuer.
    pub nationality: String,
    /// When the holder was born, where all of it is known.
    pub birth_date: Option<Date>,
    /// The last day on which the document is good.
    pub expires_on: Option<Date>,
    /// The surname, its parts with spaces between.
    pub surname: String,
    /// The other names.
    pub given_names: String,
    /// The fields whose check digits are wrong; `composite` is that over several.
    pub wrong_digits: Vec<&'static str>,
}

/// Why a text is no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MrzError {
    /// Another number of characters.
    #[error("a machine-readable zone has 2 lines of 44 or 36 characters, or 3 of 30")]
    Length,
    /// Another character.
    #[error("a machine-readable zone has A to Z, 0 to 9 and < only")]
    Character,
}

/// Reads a zone; line breaks and blanks at the ends of lines do not count. `today` says which
/// century a birth was in.
///
/// # Errors
/// It is not of a known form.
pub fn read(text: &str, today: Date) -> Result<Mrz, MrzError> {
    if text.len() > MAX_TEXT {
        return Err(MrzError::Length);
    }
    let zone: String = text.lines().map(str::trim).collect();
    let is_zone = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '<';
    if !zone.chars().all(is_zone) {
        return Err(MrzError::Character);
    }
    let layout = LAYOUTS.iter().find(|layout| layout.length == zone.len());
    let layout = layout.ok_or(MrzError::Length)?;
    Ok(layout_of(layout, &zone, today))
}

fn layout_of(layout: &Layout, zone: &str, today: Date) -> Mrz {
    let mut wrong_digits = Vec::new();
    let mut must = |name, holds: bool| {
        if !holds {
            wrong_digits.push(name);
        }
    };
    let number = number(layout, zone);
    must("number", number.is_right);
    for (name, span) in [("birth_date", layout.birth), ("expires_on", layout.expiry)] {
        let digit = span.digit_after(zone);
        must(name, check_digit(span.of(zone)) == digit_value(digit));
    }
    if let Some(optional) = layout.optional_with_digit {
        let (text, digit) = (optional.of(zone), optional.digit_after(zone));
        let is_unused = text.chars().all(|c| c == '<') && digit == '<';
        must(
            "optional",
            is_unused || check_digit(text) == digit_value(digit),
        );
    }
    let covered: String = layout.composite.iter().map(|span| span.of(zone)).collect();
    let digit = layout.composite_digit.of(zone).chars().next();
    let composite = digit.map_or(0, digit_value);
    must(
        "composite",
        digit != Some('<') && check_digit(&covered) == composite,
    );
    let (surname, given) = layout
        .names
        .of(zone)
        .split_once("<<")
        .unwrap_or((layout.names.of(zone), ""));
    Mrz {
        format: layout.name,
        document_code: plain(layout.code.of(zone)),
        issuer: state(layout.issuer.of(zone)),
        number: number.text,
        nationality: state(layout.nationality.of(zone)),
        birth_date: birth_date(layout.birth.of(zone), today),
        expires_on: date(layout.expiry.of(zone), 2000),
        surname: plain(surname),
        given_names: plain(given),
        wrong_digits,
    }
}

struct Number {
    text: String,
    is_right: bool,
}

/// The document's number. On cards a long one goes on in the optional field (Doc 9303-5, 4.2.2).
fn number(layout: &Layout, zone: &str) -> Number {
    let text = layout.number.of(zone);
    let digit = layout.number.digit_after(zone);
    if digit == '<'
        && let Some(rest) = layout.number_goes_on
        && let Some((rest, _)) = rest.of(zone).split_once('<')
        && let Some((end, digit)) = rest.len().checked_sub(1).map(|at| rest.split_at(at))
    {
        let whole = format!("{text}{end}");
        let is_right = digit.chars().next().map(digit_value) == Some(check_digit(&whole));
        return Number {
            text: whole,
            is_right,
        };
    }
    Number {
        is_right: check_digit(text) == digit_value(digit),
        text: text.trim_end_matches('<').to_owned(),
    }
}

/// Doc 9303-3, 4.9: weights 7, 3, 1, modulo 10.
fn check_digit(text: &str) -> u32 {
    let weights = [7, 3, 1].into_iter().cycle();
    let sum: u32 = text
        .chars()
        .zip(weights)
        .map(|(character, weight)| character_value(character) * weight)
        .sum();
    sum % 10
}

/// 0 to 9 as they are, A to Z as 10 to 35, the filler as 0.
fn character_value(character: char) -> u32 {
    character.to_digit(36).unwrap_or(0)
}

/// A check digit as it is printed; what is no digit equals none.
fn digit_value(character: char) -> u32 {
    match character {
        '<' => 0,
        other => other.to_digit(10).unwrap_or(u32::MAX),
    }
}

fn plain(text: &str) -> String {
    let parts = text.split('<').filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(" ")
}

/// Germany has one letter where all others have three.
fn state(text: &str) -> String {
    match text.trim_end_matches('<') {
        "D" => "DEU".to_owned(),
        other => other.to_owned(),
    }
}

/// The latest such day that is not in the future.
fn birth_date(text: &str, today: Date) -> Option<Date> {
    let born = date(text, 2000)?;
    if born <= today {
        return Some(born);
    }
    date(text, 1900)
}

fn date(text: &str, century: i32) -> Option<Date> {
    let part = |range| {
        text.get(range)
            .and_then(|part: &str| part.parse::<u8>().ok())
    };
    let (year, month, day) = (part(0..2)?, part(2..4)?, part(4..6)?);
    let month = Month::try_from(month).ok()?;
    Date::from_calendar_date(century + i32::from(year), month, day).ok()
}

impl Span {
    fn digit_after(self, zone: &str) -> char {
        let at = self.end();
        zone[at..].chars().next().unwrap_or('<')
    }
}

#[cfg(test)]
mod tests;
