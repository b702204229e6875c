//! `POST /api/auth/login/passkey`.

use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use client::{FinishLogin, Proved};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::{about, one_time_token, random_token};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::proof::{Evidence, opened};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A passkey's answer.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PasskeyLogin {
    /// Of `/api/auth/login/passkey/begin`.
    token: String,
    /// What `navigator.credentials.get` gave, as JSON.
    #[schema(value_type = Object)]
    passkey: Value,
    /// The session goes into a cookie: for browsers.
    #[serde(default)]
    cookie: bool,
}

/// Logs in by a passkey alone: the device has proved that it is there, and that its owner is.
#[utoipa::path(post, path = "/api/auth/login/passkey", tag = "auth", request_body = PasskeyLogin,
    responses((status = 200, body = Session), Refusals))]
pub(crate) async fn passkey_login(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<PasskeyLogin>,
) -> Result<Response, ApiError> {
    let ceremony_token = one_time_token(&request.token)?;
    let claimed = app.passkeys.claimed(&request.passkey)?;
    let ceremony = client::find_ceremony(&app.reads, &ceremony_token.hash()).await?;
    let ceremony = ceremony.filter(|ceremony| ceremony.kind == "passkey_login");
    let state = ceremony.and_then(|ceremony| ceremony.state);
    let state = state.ok_or_else(super::unknown_token)?;
    let wrong = || opened(Proved::Wrong).map(drop).err();
    let unknown = || wrong().unwrap_or(ApiError::InvalidCredentials);
    let account_id = claimed.ok_or_else(unknown)?;
    let known = client::passkeys_of(&app.reads, account_id).await?;
    let used = app
        .passkeys
        .check_anybody(state, request.passkey, &known)?
        .ok_or_else(unknown)?;
    let evidence = Evidence::of_passkey(used);
    let token = random_token()?;
    let agent = headers.get(header::USER_AGENT);
    let login = FinishLogin {
        ceremony_hash: &ceremony_token.hash(),
        account_id,
        proof: evidence.proof(),
        token_hash: &token.hash(),
        lifetime: app.session_length,
        address: Some(address.0),
        user_agent: agent.and_then(|value| value.to_str().ok()),
    };
    let done = client::finish_login(&app.reads, login)
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let (session_id, expires_at) = opened(done)?;
    let opened = Opened {
        account_id,
        session_id,
        expires_at,
        token,
    };
    Ok(opened.reply(request.cookie))
}
