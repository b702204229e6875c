//! `POST /api/auth/passkeys/remove`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::about;
use super::logout::Ended;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which passkey.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RemovePasskey {
    passkey_id: i64,
}

/// Takes a passkey away.
#[utoipa::path(post, path = "/api/auth/passkeys/remove", tag = "auth",
    request_body = RemovePasskey, responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn remove_passkey(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<RemovePasskey>,
) -> Result<Json<Ended>, ApiError> {
    let account_id = owner.caller.account_id;
    client::remove_passkey(&app.reads, account_id, owner.session_id, request.passkey_id)
        .await
        .map_err(about("passkey_id", "PASSKEY_NOT_FOUND"))?;
    Ok(Json(Ended {}))
}
