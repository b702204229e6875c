//! `POST /api/admin/members`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refused;
use crate::app::App;
use crate::auth::email;
use crate::auth::staff::Administrator;
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Characters of a name at most.
const NAME_LENGTH: usize = 100;

/// A member to make.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateMember {
    email: String,
    /// Who it is, 1 to 100 characters.
    name: String,
}

/// A member that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreatedMember {
    staff_id: i64,
    /// For the member alone, shown this once; goes into `accept-invitation`.
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<String>,
    invited_until: Option<i64>,
    repeated: bool,
}

/// Makes a member without roles, and an invitation that is good for a day.
#[utoipa::path(post, path = "/api/admin/members", tag = "admin", request_body = CreateMember,
    responses((status = 200, body = CreatedMember), Refusals))]
pub(crate) async fn create_member(
    State(app): State<App>,
    staff: Administrator,
    Body(request): Body<CreateMember>,
) -> Result<Json<CreatedMember>, ApiError> {
    let email =
        email::normal(&request.email).map_err(|words| ApiError::malformed("email", words))?;
    let length = request.name.chars().count();
    if !(1..=NAME_LENGTH).contains(&length) || request.name.chars().any(char::is_control) {
        return Err(ApiError::malformed(
            "name",
            "name is 1 to 100 characters of plain text",
        ));
    }
    let token = Token::random().map_err(|error| ApiError::Internal(error.to_string()))?;
    let made = client::create_member(
        &app.reads,
        staff.staff_session_id,
        &email,
        &request.name,
        &token.hash(),
        staff.request_key.as_deref(),
    )
    .await
    .map_err(refused)?;
    Ok(Json(CreatedMember {
        staff_id: made.staff_id,
        invitation: (!made.repeated).then(|| token.text()),
        invited_until: made.invited_until.map(millis),
        repeated: made.repeated,
    }))
}
