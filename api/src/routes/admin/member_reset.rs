//! `POST /api/admin/members/reset`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which member, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MemberReset {
    staff_id: i64,
    reason: String,
}

/// Proposes to take a member's password, codes and roles away: for somebody who lost them, or who
/// was disabled and comes back. Afterwards the member is invited anew.
#[utoipa::path(post, path = "/api/admin/members/reset", tag = "admin",
    request_body = MemberReset, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_reset(
    State(app): State<App>,
    staff: Administrator,
    Body(request): Body<MemberReset>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "staff_id": request.staff_id });
    propose(&app, &staff, "reset_member", &arguments, &request.reason).await
}
