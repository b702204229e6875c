//! `POST /api/kyc/submit`.

use axum::Json;
use axum::extract::{Request, State};
use client::{KycSubmission, NewKycDocument};
use kyc::mrz::{self, Mrz};
use ring::digest;
use serde::Serialize;
use time::{Date, Month, OffsetDateTime};
use utoipa::ToSchema;

use super::form::Form;
use crate::app::App;
use crate::auth::Owner;
use crate::error::{ApiError, Rejection};
use crate::openapi::Refusals;
use crate::wire::millis;

const DOCUMENT_TYPES: [&str; 4] = [
    "passport",
    "identity_card",
    "residence_permit",
    "driving_licence",
];
const NUMBER_LENGTH: std::ops::RangeInclusive<usize> = 3..=24;
const NAME_LENGTH: std::ops::RangeInclusive<usize> = 1..=100;
/// Years that a form can name.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// Documents to submit. Files are JPEG, PNG or PDF by their content, 10 MB each.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[allow(dead_code, reason = "only its description is used")]
pub(crate) struct SubmitKyc {
    /// The level asked for.
    #[schema(minimum = 1, maximum = 9, examples(1))]
    level: i32,
    /// Which document.
    #[schema(
        pattern = "^(passport|identity_card|residence_permit|driving_licence)$",
        examples("passport")
    )]
    document_type: String,
    /// Who issued it: three letters as in the machine-readable zone, `DEU` for Germany.
    #[schema(pattern = "^[A-Z]{3}$", examples("UTO"))]
    issuer: String,
    /// Its number; blanks and hyphens do not count.
    #[schema(pattern = "^[A-Za-z0-9 -]{3,40}$", examples("L898902C3"))]
    document_number: String,
    /// The name as in the document, in Latin letters.
    #[schema(max_length = 100, examples("Anna Maria Eriksson"))]
    full_name: String,
    /// `YYYY-MM-DD`.
    #[schema(format = "date", examples("1974-08-12"))]
    birth_date: String,
    /// Last good day of the document, `YYYY-MM-DD`.
    #[schema(format = "date", examples("2032-04-15"))]
    expires_on: String,
    /// The machine-readable zone, where there is one: its lines, with or without breaks.
    #[schema(
        max_length = 100,
        examples(
            "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\n\
             L898902C36UTO7408122F1204159ZE184226B<<<<<10"
        )
    )]
    mrz: Option<String>,
    /// The side with the picture.
    #[schema(format = "binary", examples(""))]
    front: String,
    /// The other side; of a passport there is none.
    #[schema(format = "binary", examples(""))]
    back: Option<String>,
    /// A picture of the person, where the level needs it.
    #[schema(format = "binary", examples(""))]
    selfie: Option<String>,
}

/// What was submitted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubmittedKyc {
    case_id: i64,
    /// `under_review`: `GET /api/kyc/status` says how it ends, and a mail.
    status: &'static str,
    submitted_at: i64,
    /// `true`: an earlier request of the same idempotency key submitted it.
    repeated: bool,
}

/// Submits identity documents for a level. Only a session may; one submission at a time.
#[utoipa::path(post, path = "/api/kyc/submit", tag = "kyc",
    request_body(content = SubmitKyc, content_type = "multipart/form-data"),
    responses((status = 200, body = SubmittedKyc), Refusals))]
pub(crate) async fn submit_kyc(
    State(app): State<App>,
    owner: Owner,
    request: Request,
) -> Result<Json<SubmittedKyc>, ApiError> {
    let account_id = owner.caller.account_id;
    // Before the body is read: what is not taken costs no memory.
    let _place = app.documents.take_place(account_id)?;
    let mut form = Form::read(request, &app).await?;
    let content_hash = hash(&form);
    let files = std::mem::take(&mut form.files);
    must(files.contains_key("front"), "front", "is missing")?;
    let said = Said::of(&form, OffsetDateTime::now_utc().date())?;
    let mut documents: Vec<NewKycDocument> = Vec::new();
    for (kind, content) in files {
        documents.push(app.documents.seal(account_id, kind, content).await?);
    }
    let submission = KycSubmission {
        account_id,
        session_id: owner.session_id,
        level: said.level,
        document_type: said.document_type,
        issuer: said.issuer,
        document_number: &said.document_number,
        full_name: &said.full_name,
        birth_date: said.birth_date,
        expires_on: said.expires_on,
        mrz: said
            .mrz
            .as_ref()
            .map(|(text, name)| (text.as_str(), name.as_str())),
        content_hash: &content_hash,
        documents: &documents,
        request_key: owner.caller.request_key.as_deref(),
    };
    let made = client::submit_kyc(&app.documents.pool, &submission).await;
    let made = made.map_err(named)?;
    Ok(Json(SubmittedKyc {
        case_id: made.case_id,
        status: "under_review",
        submitted_at: millis(made.submitted_at),
        repeated: made.repeated,
    }))
}

/// The form's texts, each checked.
struct Said<'a> {
    level: i32,
    document_type: &'a str,
    issuer: &'a str,
    document_number: String,
    full_name: String,
    birth_date: Date,
    expires_on: Date,
    /// The zone's lines joined, and its name.
    mrz: Option<(String, String)>,
}

