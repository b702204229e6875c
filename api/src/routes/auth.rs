//! `/api/auth`: registering, logging in, sessions and API keys.

pub(crate) mod anti_phishing_code;
pub(crate) mod api_keys;
pub(crate) mod change_email;
pub(crate) mod check;
pub(crate) mod confirm_email;
pub(crate) mod create_api_key;
pub(crate) mod devices;
pub(crate) mod forget_device;
pub(crate) mod freeze;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod register;
pub(crate) mod reset_password;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_session;
pub(crate) mod revoke_sessions;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod verify;

use axum::http::{HeaderMap, header};
use client::Origin;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::address::ClientAddress;
use crate::auth::token::Token;
use crate::error::{ApiError, Rejection};

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
        "this link is unknown, was used, or is too old",
    )
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
