//! `POST /api/admin/deposits/release`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, refused};
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::number;

/// Characters of a note at most.
const NOTE_LENGTH: usize = 1000;

/// A deposit that is all right.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReleaseDeposit {
    deposit_id: String,
    /// Why, in words.
    #[schema(
        min_length = 1,
        max_length = 1000,
        example = "the owner showed the invoice"
    )]
    note: String,
}

/// Lets a suspicious deposit be credited, at once, where it has its confirmations. Giving it back
/// is a proposal: `/api/admin/deposits/refund`.
#[utoipa::path(post, path = "/api/admin/deposits/release", tag = "admin",
    request_body = ReleaseDeposit, responses((status = 200, body = Done), Refusals))]
pub(crate) async fn release_deposit(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<ReleaseDeposit>,
) -> Result<Json<Done>, ApiError> {
    let length = request.note.chars().count();
    if !(1..=NOTE_LENGTH).contains(&length) || request.note.chars().any(char::is_control) {
        let words = "note is 1 to 1000 characters of plain text";
        return Err(ApiError::malformed("note", words));
    }
    let deposit_id = number("depositId", &request.deposit_id)?;
    client::release_deposit(
        &app.reads,
        staff.staff_session_id,
        deposit_id,
        &request.note,
    )
    .await
    .map_err(refused)?;
    Ok(Json(Done::of("credited")))
}
