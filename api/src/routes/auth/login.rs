//! `POST /api/auth/login`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use client::{Attempt, NewSession};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{origin, random_token};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::email;
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
    /// What the device got at an earlier login: pauses after wrong passwords elsewhere do not
    /// concern it, and its owner gets no mail.
    device_token: Option<String>,
}

/// A login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    token: String,
    session_id: i64,
    account_id: i64,
    expires_at: i64,
    device_id: Option<i64>,
    /// For the device to keep; null where it has one already.
    device_token: Option<String>,
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
    let email = email::lower(&login.email);
    let known = known_device(login.device_token.as_deref())?;
    let known = known.map(|token| token.hash());
    let known = known.as_ref().map(|hash| hash.as_slice());
    let place = app.passwords.admit()?;
    let found = match client::begin_login(&app.reads, &email, address.0, known).await? {
        Attempt::Paused(wait_ms) => return Err(ApiError::login_paused(wait_ms)),
        Attempt::Taken(found) => found,
    };
    let hash = found.as_ref().map(|found| found.password_hash.clone());
    let checked = place.check(login.password, hash).await?;
    let found = found
        .filter(|_| checked.fits)
        .ok_or(ApiError::InvalidCredentials)?;
    let (token, device) = (random_token()?, random_token()?);
    let origin = origin(address, &headers);
    let session = NewSession {
        account_id: found.account_id,
        token_hash: &token.hash(),
        lifetime: app.session_length,
        address: origin.address,
        user_agent: origin.user_agent,
        password_hash: Some(&found.password_hash),
        device_hash: known,
        new_device_hash: Some(&device.hash()),
    };
    let opened = client::open_session(&app.reads, session).await;
    let opened = opened.map_err(|error| match error.reject_code() {
        // The password was changed since it was read.
        Some("UNKNOWN_ACCOUNT") => ApiError::InvalidCredentials,
        _ => error.into(),
    })?;
    if let Some(new_hash) = checked.new_hash {
        rehash(&app, &found, &new_hash).await;
    }
    Ok(Json(Session {
        token: token.text(),
        session_id: opened.session_id,
        account_id: found.account_id,
        expires_at: millis(opened.expires_at),
        device_id: opened.device_id,
        device_token: opened.is_new_device.then(|| device.text()),
    }))
}

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

/// A login does not fail for it: the next one tries again.
async fn rehash(app: &App, found: &client::Login, new_hash: &str) {
    let (account, old_hash) = (found.account_id, &found.password_hash);
    if let Err(error) = client::rehash_password(&app.reads, account, old_hash, new_hash).await {
        tracing::warn!(account, "the password keeps its cheaper hash: {error}");
    }
}
