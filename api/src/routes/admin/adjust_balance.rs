//! `POST /api/admin/accounts/adjust`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, check_decimal, propose};
use crate::app::App;
use crate::auth::staff::FinanceOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Money to move by hand.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AdjustBalance {
    account_id: i64,
    asset: String,
    /// Given to the account, or taken from it where negative.
    amount: String,
    /// Why; it stands in the account's ledger.
    reason: String,
}

/// Proposes to move money between a user's account and the world outside.
#[utoipa::path(post, path = "/api/admin/accounts/adjust", tag = "admin",
    request_body = AdjustBalance, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_adjustment(
    State(app): State<App>,
    staff: FinanceOfficer,
    Body(request): Body<AdjustBalance>,
) -> Result<Json<Proposed>, ApiError> {
    check_decimal("amount", &request.amount)?;
    let arguments = json!({
        "account_id": request.account_id,
        "asset": request.asset,
        "amount": request.amount,
    });
    propose(&app, &staff, "adjust_balance", &arguments, &request.reason).await
}
