//! `GET /api/admin/kyc/case`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::routes::admin::refused;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KycCaseQuery {
    case_id: i64,
}

/// All that is known of a case.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReviewedCase {
    case_id: i64,
    account_id: i64,
    level: i32,
    /// `submitted`, `provider`, `manual`, `approved` or `rejected`.
    state: String,
    document_type: String,
    issuer: String,
    document_number: String,
    full_name: String,
    birth_date: String,
    expires_on: String,
    mrz: Option<String>,
    submitted_at: i64,
    decided_at: Option<i64>,
    /// `automatic`, `provider` or `reviewer`.
    #[schema(pattern = "^[a-z]{1,32}$", examples("reviewer"))]
    decided_by: Option<String>,
    reasons: Vec<String>,
    /// The reviewer at work on it.
    #[schema(minimum = 1, maximum = 9223372036854775807_i64, examples(3))]
    claimed_by: Option<i64>,
    /// Who approved first, where two must.
    #[schema(minimum = 1, maximum = 9223372036854775807_i64, examples(3))]
    first_approved_by: Option<i64>,
    /// Its files.
    documents: Vec<CaseDocument>,
    /// What the automatic review found, the worst first.
    findings: Vec<CaseFinding>,
    /// What happened to it, in order.
    history: Vec<CaseEvent>,
    /// What the account submitted before.
    earlier_cases: Vec<EarlierCase>,
}

/// A file of a case.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseDocument {
    document_id: i64,
    /// `front`, `back` or `selfie`.
    kind: String,
    media_type: String,
}

/// What a rule said.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseFinding {
    /// The rule.
    #[schema(pattern = "^[a-z_]{3,40}$", examples("sanctions"))]
    rule: String,
    /// 0 is no doubt, 100 is certainty that something is wrong.
    #[schema(minimum = 0, maximum = 100, examples(40))]
    score: i32,
    /// What it saw.
    #[schema(max_length = 500, examples("on no list"))]
    detail: String,
}

/// Something that happened to a case.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CaseEvent {
    /// When.
    #[schema(
        minimum = 0,
        maximum = 253402300799999_i64,
        examples(1767225600000_i64)
    )]
    at: i64,
    /// `owner`, `automatic`, `provider`, `reviewer` or `upkeep`.
    #[schema(pattern = "^[a-z]{1,32}$", examples("reviewer"))]
    actor: String,
    staff_id: Option<i64>,
    /// What was done.
    #[schema(pattern = "^[a-z_]{1,40}$", examples("claimed"))]
    action: String,
    /// What belongs to it.
    detail: Value,
}

/// An earlier case of the account.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct EarlierCase {
    case_id: i64,
    /// Where it stands.
    state: String,
    reasons: Vec<String>,
}

/// Shows a case to a reviewer, with what was found, its history, and earlier ones.
#[utoipa::path(get, path = "/api/admin/kyc/case", tag = "admin", params(KycCaseQuery),
    responses((status = 200, body = ReviewedCase), Refusals))]
pub(crate) async fn kyc_case(
    State(app): State<App>,
    staff: Reviewer,
    Query(query): Query<KycCaseQuery>,
) -> Result<Json<ReviewedCase>, ApiError> {
    let case = client::kyc_case(&app.reads, staff.staff_session_id, query.case_id);
    let case = serde_json::from_value(case.await.map_err(refused)?);
    let wrong = |error: serde_json::Error| ApiError::Internal(format!("kyc_case: {error}"));
    Ok(Json(case.map_err(wrong)?))
}
