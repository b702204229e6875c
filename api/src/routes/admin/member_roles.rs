//! `POST /api/admin/members/roles`.

use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// What a member may do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[schema(as = StaffRole)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Sees to staff.
    Administrator,
    /// Sees to money and fees.
    Finance,
    /// Decides about identity documents.
    Reviewer,
    /// Sees to rules and limits.
    Risk,
    /// Helps users.
    Support,
}

/// The roles that a member shall have.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MemberRoles {
    staff_id: i64,
    /// All of them; none takes every role away.
    roles: Vec<Role>,
    reason: String,
}

/// Proposes the roles of a member. While there has been no second administrator, the first one
/// makes one alone, at once.
#[utoipa::path(post, path = "/api/admin/members/roles", tag = "admin",
    request_body = MemberRoles, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_roles(
    State(app): State<App>,
    staff: Administrator,
    Body(request): Body<MemberRoles>,
) -> Result<Json<Proposed>, ApiError> {
    let roles: BTreeSet<Role> = request.roles.into_iter().collect();
    let arguments = json!({ "staff_id": request.staff_id, "roles": roles });
    propose(&app, &staff, "grant_role", &arguments, &request.reason).await
}
