//! `POST /api/admin/members/disable`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, check_reason, refused};
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which member, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DisableMember {
    staff_id: i64,
    reason: String,
}

/// Shuts a member out and ends the sessions, at once: one administrator is enough. The way back is
/// the proposal of a reset.
#[utoipa::path(post, path = "/api/admin/members/disable", tag = "admin",
    request_body = DisableMember, responses((status = 200, body = Done), Refusals))]
pub(crate) async fn disable_member(
    State(app): State<App>,
    staff: Administrator,
    Body(request): Body<DisableMember>,
) -> Result<Json<Done>, ApiError> {
    check_reason(&request.reason)?;
    let session = staff.staff_session_id;
    client::disable_member(&app.reads, session, request.staff_id, &request.reason)
        .await
        .map_err(refused)?;
    let status = "disabled";
    Ok(Json(Done { status }))
}
