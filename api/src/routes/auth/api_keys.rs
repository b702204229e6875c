//! `GET /api/auth/api-keys`.

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Keys that were not revoked, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeys {
    api_keys: Vec<ApiKey>,
}

/// A key without its secret.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ApiKey {
    api_key_id: i64,
    /// Goes into `X-Api-Key`.
    public_id: String,
    label: String,
    /// `hmac_sha256` or `ed25519`.
    scheme: String,
    /// Base64; of `ed25519` alone.
    public_key: Option<String>,
    permissions: Vec<String>,
    addresses: Vec<String>,
    created_at: i64,
    /// Whose key it is, where it is a sub-account's.
    sub_account_id: Option<i64>,
}

/// The API keys of the account and of its sub-accounts; 50 at most of each, so there are no pages.
#[utoipa::path(get, path = "/api/auth/api-keys", tag = "auth",
    responses((status = 200, body = ApiKeys), Refusals))]
pub(crate) async fn api_keys(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<ApiKeys>, ApiError> {
    let rows = client::api_keys_of(&app.reads, owner.caller.account_id).await?;
    let keys = rows.into_iter().map(|row| ApiKey {
        api_key_id: row.api_key_id,
        public_id: row.public_id,
        label: row.label,
        scheme: row.scheme,
        public_key: row.public_key.map(|key| STANDARD.encode(key)),
        permissions: row.permissions,
        addresses: row.addresses,
        created_at: millis(row.created_at),
        sub_account_id: row.sub_account_id,
    });
    Ok(Json(ApiKeys {
        api_keys: keys.collect(),
    }))
}
