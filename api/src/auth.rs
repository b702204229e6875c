//! Who is calling: passwords, bearer tokens, and the extractor that names the caller.

pub mod password;
pub mod token;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::error::ApiError;
use token::Token;

/// The account that a request acts for. A handler that takes it is closed to everybody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account_id: i64,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let header = parts
            .headers
            .get(header::AUTHORIZATION)
            .ok_or(ApiError::Unauthenticated)?;
        let value = header.to_str().map_err(|_| ApiError::Unauthenticated)?;
        let (scheme, text) = value.split_once(' ').ok_or(ApiError::Unauthenticated)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(ApiError::Unauthenticated);
        }
        let token = Token::parse(text).ok_or(ApiError::Unauthenticated)?;
        let account_id = client::session_account(&app.reads, &token.hash()).await?;
        account_id
            .map(|account_id| Caller { account_id })
            .ok_or(ApiError::Unauthenticated)
    }
}
