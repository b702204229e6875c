//! `/api/auth`: registering, logging in, sessions and API keys.

pub(crate) mod api_keys;
pub(crate) mod check;
pub(crate) mod create_api_key;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod register;
pub(crate) mod revoke_api_key;
pub(crate) mod revoke_session;
pub(crate) mod sessions;
pub(crate) mod set_password;
pub(crate) mod verify;

use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::token::Token;
use crate::error::{ApiError, Rejection};

/// What was done.
#[derive(Serialize, ToSchema)]
pub(crate) struct Done {
    status: &'static str,
}

/// A one-time token of a link.
fn one_time_token(text: &str) -> Result<Token, ApiError> {
    Token::parse(text).ok_or_else(|| {
        refusal(
            "INVALID_TOKEN",
            "token",
            "this link is unknown, was used, or is too old",
        )
    })
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
