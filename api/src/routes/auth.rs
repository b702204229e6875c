//! `/api/auth`: registering, logging in, sessions and API keys.

pub(crate) mod add_passkey;
pub(crate) mod anti_phishing_code;
pub(crate) mod api_keys;
pub(crate) mod begin_passkey;
pub(crate) mod begin_passkey_login;
pub(crate) mod begin_step_up;
pub(crate) mod begin_totp;
pub(crate) mod change_email;
pub(crate) mod check;
pub(crate) mod confirm_email;
pub(crate) mod confirm_totp;
pub(crate) mod create_api_key;
pub(crate) mod devices;
pub(crate) mod factors;
pub(crate) mod forget_device;
pub(crate) mod freeze;
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
pub(crate) mod reset_password;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_session;
pub(crate) mod revoke_sessions;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod step_up;
pub(crate) mod verify;

use axum::http::{HeaderMap, header};
use client::Origin;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::address::ClientAddress;
use crate::auth::token::Token;
use crate::error::{ApiError, Rejection};

/// Characters of a label at most.
const LABEL_LENGTH: usize = 64;

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    status: &'static str,
}

/// The token of a link.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LinkQuery {
    /// From the mail; works once.
    pub(super) token: String,
}

/// From where a request comes, and by which program.
fn origin(address: ClientAddress, headers: &HeaderMap) -> Origin<'_> {
    let agent = headers.get(header::USER_AGENT);
    Origin {
        address: Some(address.0),
        user_agent: agent.and_then(|value| value.to_str().ok()),
    }
}

/// A one-time token of a link.
fn one_time_token(text: &str) -> Result<Token, ApiError> {
    Token::parse(text).ok_or_else(unknown_token)
}

/// The refusal of a token that is none.
pub(super) fn unknown_token() -> ApiError {
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

/// What the device got at an earlier login.
///
/// # Errors
/// `Malformed`.
fn known_device(text: Option<&str>) -> Result<Option<Token>, ApiError> {
    let Some(text) = text else {
        return Ok(None);
    };
    let token = Token::parse(text);
    token.map(Some).ok_or_else(|| {
        ApiError::malformed(
            "deviceToken",
            "deviceToken is 64 hexadecimal digits, as it was given",
        )
    })
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
