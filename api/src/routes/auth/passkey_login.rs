//! `POST /api/auth/login/passkey`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use client::Proved;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::{one_time_token, origin};
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
    /// As in a login.
    device_token: Option<String>,
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
    let opened = Opened::by_proof(
        &app,
        &ceremony_token,
        (account_id, &evidence),
        request.device_token.as_deref(),
        origin(address, &headers),
    );
    Ok(opened.await?.reply(request.cookie))
}
