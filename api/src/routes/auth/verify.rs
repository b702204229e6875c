//! `GET /api/auth/verify`.

use axum::Json;
use axum::extract::State;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::{LinkQuery, about, one_time_token, random_token, unknown_token};
use crate::app::App;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The next step.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verified {
    /// Allows to set the password, once.
    set_password_token: String,
    expires_at: i64,
}

/// What a mail's link may be for.
const PURPOSES: [&str; 2] = ["verify_email", "reset_password"];

/// Proves the address by the token of a mail, of a registration or to a new password; a password
/// can be set next. The mail's link leads to a page with a button that asks for this. A HEAD says
/// whether the token would do, and leaves it as it is.
#[utoipa::path(get, path = "/api/auth/verify", tag = "auth", params(LinkQuery),
    responses((status = 200, body = Verified), Refusals))]
pub(crate) async fn verify(
    State(app): State<App>,
    method: Method,
    Query(query): Query<LinkQuery>,
) -> Result<Response, ApiError> {
    let token = one_time_token(&query.token)?;
    if method == Method::HEAD {
        return look(&app, &token).await;
    }
    let next = random_token()?;
    let expires_at = client::verify_email(&app.reads, &token.hash(), &next.hash())
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let verified = Verified {
        set_password_token: next.text(),
        expires_at: millis(expires_at),
    };
    Ok(Json(verified).into_response())
}

async fn look(app: &App, token: &Token) -> Result<Response, ApiError> {
    for purpose in PURPOSES {
        let owner = client::token_owner(&app.reads, &token.hash(), purpose).await?;
        if owner.is_some() {
            return Ok(StatusCode::OK.into_response());
        }
    }
    Err(unknown_token())
}
