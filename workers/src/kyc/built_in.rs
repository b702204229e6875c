//! The rules built in that need no table: the machine-readable zone and the pictures. The others
//! are in `sql/kyc/kyc_facts_found.sql`; thresholds of all are rows of `exchange.kyc_rules`.

use std::collections::BTreeSet;

use client::{Finding, Pool, ReviewCase};
use kyc::mrz;
use time::{Date, OffsetDateTime};

use super::{Answer, Reviewer};

/// Shorter sides of a picture: below the first nothing can be read, below the second little.
const USELESS_SIDE: u64 = 200;
const SMALL_SIDE: u64 = 400;
/// Mean distance of the luminance from its mean; a blank page has less.
const BLANK_CONTRAST: u64 = 4;
/// Mean luminance of a picture in the dark.
const DARK: u64 = 25;

/// The rules built in.
pub(super) struct BuiltIn;

impl Reviewer for BuiltIn {
    async fn review(&self, _: &Pool, case: &ReviewCase) -> anyhow::Result<Answer> {
        Ok(Answer::Now(findings(case)))
    }
}

/// What the rules say of a case.
pub(super) fn findings(case: &ReviewCase) -> Vec<Finding> {
    let mut found = zone(case, OffsetDateTime::now_utc().date());
    found.push(pictures(&case.pictures));
    found
}

fn finding(rule: &'static str, score: u8, detail: impl Into<String>) -> Finding {
    Finding {
        rule,
        score,
        detail: detail.into(),
    }
}

fn zone(case: &ReviewCase, today: Date) -> Vec<Finding> {
    let Some(text) = &case.mrz else {
        return vec![finding("mrz_missing", 100, "no zone was given")];
    };
    let zone = match mrz::read(text, today) {
        Ok(zone) => zone,
        Err(error) => return vec![finding("mrz_check_digits", 100, error.to_string())],
    };
    let digits = match zone.wrong_digits.as_slice() {
        [] => finding("mrz_check_digits", 0, zone.format),
        wrong => finding(
            "mrz_check_digits",
            100,
            format!("wrong: {}", wrong.join(", ")),
        ),
    };
    let is_passport = zone.document_code.starts_with('P');
    let plain_number: String = zone
        .number
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let differs = [
        ("number", plain_number != case.document_number),
        ("issuer", zone.issuer != case.issuer),
        (
            "birth date",
            zone.birth_date.is_some_and(|date| date != case.birth_date),
        ),
        ("expiry", zone.expires_on != Some(case.expires_on)),
        (
            "kind of document",
            is_passport != (case.document_type == "passport"),
        ),
    ];
    let differs: Vec<&str> = differs
        .into_iter()
        .filter_map(|(name, differs)| differs.then_some(name))
        .collect();
    let form = match differs.as_slice() {
        [] => finding("mrz_against_form", 0, "the same"),
        names => finding(
            "mrz_against_form",
            100,
            format!("differ: {}", names.join(", ")),
        ),
    };
    vec![finding("mrz_missing", 0, ""), digits, form]
}

fn pictures(facts: &serde_json::Value) -> Finding {
    let mut worst = finding("picture_quality", 0, "");
    let mut say = |score: u8, detail: String| {
        if score > worst.score {
            worst = finding("picture_quality", score, detail);
        }
    };
    let mut digests = BTreeSet::new();
    for (kind, picture) in facts.as_object().into_iter().flatten() {
        let number = |name: &str| picture[name].as_u64().unwrap_or(0);
        if picture.is_null() {
            // Nobody has seen what is on it.
            say(50, format!("{kind} is a PDF"));
            continue;
        }
        let side = number("width").min(number("height"));
        let contrast = number("contrast");
        if side < USELESS_SIDE {
            say(100, format!("{kind} is {side} pixels wide"));
        } else if side < SMALL_SIDE {
            say(60, format!("{kind} is {side} pixels wide"));
        }
        if contrast < BLANK_CONTRAST {
            say(100, format!("{kind} is blank"));
        }
        if number("brightness") < DARK {
            say(70, format!("{kind} is dark"));
        }
        if !digests.insert(picture["digest"].as_str().unwrap_or_default()) {
            say(80, format!("{kind} is another one's copy"));
        }
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use time::Month;

    const ZONE: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\
                        L898902C36UTO7408122F1204159ZE184226B<<<<<10";

    fn day(year: i32, month: Month, day: u8) -> Date {
        Date::from_calendar_date(year, month, day).expect("a day")
    }

    fn case() -> ReviewCase {
        ReviewCase {
            case_id: 1,
            account_id: 1,
            level: 1,
            document_type: "passport".to_owned(),
            issuer: "UTO".to_owned(),
            document_number: "L898902C3".to_owned(),
            full_name: "Anna Maria Eriksson".to_owned(),
            birth_date: day(1974, Month::August, 12),
            expires_on: day(2012, Month::April, 15),
            mrz: Some(ZONE.to_owned()),
            pictures: json!({ "front": picture() }),
            reference: String::new(),
            review: 1,
        }
    }

    fn picture() -> Value {
        json!({ "width": 1200, "height": 800, "brightness": 120, "contrast": 60, "digest": "a" })
    }

    fn score(found: &[Finding], rule: &str) -> (u8, String) {
        let finding = found.iter().find(|finding| finding.rule == rule);
        let finding = finding.unwrap_or_else(|| panic!("no {rule}: {found:?}"));
        (finding.score, finding.detail.clone())
    }

    #[test]
    fn a_right_case_has_no_score() {
        assert!(findings(&case()).iter().all(|finding| finding.score == 0));
    }

    #[test]
    fn each_difference_from_the_form_is_named() {
        let wrong = ReviewCase {
            document_number: "L898902C4".to_owned(),
            expires_on: day(2013, Month::April, 15),
            document_type: "identity_card".to_owned(),
            ..case()
        };
        let (score, detail) = score(&findings(&wrong), "mrz_against_form");
        assert_eq!(
            (score, detail.as_str()),
            (100, "differ: number, expiry, kind of document")
        );
    }

    #[test]
    fn a_wrong_check_digit_and_a_missing_zone_are_seen() {
        let changed = ZONE.replace("L898902C36", "L898902C35");
        let wrong = ReviewCase {
            mrz: Some(changed),
            ..case()
        };
        let (digits, detail) = score(&findings(&wrong), "mrz_check_digits");
        assert_eq!((digits, detail.as_str()), (100, "wrong: number, composite"));
        let none = ReviewCase {
            mrz: None,
            ..case()
        };
        assert_eq!(score(&findings(&none), "mrz_missing").0, 100);
    }

    #[test]
    fn pictures_that_show_nothing_are_seen() {
        let of = |pictures: Value| pictures_score(&pictures);
        assert_eq!(of(json!({ "front": null })), 50);
        assert_eq!(of(json!({ "front": picture(), "selfie": picture() })), 80);
        for (name, value, expected) in [
            ("width", 100, 100),
            ("height", 300, 60),
            ("contrast", 1, 100),
            ("brightness", 9, 70),
        ] {
            let mut bad = picture();
            bad[name] = json!(value);
            assert_eq!(of(json!({ "front": bad })), expected, "{name}");
        }
    }

    fn pictures_score(facts: &Value) -> u8 {
        pictures(facts).score
    }
}
