//! `POST /api/auth/login/passkey/begin`.

use axum::Json;
use axum::extract::State;
use client::NewCeremony;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::random_token;
use crate::app::App;
use crate::auth::passkeys::Asked;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Nothing to say.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Begin {}

/// What a browser is asked.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasskeyAsked {
    /// Goes back with the answer; good for five minutes.
    token: String,
    /// For `navigator.credentials.create` or `get`, with binary values in base64url.
    #[schema(value_type = Object)]
    passkey_options: Value,
    expires_at: i64,
}

impl PasskeyAsked {
    /// Keeps what was asked until the answer comes.
    ///
    /// # Errors
    /// Rejected: `ACCESS_REVOKED`.
    pub(crate) async fn keep(
        app: &App,
        asked: Asked,
        kind: &str,
        of: Option<(i64, i64)>,
    ) -> Result<Json<Self>, ApiError> {
        let token = random_token()?;
        let ceremony = NewCeremony {
            token_hash: &token.hash(),
            kind,
            account_id: of.map(|(account_id, _)| account_id),
            session_id: of.map(|(_, session_id)| session_id),
            state: Some(&asked.state),
            password_hash: None,
        };
        let expires_at = client::begin_ceremony(&app.reads, ceremony).await?;
        Ok(Json(PasskeyAsked {
            token: token.text(),
            passkey_options: asked.options,
            expires_at: millis(expires_at),
        }))
    }
}

/// Asks for any passkey: it says itself whose it is.
#[utoipa::path(post, path = "/api/auth/login/passkey/begin", tag = "auth", request_body = Begin,
    responses((status = 200, body = PasskeyAsked), Refusals))]
pub(crate) async fn begin_passkey_login(
    State(app): State<App>,
    Body(Begin {}): Body<Begin>,
) -> Result<Json<PasskeyAsked>, ApiError> {
    let asked = app.passkeys.ask_anybody()?;
    PasskeyAsked::keep(&app, asked, "passkey_login", None).await
}
