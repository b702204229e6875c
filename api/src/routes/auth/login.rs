//! `POST /api/auth/login`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use client::{Attempt, NewCeremony, NewSession};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::{known_device, origin, random_token};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::email;
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
    /// The session goes into a cookie: for browsers.
    #[serde(default)]
    cookie: bool,
}

/// The password was right; `/api/auth/login/second-factor` wants one of these besides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecondFactorNeeded {
    /// Goes there with the factor; good for five minutes.
    second_factor_token: String,
    /// `totp_code`, `recovery_code`, `passkey`.
    factors: Vec<&'static str>,
    /// For `navigator.credentials.get`, where the account has a passkey.
    #[schema(value_type = Option<Object>)]
    passkey_options: Option<Value>,
    expires_at: i64,
}

/// Checks a password and opens a session; its token goes into `Authorization: Bearer …`, or into a
/// cookie where that is asked for. An account with a second factor is asked for it first: 202.
#[utoipa::path(post, path = "/api/auth/login", tag = "auth", request_body = Login,
    responses((status = 200, body = Session), (status = 202, body = SecondFactorNeeded), Refusals))]
pub(crate) async fn login(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(login): Body<Login>,
) -> Result<Response, ApiError> {
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
    let hash = match checked.new_hash {
        Some(new_hash) => rehash(&app, &found, new_hash).await,
        None => found.password_hash.clone(),
    };
    let factors = client::factors_of(&app.reads, found.account_id).await?;
    if let Some(factors) = factors.filter(|factors| factors.has_second_factor()) {
        return ask_second_factor(&app, found.account_id, &hash, &factors).await;
    }
    let (token, device) = (random_token()?, random_token()?);
    let origin = origin(address, &headers);
    let session = NewSession {
        account_id: found.account_id,
        token_hash: &token.hash(),
        lifetime: app.session_length,
        address: origin.address,
        user_agent: origin.user_agent,
        password_hash: Some(&hash),
        device_hash: known,
        new_device_hash: Some(&device.hash()),
    };
    let opened = client::open_session(&app.reads, session).await;
    let opened = opened.map_err(|error| match error.reject_code() {
        // The password was changed since it was read, or a factor was turned on.
        Some("UNKNOWN_ACCOUNT" | "SECOND_FACTOR_REQUIRED") => ApiError::InvalidCredentials,
        _ => error.into(),
    })?;
    let opened = Opened::of(found.account_id, opened, token, device);
    Ok(opened.reply(login.cookie))
}

async fn ask_second_factor(
    app: &App,
    account_id: i64,
    password_hash: &str,
    factors: &client::Factors,
) -> Result<Response, ApiError> {
    let asked = match factors.passkeys {
        0 => None,
        _ => {
            let known = client::passkeys_of(&app.reads, account_id).await?;
            Some(app.passkeys.ask(&known)?)
        }
    };
    let token = random_token()?;
    let ceremony = NewCeremony {
        token_hash: &token.hash(),
        kind: "second_factor",
        account_id: Some(account_id),
        session_id: None,
        state: asked.as_ref().map(|asked| &asked.state),
        password_hash: Some(password_hash),
    };
    let expires_at = client::begin_ceremony(&app.reads, ceremony).await?;
    let factors = [
        ("totp_code", factors.totp_is_confirmed),
        ("recovery_code", factors.recovery_codes_left > 0),
        ("passkey", asked.is_some()),
    ];
    let needed = SecondFactorNeeded {
        second_factor_token: token.text(),
        factors: factors
            .into_iter()
            .filter(|(_, has)| *has)
            .map(|(name, _)| name)
            .collect(),
        passkey_options: asked.map(|asked| asked.options),
        expires_at: millis(expires_at),
    };
    Ok((StatusCode::ACCEPTED, Json(needed)).into_response())
}

/// The hash in force: a login does not fail for it, and the next one tries again.
async fn rehash(app: &App, found: &client::Login, new_hash: String) -> String {
    let (account, old_hash) = (found.account_id, &found.password_hash);
    match client::rehash_password(&app.reads, account, old_hash, &new_hash).await {
        Ok(true) => new_hash,
        // Somebody has changed the password meanwhile; this login ends there.
        Ok(false) => old_hash.clone(),
        Err(error) => {
            tracing::warn!(account, "the password keeps its cheaper hash: {error}");
            old_hash.clone()
        }
    }
}
