//! `GET /api/admin/risk/rules`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Which rules.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RiskRulesQuery {
    /// All versions of this one, the newest first; without it, the rules in force.
    #[param(
        pattern = "^[a-z][a-z0-9_]{2,31}$",
        max_length = 32,
        example = "order_rate"
    )]
    rule: Option<String>,
}

/// Rules of the risk engine.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RiskRules {
    rules: Vec<RiskRuleVersion>,
}

/// A version of a rule.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RiskRuleVersion {
    rule: String,
    version: i32,
    point: String,
    kind: String,
    /// What the kind is given: an object of its own.
    #[schema(value_type = Object)]
    parameters: Value,
    /// allow, review, deny or hold.
    action: String,
    #[schema(
        pattern = "^[A-Z][A-Z0-9_]{2,39}$",
        max_length = 40,
        example = "ORDER_RATE"
    )]
    reason_code: String,
    /// The number of the member who proposed it; null for the operator.
    published_by: Option<i64>,
    valid_from: i64,
    /// Null while it is in force.
    valid_until: Option<i64>,
}

/// The risk rules in force, or the history of one.
#[utoipa::path(get, path = "/api/admin/risk/rules", tag = "admin", params(RiskRulesQuery),
    responses((status = 200, body = RiskRules), Refusals))]
pub(crate) async fn risk_rules(
    State(app): State<App>,
    staff: RiskOfficer,
    Query(query): Query<RiskRulesQuery>,
) -> Result<Json<RiskRules>, ApiError> {
    let rule = query.rule.as_deref();
    let rows = client::risk_rules(&app.reads, staff.staff_session_id, rule).await;
    let rules = rows
        .map_err(refused)?
        .into_iter()
        .map(RiskRuleVersion::from);
    Ok(Json(RiskRules {
        rules: rules.collect(),
    }))
}

impl From<client::RiskRule> for RiskRuleVersion {
    fn from(row: client::RiskRule) -> Self {
        RiskRuleVersion {
            rule: row.rule,
            version: row.version,
            point: row.point,
            kind: row.kind,
            parameters: row.parameters,
            action: row.action,
            reason_code: row.reason_code,
            published_by: row.published_by,
            valid_from: millis(row.valid_from),
            valid_until: row.valid_until.map(millis),
        }
    }
}
