//! `POST /api/admin/kyc/claim`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::refused;
use crate::wire::millis;

/// Which case; without a number the oldest that waits.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ClaimCase {
    case_id: Option<i64>,
}

/// A case that is the reviewer's for a time.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimedCase {
    case_id: i64,
    /// Then others may take it; claim it again in time to keep it.
    #[schema(
        minimum = 0,
        maximum = 253402300799999_i64,
        examples(1767225600000_i64)
    )]
    claimed_until: i64,
}

/// Takes a case for 15 minutes.
#[utoipa::path(post, path = "/api/admin/kyc/claim", tag = "admin", request_body = ClaimCase,
    responses((status = 200, body = ClaimedCase), Refusals))]
pub(crate) async fn claim_kyc_case(
    State(app): State<App>,
    staff: Reviewer,
    Body(request): Body<ClaimCase>,
) -> Result<Json<ClaimedCase>, ApiError> {
    let session = staff.staff_session_id;
    let (case_id, until) = client::claim_kyc_case(&app.reads, session, request.case_id)
        .await
        .map_err(refused)?;
    Ok(Json(ClaimedCase {
        case_id,
        claimed_until: millis(until),
    }))
}
