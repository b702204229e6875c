//! `POST /api/admin/kyc/levels`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::{Proposed, check_decimal, propose};

/// What a level shall allow.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LevelLimits {
    level: i32,
    may_trade: bool,
    may_withdraw: bool,
    daily_withdrawal: String,
    monthly_withdrawal: String,
    reason: String,
}

/// Proposes what a level allows, for all its accounts at once.
#[utoipa::path(post, path = "/api/admin/kyc/levels", tag = "admin", request_body = LevelLimits,
    responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_kyc_limits(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<LevelLimits>,
) -> Result<Json<Proposed>, ApiError> {
    check_decimal("dailyWithdrawal", &request.daily_withdrawal)?;
    check_decimal("monthlyWithdrawal", &request.monthly_withdrawal)?;
    let arguments = json!({
        "level": request.level,
        "may_trade": request.may_trade,
        "may_withdraw": request.may_withdraw,
        "daily_withdrawal": request.daily_withdrawal,
        "monthly_withdrawal": request.monthly_withdrawal,
    });
    propose(&app, &staff, "set_kyc_limits", &arguments, &request.reason).await
}
