//! `POST /api/auth/devices/forget`.

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

/// Which device.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ForgetDevice {
    device_id: i64,
}

/// Ends a device's sessions and forgets it: its next login is one from a new device.
#[utoipa::path(post, path = "/api/auth/devices/forget", tag = "auth",
    request_body = ForgetDevice, responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn forget_device(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<ForgetDevice>,
) -> Result<Json<Ended>, ApiError> {
    let account_id = owner.caller.account_id;
    client::forget_device(&app.reads, account_id, owner.session_id, request.device_id)
        .await
        .map_err(about("device_id", "DEVICE_NOT_FOUND"))?;
    Ok(Json(Ended {}))
}
