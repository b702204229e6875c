//! `POST /api/admin/kyc/decide`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::Reviewer;
use crate::error::{ApiError, Rejection};
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::refused;

const NOTE_LENGTH: usize = 1000;
const MOST_REASONS: usize = 10;

/// What a reviewer decides.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decision {
    /// The level is given.
    Approve,
    /// It is not; the owner is told why, and may submit again.
    Reject,
}

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DecideCase {
    case_id: i64,
    decision: Decision,
    /// Of a rejection: what the owner is told, from the list `exchange.kyc_reasons`.
    #[serde(default)]
    reasons: Vec<String>,
    /// For colleagues; the owner does not see it.
    #[schema(max_length = 1000, examples("Compared with the register."))]
    note: Option<String>,
}

/// Where the case stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct DecidedCase {
    /// `approved`, `rejected`, or `manual` where another reviewer must agree.
    state: String,
    repeated: bool,
}

/// Decides a case that the reviewer has claimed. It takes effect at once; the owner gets a mail.
#[utoipa::path(post, path = "/api/admin/kyc/decide", tag = "admin", request_body = DecideCase,
    responses((status = 200, body = DecidedCase), Refusals))]
pub(crate) async fn decide_kyc_case(
    State(app): State<App>,
    staff: Reviewer,
    Body(request): Body<DecideCase>,
) -> Result<Json<DecidedCase>, ApiError> {
    let note = request.note.as_deref();
    if note.is_some_and(|note| note.is_empty() || note.chars().count() > NOTE_LENGTH) {
        return Err(ApiError::malformed("note", "note is 1 to 1000 characters"));
    }
    if request.reasons.len() > MOST_REASONS {
        return Err(ApiError::malformed("reasons", "give 10 reasons at most"));
    }
    let approve = request.decision == Decision::Approve;
    let session = staff.staff_session_id;
    let (case_id, reasons) = (request.case_id, &request.reasons);
    let decided = client::decide_kyc_case(&app.reads, session, case_id, approve, reasons, note);
    let (state, repeated) = decided.await.map_err(|error| match refused(error) {
        ApiError::Rejected(rejection) if rejection.code == "INVALID_REASON" => {
            let field = Some("reasons".to_owned());
            ApiError::Rejected(Rejection { field, ..rejection })
        }
        other => other,
    })?;
    Ok(Json(DecidedCase { state, repeated }))
}
