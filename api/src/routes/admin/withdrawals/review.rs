//! `POST /api/admin/withdrawals/review`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::WithdrawalReviewer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::{check_reason, refused};
use crate::wire::number;

/// A reviewer's decision.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReviewWithdrawal {
    withdrawal_id: String,
    /// Whether it may be sent.
    approve: bool,
    /// Why, 1 to 500 characters; of a rejection it is what the owner is told.
    reason: String,
}

/// Where the withdrawal stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct ReviewedWithdrawal {
    /// `requested` where somebody is still waited for; `approved`, `confirmed` or `rejected`.
    state: String,
    repeated: bool,
}

/// Approves or rejects a withdrawal that waits. Where two must approve it, another member is the
/// second; one is enough to reject, and then the money is back at once.
#[utoipa::path(post, path = "/api/admin/withdrawals/review", tag = "admin",
    request_body = ReviewWithdrawal,
    responses((status = 200, body = ReviewedWithdrawal), Refusals))]
pub(crate) async fn review_withdrawal(
    State(app): State<App>,
    staff: WithdrawalReviewer,
    Body(request): Body<ReviewWithdrawal>,
) -> Result<Json<ReviewedWithdrawal>, ApiError> {
    check_reason(&request.reason)?;
    let withdrawal_id = number("withdrawalId", &request.withdrawal_id)?;
    let session = staff.staff_session_id;
    let (approve, reason) = (request.approve, request.reason.as_str());
    let reviewed =
        client::review_withdrawal(&app.reads, session, withdrawal_id, approve, reason).await;
    let (state, repeated) = reviewed.map_err(refused)?;
    Ok(Json(ReviewedWithdrawal { state, repeated }))
}
