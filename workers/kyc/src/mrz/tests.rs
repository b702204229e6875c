//! The examples that ICAO publishes in Doc 9303, and what becomes of them when they are changed.

use super::*;

/// Doc 9303-4, appendix B.
const PASSPORT: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
                        L898902C36UTO7408122F1204159ZE184226B<<<<<10";
/// Doc 9303-5, appendix B.
const CARD: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n\
                    7408122F1204159UTO<<<<<<<<<<<6\n\
                    ERIKSSON<<ANNA<MARIA<<<<<<<<<<";
/// Doc 9303-6, appendix B.
const SMALL: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\n\
                     D231458907UTO7408122F1204159<<<<<<<6";

fn day(year: i32, month: u8, day: u8) -> Date {
    let month = Month::try_from(month).expect("a month");
    Date::from_calendar_date(year, month, day).expect("a day")
}

fn read_now(text: &str) -> Result<Mrz, MrzError> {
    read(text, day(2026, 11, 25))
}

#[test]
fn the_published_passport_is_read() {
    let mrz = read_now(PASSPORT).expect("a zone");
    assert_eq!((mrz.format, mrz.document_code.as_str()), ("TD3", "P"));
    assert_eq!(
        (mrz.issuer.as_str(), mrz.nationality.as_str()),
        ("UTO", "UTO")
    );
    assert_eq!(mrz.number, "L898902C3");
    assert_eq!(
        (mrz.surname.as_str(), mrz.given_names.as_str()),
        ("ERIKSSON", "ANNA MARIA")
    );
    assert_eq!(mrz.birth_date, Some(day(1974, 8, 12)));
    assert_eq!(mrz.expires_on, Some(day(2012, 4, 15)));
    assert_eq!(mrz.wrong_digits, [""; 0]);
}

#[test]
fn the_published_cards_are_read() {
    for (text, format) in [(CARD, "TD1"), (SMALL, "TD2")] {
        let mrz = read_now(text).expect("a zone");
        assert_eq!((mrz.format, mrz.number.as_str()), (format, "D23145890"));
        assert_eq!(mrz.birth_date, Some(day(1974, 8, 12)));
        assert_eq!(
            (mrz.surname.as_str(), mrz.given_names.as_str()),
            ("ERIKSSON", "ANNA MARIA")
        );
        assert_eq!(mrz.wrong_digits, [""; 0], "{format}");
    }
}

#[test]
fn the_published_check_digits_are_computed() {
    // Doc 9303-3, 4.9, examples 1 and 2.
    assert_eq!(check_digit("520727"), 3);
    assert_eq!(check_digit("AB2134<<<"), 5);
}

#[test]
fn every_changed_digit_is_noticed() {
    let line = PASSPORT.find('\n').expect("two lines") + 1;
    for at in line..PASSPORT.len() {
        // Nationality and sex are covered by no check digit.
        if (10..13).contains(&(at - line)) || at - line == 20 {
            continue;
        }
        let mut changed = PASSPORT.to_owned();
        // Characters of the same value modulo 10 have the same check digit.
        let value = character_value(changed[at..].chars().next().expect("a character"));
        let other = if value % 10 == 5 { "6" } else { "5" };
        changed.replace_range(at..=at, other);
        let mrz = read_now(&changed).expect("a zone");
        assert!(!mrz.wrong_digits.is_empty(), "{changed}");
    }
}

#[test]
fn a_long_number_goes_on_in_the_optional_field() {
    // Doc 9303-5, 4.2.2, note j: nine characters, a filler, the rest and its check digit.
    let digit = check_digit("D23145890AB");
    let upper = format!("I<UTOD23145890<AB{digit}<<<<<<<<<<<<");
    let mrz = read_now(&format!(
        "{upper}\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
    ));
    let mrz = mrz.expect("a zone");
    assert_eq!(mrz.number, "D23145890AB");
    assert!(!mrz.wrong_digits.contains(&"number"), "{mrz:?}");
}

#[test]
fn germany_has_one_letter_and_births_are_in_the_past() {
    let german = PASSPORT.replace("P<UTO", "P<D<<").replace("6UTO", "6D<<");
    let mrz = read_now(&german).expect("a zone");
    assert_eq!(
        (mrz.issuer.as_str(), mrz.nationality.as_str()),
        ("DEU", "DEU")
    );
    assert_eq!(
        birth_date("261125", day(2026, 11, 25)),
        Some(day(2026, 11, 25))
    );
    assert_eq!(
        birth_date("261126", day(2026, 11, 25)),
        Some(day(1926, 11, 26))
    );
    assert_eq!(birth_date("74<<<<", day(2026, 11, 25)), None);
}

#[test]
fn other_texts_are_no_zone() {
    assert_eq!(read_now(""), Err(MrzError::Length));
    assert_eq!(read_now(&PASSPORT[1..]), Err(MrzError::Length));
    assert_eq!(read_now(&PASSPORT.to_lowercase()), Err(MrzError::Character));
    assert_eq!(
        read_now(&PASSPORT.replace('<', "É")),
        Err(MrzError::Character)
    );
    assert_eq!(read_now(&"<".repeat(10_000)), Err(MrzError::Length));
}
