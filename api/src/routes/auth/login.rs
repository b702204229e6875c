//! `POST /api/auth/login`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use client::NewSession;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Who logs in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Login {
    email: String,
    password: String,
}

/// A login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    token: String,
    session_id: i64,
    account_id: i64,
    expires_at: i64,
}

/// Checks a password and opens a session; the token goes into `Authorization: Bearer …`.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = Login,
    responses((status = 200, body = Session), Refusals))]
pub(crate) async fn login(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
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
    let agent = headers.get(header::USER_AGENT);
    let session = NewSession {
        account_id: account.account_id,
        token_hash: &token.hash(),
        lifetime: app.session_length,
        address: Some(address.0),
        user_agent: agent.and_then(|value| value.to_str().ok()),
        password_hash: Some(&account.password_hash),
    };
    let opened = client::open_session(&app.reads, session).await;
    let (session_id, expires_at) = opened.map_err(|error| match error.reject_code() {
        // The password was changed since it was read.
        Some("UNKNOWN_ACCOUNT") => ApiError::InvalidCredentials,
        _ => error.into(),
    })?;
    Ok(Json(Session {
        token: token.text(),
        session_id,
        account_id: account.account_id,
        expires_at: millis(expires_at),
    }))
}