impl<'a> Said<'a> {
    fn of(form: &'a Form, today: Date) -> Result<Said<'a>, ApiError> {
        let level = form
            .text("level")?
            .parse()
            .ok()
            .filter(|level| (1..=9).contains(level));
        let document_type = form.text("documentType")?;
        let is_known = DOCUMENT_TYPES.contains(&document_type);
        let issuer = form.text("issuer")?;
        let is_state = issuer.len() == 3 && issuer.bytes().all(|byte| byte.is_ascii_uppercase());
        let full_name = form
            .text("fullName")?
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        let is_name = NAME_LENGTH.contains(&full_name.chars().count())
            && full_name.chars().any(char::is_alphabetic)
            && !full_name.chars().any(char::is_control);
        let birth_date = date("birthDate", form.text("birthDate")?)?;
        must(birth_date <= today, "birthDate", "is not in the future")?;
        must(
            is_known,
            "documentType",
            "is passport, identity_card, residence_permit or driving_licence",
        )?;
        must(is_state, "issuer", "is three capital letters, such as UTO")?;
        must(is_name, "fullName", "is a name of 1 to 100 characters")?;
        Ok(Said {
            level: level.ok_or_else(|| wrong("level", "is a whole number from 1 to 9"))?,
            document_type,
            issuer,
            document_number: number(form.text("documentNumber")?)?,
            full_name,
            birth_date,
            expires_on: date("expiresOn", form.text("expiresOn")?)?,
            mrz: form
                .optional("mrz")
                .map(|text| zone(text, today))
                .transpose()?,
        })
    }
}

fn wrong(field: &str, words: &str) -> ApiError {
    ApiError::malformed(field, format!("{field} {words}"))
}

fn must(holds: bool, field: &str, words: &str) -> Result<(), ApiError> {
    if holds {
        Ok(())
    } else {
        Err(wrong(field, words))
    }
}

fn number(text: &str) -> Result<String, ApiError> {
    let plain = text.chars().filter(|c| !matches!(c, ' ' | '-'));
    let plain: String = plain.map(|c| c.to_ascii_uppercase()).collect();
    let fits = NUMBER_LENGTH.contains(&plain.len());
    must(
        fits && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()),
        "documentNumber",
        "is 3 to 24 letters and digits",
    )?;
    Ok(plain)
}

fn date(field: &str, text: &str) -> Result<Date, ApiError> {
    let part = |range: std::ops::Range<usize>| {
        let digits = text
            .get(range)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        digits.and_then(|digits| digits.parse::<u16>().ok())
    };
    let read = || {
        let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()
    };
    let is_formed = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let date = if is_formed { read() } else { None };
    date.filter(|date| YEARS.contains(&date.year()))
        .ok_or_else(|| wrong(field, "is a date such as 1990-12-31"))
}

fn zone(text: &str, today: Date) -> Result<(String, String), ApiError> {
    let zone: Mrz =
        mrz::read(text, today).map_err(|error| ApiError::malformed("mrz", error.to_string()))?;
    let name = format!("{} {}", zone.given_names, zone.surname);
    Ok((
        text.lines().map(str::trim).collect(),
        name.trim().to_owned(),
    ))
}

/// Of everything that was submitted.
fn hash(form: &Form) -> [u8; 32] {
    let mut all = digest::Context::new(&digest::SHA256);
    for (name, content) in form.contents() {
        all.update(name.as_bytes());
        all.update(&(content.len() as u64).to_be_bytes());
        all.update(digest::digest(&digest::SHA256, content).as_ref());
    }
    let mut hash = [0; 32];
    hash.copy_from_slice(all.finish().as_ref());
    hash
}

/// What the database refuses, with the field that it is about.
fn named(error: client::Error) -> ApiError {
    match ApiError::from(error) {
        ApiError::Rejected(rejection) => {
            let field = match rejection.code.as_str() {
                "UNKNOWN_LEVEL" | "LEVEL_REACHED" => Some("level"),
                // Its words end with the file that is missing.
                "DOCUMENT_MISSING" if rejection.message.ends_with("back") => Some("back"),
                "DOCUMENT_MISSING" => Some("selfie"),
                _ => None,
            };
            ApiError::Rejected(Rejection {
                field: field.map(str::to_owned),
                ..rejection
            })
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_of_one_form_and_of_the_calendar() {
        assert!(date("birthDate", "1974-08-12").is_ok());
        for wrong in [
            "",
            "1974-8-12",
            "1974-02-30",
            "74-08-12",
            "1974/08/12",
            "1874-08-12",
            "ää74-08-1",
            "1974-08-123",
        ] {
            assert!(date("birthDate", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_compared_without_blanks() {
        assert_eq!(number("l898 902-c3").expect("a number"), "L898902C3");
        for wrong in ["", "AB", "A<B", "ÄÖÜ123", &"1".repeat(25)] {
            assert!(number(wrong).is_err(), "{wrong}");
        }
    }
}
