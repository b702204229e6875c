//! `/api/auth`: logging in.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Body;
use crate::wire::millis;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Login {
    email: String,
    password: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Session {
    token: String,
    account_id: i64,
    expires_at: i64,
}

/// Checks a password and opens a session; the token goes into `Authorization: Bearer …`.
pub(super) async fn login(
    State(app): State<App>,
    Body(login): Body<Login>,
) -> Result<Json<Session>, ApiError> {
    // Postgres takes no such text.
    if login.email.contains('\0') {
        return Err(ApiError::malformed(
            "email",
            "email has a character that no address has",
        ));
    }
    let account = client::login_account(&app.reads, &login.email).await?;
    let hash = account
        .as_ref()
        .map(|account| account.password_hash.clone());
    let fits = app.passwords.check(login.password, hash).await?;
    let account = account
        .filter(|_| fits)
        .ok_or(ApiError::InvalidCredentials)?;
    let token = Token::random().map_err(|error| ApiError::Internal(error.to_string()))?;
    let length = app.session_length;
    let expires_at =
        client::open_session(&app.reads, account.account_id, &token.hash(), length).await?;
    let expires_at = millis(expires_at);
    Ok(Json(Session {
        token: token.text(),
        account_id: account.account_id,
        expires_at,
    }))
}
