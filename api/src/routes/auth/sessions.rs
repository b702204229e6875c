//! `GET /api/auth/sessions`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Logins that have not ended, the newest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct Sessions {
    sessions: Vec<Session>,
}

/// A login.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenSession)]
#[serde(rename_all = "camelCase")]
struct Session {
    session_id: i64,
    created_at: i64,
    expires_at: i64,
    /// From where it came.
    address: Option<String>,
    /// The program, as it said itself.
    user_agent: Option<String>,
    /// The device, while it is known.
    device_id: Option<i64>,
    /// It is the one that asks.
    current: bool,
}

/// The account's sessions.
#[utoipa::path(get, path = "/api/auth/sessions", tag = "auth",
    responses((status = 200, body = Sessions), Refusals))]
pub(crate) async fn sessions(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<Sessions>, ApiError> {
    let rows = client::sessions_of(&app.reads, owner.caller.account_id).await?;
    let sessions = rows.into_iter().map(|row| Session {
        session_id: row.session_id,
        created_at: millis(row.created_at),
        expires_at: millis(row.expires_at),
        address: row.address.map(|address| address.to_string()),
        user_agent: row.user_agent,
        device_id: row.device_id,
        current: row.session_id == owner.session_id,
    });
    Ok(Json(Sessions {
        sessions: sessions.collect(),
    }))
}
