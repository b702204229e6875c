//! `POST /api/admin/members/invite`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refused;
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Which member.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct InviteMember {
    staff_id: i64,
}

/// A new invitation.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Invitation {
    /// For the member alone, shown this once; goes into `accept-invitation`.
    invitation: String,
    expires_at: i64,
}

/// Invites a member anew who has never logged in; the earlier invitation ends.
#[utoipa::path(post, path = "/api/admin/members/invite", tag = "admin",
    request_body = InviteMember, responses((status = 200, body = Invitation), Refusals))]
pub(crate) async fn invite_member(
    State(app): State<App>,
    staff: Administrator,
    Body(request): Body<InviteMember>,
) -> Result<Json<Invitation>, ApiError> {
    let token = Token::random().map_err(|error| ApiError::Internal(error.to_string()))?;
    let session = staff.staff_session_id;
    let until = client::invite_member(&app.reads, session, request.staff_id, &token.hash())
        .await
        .map_err(refused)?;
    Ok(Json(Invitation {
        invitation: token.text(),
        expires_at: millis(until),
    }))
}
