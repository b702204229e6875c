//! `POST /api/admin/risk/rules/end`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which rule.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RiskRuleEnd {
    rule: String,
    reason: String,
}

/// Proposes that a risk rule is taken out of force.
#[utoipa::path(post, path = "/api/admin/risk/rules/end", tag = "admin",
    request_body = RiskRuleEnd, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_rule_end(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<RiskRuleEnd>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "rule": request.rule });
    propose(&app, &staff, "end_risk_rule", &arguments, &request.reason).await
}
