//! `POST /api/admin/accounts/fee-tier`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::FinanceOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which fees an account shall pay.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountFeeTier {
    account_id: i64,
    fee_tier_id: i32,
    reason: String,
}

/// Proposes the fee tier of a user's account; orders that are placed already keep their fees.
#[utoipa::path(post, path = "/api/admin/accounts/fee-tier", tag = "admin",
    request_body = AccountFeeTier, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_fee_tier(
    State(app): State<App>,
    staff: FinanceOfficer,
    Body(request): Body<AccountFeeTier>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "account_id": request.account_id, "fee_tier_id": request.fee_tier_id });
    propose(&app, &staff, "set_fee_tier", &arguments, &request.reason).await
}
