//! `POST /api/admin/kyc/release`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::{Done, refused};

/// Which case.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReleaseCase {
    case_id: i64,
}

/// Gives a case back, so that others may take it.
#[utoipa::path(post, path = "/api/admin/kyc/release", tag = "admin", request_body = ReleaseCase,
    responses((status = 200, body = Done), Refusals))]
pub(crate) async fn release_kyc_case(
    State(app): State<App>,
    staff: Reviewer,
    Body(request): Body<ReleaseCase>,
) -> Result<Json<Done>, ApiError> {
    client::release_kyc_case(&app.reads, staff.staff_session_id, request.case_id)
        .await
        .map_err(refused)?;
    Ok(Json(Done::of("released")))
}
