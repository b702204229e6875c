//! `POST /api/admin/withdrawals/halts/lift`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::WithdrawalGuard;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::{Proposed, propose};

/// What shall go on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LiftHalt {
    /// Only this asset.
    asset: Option<String>,
    /// Only on this network. Without both, all networks; assets that are halted by themselves stay.
    network: Option<String>,
    reason: String,
}

/// Proposes that halted withdrawals go on.
#[utoipa::path(post, path = "/api/admin/withdrawals/halts/lift", tag = "admin",
    request_body = LiftHalt, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_lift(
    State(app): State<App>,
    staff: WithdrawalGuard,
    Body(request): Body<LiftHalt>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "asset": request.asset, "network": request.network });
    let action = "lift_withdrawal_halt";
    propose(&app, &staff, action, &arguments, &request.reason).await
}
