//! `GET /api/admin/session`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::staff::Member;
use crate::openapi::Refusals;

/// Who is logged in.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CurrentStaff {
    staff_id: i64,
    staff_session_id: i64,
    roles: Vec<String>,
    expires_at: i64,
}

/// The member whose token comes with the request, and what the member may do.
#[utoipa::path(get, path = "/api/admin/session", tag = "admin",
    responses((status = 200, body = CurrentStaff), Refusals))]
pub(crate) async fn staff_session(member: Member) -> Json<CurrentStaff> {
    Json(CurrentStaff {
        staff_id: member.staff_id,
        staff_session_id: member.staff_session_id,
        roles: member.roles,
        expires_at: member.ends_at_ms,
    })
}
