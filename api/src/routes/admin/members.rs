//! `GET /api/admin/members`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::refused;
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Everybody of the staff.
#[derive(Serialize, ToSchema)]
pub(crate) struct Members {
    members: Vec<MemberRow>,
}

/// A member of the staff.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffMember)]
#[serde(rename_all = "camelCase")]
struct MemberRow {
    staff_id: i64,
    email: String,
    name: String,
    roles: Vec<String>,
    /// active or disabled.
    status: String,
    /// When the member first logged in; null before.
    enrolled_at: Option<i64>,
    /// Until when an invitation waits; null where none does.
    invited_until: Option<i64>,
    created_at: i64,
    /// Logins that have not ended.
    open_sessions: i32,
}

/// All members of the staff, by number.
#[utoipa::path(get, path = "/api/admin/members", tag = "admin",
    responses((status = 200, body = Members), Refusals))]
pub(crate) async fn members(
    State(app): State<App>,
    staff: Administrator,
) -> Result<Json<Members>, ApiError> {
    let rows = client::members(&app.reads, staff.staff_session_id)
        .await
        .map_err(refused)?;
    let members = rows.into_iter().map(|row| MemberRow {
        staff_id: row.staff_id,
        email: row.email,
        name: row.name,
        roles: row.roles,
        status: row.status,
        enrolled_at: row.enrolled_at.map(millis),
        invited_until: row.invited_until.map(millis),
        created_at: millis(row.created_at),
        open_sessions: row.open_sessions,
    });
    Ok(Json(Members {
        members: members.collect(),
    }))
}
