//! `GET /api/kyc/status`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The account's level, what it allows, and the newest case.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KycStatus {
    level: i32,
    /// The level's name.
    level_name: String,
    may_trade: bool,
    may_withdraw: bool,
    daily_withdrawal: String,
    monthly_withdrawal: String,
    /// Last good day of the document that the level rests on.
    expires_on: Option<String>,
    /// The newest submission.
    case: Option<KycCase>,
}

/// A submission.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct KycCase {
    case_id: i64,
    level: i32,
    document_type: String,
    /// `under_review`, `approved` or `rejected`.
    status: String,
    submitted_at: i64,
    decided_at: Option<i64>,
    reasons: Vec<KycReason>,
}

/// Why it was rejected.
#[derive(Serialize, ToSchema)]
struct KycReason {
    /// For programs.
    #[schema(pattern = "^[A-Z_]{3,40}$", examples("MRZ_INVALID"))]
    reason: String,
    /// For people.
    #[schema(max_length = 300, examples("The document has expired."))]
    words: String,
}

/// Where identification stands.
#[utoipa::path(get, path = "/api/kyc/status", tag = "kyc",
    responses((status = 200, body = KycStatus), Refusals))]
pub(crate) async fn kyc_status(
    State(app): State<App>,
    Reader(caller): Reader,
) -> Result<Json<KycStatus>, ApiError> {
    let status = client::kyc_status(&app.reads, caller.account_id).await?;
    let status = status.ok_or_else(|| ApiError::Internal("an account is gone".to_owned()))?;
    let case = status.newest.map(|case| KycCase {
        case_id: case.case_id,
        level: case.level,
        document_type: case.document_type,
        status: case.state,
        submitted_at: millis(case.submitted_at),
        decided_at: case.decided_at.map(millis),
        reasons: case
            .reasons
            .into_iter()
            .zip(case.words)
            .map(|(reason, words)| KycReason { reason, words })
            .collect(),
    });
    Ok(Json(KycStatus {
        level: status.level,
        level_name: status.level_name,
        may_trade: status.may_trade,
        may_withdraw: status.may_withdraw,
        daily_withdrawal: status.daily_withdrawal,
        monthly_withdrawal: status.monthly_withdrawal,
        expires_on: status.expires_on.map(|date| date.to_string()),
        case,
    }))
}
