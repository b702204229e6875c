//! `POST /api/admin/logout`.

use axum::Json;
use axum::extract::State;

use super::Done;
use crate::app::App;
use crate::auth::staff::Member;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// Ends the member's session whose token comes with the request.
#[utoipa::path(post, path = "/api/admin/logout", tag = "admin",
    responses((status = 200, body = Done), Refusals))]
pub(crate) async fn staff_logout(
    State(app): State<App>,
    member: Member,
) -> Result<Json<Done>, ApiError> {
    client::close_staff_session(&app.reads, member.staff_session_id).await?;
    let status = "logged_out";
    Ok(Json(Done { status }))
}
