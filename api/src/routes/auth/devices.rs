//! `GET /api/auth/devices`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Devices, the last seen first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Devices {
    devices: Vec<Device>,
}

/// What the account was logged in from.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Device {
    device_id: i64,
    /// From where it came last.
    address: Option<String>,
    /// The program, as it said itself.
    user_agent: Option<String>,
    first_seen_at: i64,
    last_seen_at: i64,
}

/// The devices that logged in to the account and keep a token of it.
#[utoipa::path(get, path = "/api/auth/devices", tag = "auth",
    responses((status = 200, body = Devices), Refusals))]
pub(crate) async fn devices(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<Devices>, ApiError> {
    let rows = client::devices_of(&app.reads, owner.caller.account_id).await?;
    let devices = rows.into_iter().map(|row| Device {
        device_id: row.device_id,
        address: row.address.map(|address| address.to_string()),
        user_agent: row.user_agent,
        first_seen_at: millis(row.first_seen_at),
        last_seen_at: millis(row.last_seen_at),
    });
    Ok(Json(Devices {
        devices: devices.collect(),
    }))
}
