//! `POST /api/auth/api-keys/revoke`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::about;
use super::logout::Ended;
use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which key.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RevokeApiKey {
    api_key_id: i64,
}

/// Ends an API key of the account, on every server at once. A repeat changes nothing.
#[utoipa::path(post, path = "/api/auth/api-keys/revoke", tag = "auth",
    request_body = RevokeApiKey, responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn revoke_api_key(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<RevokeApiKey>,
) -> Result<Json<Ended>, ApiError> {
    let account_id = owner.caller.account_id;
    client::revoke_api_key(&app.reads, account_id, owner.session_id, request.api_key_id)
        .await
        .map_err(about("api_key_id", "KEY_NOT_FOUND"))?;
    Ok(Json(Ended {}))
}
