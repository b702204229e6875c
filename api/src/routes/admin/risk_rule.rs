//! `POST /api/admin/risk/rules`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A rule as it shall be from now on.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RiskRule {
    rule: String,
    point: String,
    kind: String,
    /// What the kind asks for: an object of its own.
    #[schema(value_type = Object, example = json!({"most": 100, "within_seconds": 10}))]
    parameters: Map<String, Value>,
    #[schema(example = "deny")]
    action: String,
    #[schema(
        pattern = "^[A-Z][A-Z0-9_]{2,39}$",
        max_length = 40,
        example = "ORDER_RATE"
    )]
    reason_code: String,
    reason: String,
}

/// Proposes the next version of a risk rule, or a new one.
#[utoipa::path(post, path = "/api/admin/risk/rules", tag = "admin",
    request_body = RiskRule, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_risk_rule(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<RiskRule>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({
        "rule": request.rule,
        "point": request.point,
        "kind": request.kind,
        "parameters": request.parameters,
        "action": request.action,
        "reason_code": request.reason_code,
    });
    let action = "publish_risk_rule";
    propose(&app, &staff, action, &arguments, &request.reason).await
}
