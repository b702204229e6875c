//! `POST /api/auth/login`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use client::{NewCeremony, NewSession};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::random_token;
use crate::address::ClientAddress;
use crate::app::App;
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
    let factors = client::factors_of(&app.reads, account.account_id).await?;
    if let Some(factors) = factors.filter(|factors| factors.has_second_factor()) {
        return ask_second_factor(&app, &account, &factors).await;
    }
    let token = random_token()?;
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
        // The password was changed since it was read, or a factor was turned on.
        Some("UNKNOWN_ACCOUNT" | "SECOND_FACTOR_REQUIRED") => ApiError::InvalidCredentials,
        _ => error.into(),
    })?;
    let opened = Opened {
        account_id: account.account_id,
        session_id,
        expires_at,
        token,
    };
    Ok(opened.reply(login.cookie))
}

async fn ask_second_factor(
    app: &App,
    account: &client::Login,
    factors: &client::Factors,
) -> Result<Response, ApiError> {
    let asked = match factors.passkeys {
        0 => None,
        _ => {
            let known = client::passkeys_of(&app.reads, account.account_id).await?;
            Some(app.passkeys.ask(&known)?)
        }
    };
    let token = random_token()?;
    let ceremony = NewCeremony {
        token_hash: &token.hash(),
        kind: "second_factor",
        account_id: Some(account.account_id),
        session_id: None,
        state: asked.as_ref().map(|asked| &asked.state),
        password_hash: Some(&account.password_hash),
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
