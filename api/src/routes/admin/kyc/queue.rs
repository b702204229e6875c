//! `GET /api/admin/kyc/queue`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::routes::admin::refused;
use crate::wire::{millis, page};

const DEFAULT_CASES: i64 = 100;
const MOST_CASES: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KycQueueQuery {
    /// Cases after this one.
    after_case_id: Option<i64>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

/// Cases that wait for a reviewer, the oldest first.
#[derive(Serialize, ToSchema)]
pub(crate) struct KycQueue {
    /// The cases.
    cases: Vec<QueuedCase>,
}

/// A case that waits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct QueuedCase {
    case_id: i64,
    account_id: i64,
    level: i32,
    document_type: String,
    submitted_at: i64,
    /// The reviewer at work on it.
    #[schema(minimum = 1, maximum = 9223372036854775807_i64, examples(3))]
    claimed_by: Option<i64>,
    /// Until when nobody else may take it.
    #[schema(
        minimum = 0,
        maximum = 253402300799999_i64,
        examples(1767225600000_i64)
    )]
    claimed_until: Option<i64>,
    /// Who approved first, where two must.
    #[schema(minimum = 1, maximum = 9223372036854775807_i64, examples(3))]
    first_approved_by: Option<i64>,
    /// The rules that made it a matter for people.
    doubts: Vec<String>,
}

/// The queue of the manual review.
#[utoipa::path(get, path = "/api/admin/kyc/queue", tag = "admin", params(KycQueueQuery),
    responses((status = 200, body = KycQueue), Refusals))]
pub(crate) async fn kyc_queue(
    State(app): State<App>,
    staff: Reviewer,
    Query(query): Query<KycQueueQuery>,
) -> Result<Json<KycQueue>, ApiError> {
    let limit = page(query.limit, DEFAULT_CASES, MOST_CASES)?;
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let session = staff.staff_session_id;
    let rows = client::kyc_queue(&app.reads, session, query.after_case_id, limit)
        .await
        .map_err(refused)?;
    let cases = rows.into_iter().map(|row| QueuedCase {
        case_id: row.case_id,
        account_id: row.account_id,
        level: row.level,
        document_type: row.document_type,
        submitted_at: millis(row.submitted_at),
        claimed_by: row.claimed_by,
        claimed_until: row.claimed_until.map(millis),
        first_approved_by: row.first_approved_by,
        doubts: row.doubts,
    });
    Ok(Json(KycQueue {
        cases: cases.collect(),
    }))
}
