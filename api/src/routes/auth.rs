//! `/api/auth`: registering, logging in, sessions and API keys.

pub(crate) mod add_passkey;
pub(crate) mod api_keys;
pub(crate) mod begin_passkey;
pub(crate) mod begin_passkey_login;
pub(crate) mod begin_step_up;
pub(crate) mod begin_totp;
pub(crate) mod check;
pub(crate) mod confirm_totp;
pub(crate) mod create_api_key;
pub(crate) mod factors;
pub(crate) mod login;
pub(crate) mod login_second_factor;
pub(crate) mod logout;
pub(crate) mod opened;
pub(crate) mod passkey_login;
pub(crate) mod passkeys;
pub(crate) mod recovery_codes;
pub(crate) mod register;
pub(crate) mod remove_passkey;
pub(crate) mod remove_totp;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_session;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod step_up;
pub(crate) mod verify;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::token::Token;
use crate::error::{ApiError, Rejection};

/// Characters of a label at most.
const LABEL_LENGTH: usize = 64;

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    status: &'static str,
}

/// A one-time token of a link.
fn one_time_token(text: &str) -> Result<Token, ApiError> {
    Token::parse(text).ok_or_else(unknown_token)
}

fn unknown_token() -> ApiError {
    refusal(
        "INVALID_TOKEN",
        "token",
        "this token is unknown, was used, or is too old",
    )
}

/// An owner's name for a thing.
///
/// # Errors
/// `Malformed`.
pub(crate) fn check_label(label: &str) -> Result<(), ApiError> {
    let length = label.chars().count();
    if (1..=LABEL_LENGTH).contains(&length) && !label.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::malformed(
        "label",
        "label is 1 to 64 characters of plain text",
    ))
}

/// Of several ways to say it, one.
fn exactly_one(given: usize, ways: &str) -> Result<(), ApiError> {
    match given {
        1 => Ok(()),
        _ => Err(ApiError::malformed(
            "totpCode",
            format!("give one of {ways}"),
        )),
    }
}

fn random_token() -> Result<Token, ApiError> {
    Token::random().map_err(|error| ApiError::Internal(error.to_string()))
}

fn refusal(code: &str, field: &str, message: &str) -> ApiError {
    ApiError::Rejected(Rejection {
        code: code.to_owned(),
        field: Some(field.to_owned()),
        message: message.to_owned(),
    })
}

/// A reject of the database that is about this field.
fn about(field: &str, code: &str) -> impl Fn(client::Error) -> ApiError {
    move |error| match (ApiError::from(error), field) {
        (ApiError::Rejected(rejection), field) if rejection.code == code => {
            refusal(code, field, &rejection.message)
        }
        (other, _) => other,
    }
}
