//! `POST /api/admin/accounts/freeze`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, check_reason, refused};
use crate::app::App;
use crate::auth::staff::AccountGuard;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Whose account, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FreezeAccount {
    account_id: i64,
    reason: String,
}

/// Freezes a user's account at once: it may cancel and reduce orders, not place any. One member is
/// enough; the way back needs a second one.
#[utoipa::path(post, path = "/api/admin/accounts/freeze", tag = "admin",
    request_body = FreezeAccount, responses((status = 200, body = Done), Refusals))]
pub(crate) async fn freeze_account(
    State(app): State<App>,
    staff: AccountGuard,
    Body(request): Body<FreezeAccount>,
) -> Result<Json<Done>, ApiError> {
    check_reason(&request.reason)?;
    let session = staff.staff_session_id;
    client::staff_freeze_account(&app.reads, session, request.account_id, &request.reason)
        .await
        .map_err(refused)?;
    let status = "frozen";
    Ok(Json(Done { status }))
}
