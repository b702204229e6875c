//! `POST /api/admin/risk/events/decide`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::refused;
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Characters of a note at most.
const NOTE_LENGTH: usize = 1000;

/// What is decided about an event that waits.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RiskDecision {
    /// It was all right: what was held goes on.
    Released,
    /// It was not.
    Upheld,
}

/// A decision about an event.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DecideRiskEvent {
    event_id: i64,
    decision: RiskDecision,
    /// Why, in words.
    #[schema(min_length = 1, max_length = 1000, example = "the owner called")]
    note: String,
}

/// It was decided.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RiskDecided {
    /// Whether the same member had decided the same before.
    repeated: bool,
}

/// Decides about an event of action review or hold.
#[utoipa::path(post, path = "/api/admin/risk/events/decide", tag = "admin",
    request_body = DecideRiskEvent, responses((status = 200, body = RiskDecided), Refusals))]
pub(crate) async fn decide_risk_event(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<DecideRiskEvent>,
) -> Result<Json<RiskDecided>, ApiError> {
    let length = request.note.chars().count();
    if !(1..=NOTE_LENGTH).contains(&length) || request.note.chars().any(char::is_control) {
        return Err(ApiError::malformed(
            "note",
            "note is 1 to 1000 characters of plain text",
        ));
    }
    let decision = match request.decision {
        RiskDecision::Released => "released",
        RiskDecision::Upheld => "upheld",
    };
    let (session, event) = (staff.staff_session_id, request.event_id);
    let decided = client::review_risk_event(&app.reads, session, event, decision, &request.note);
    let repeated = decided.await.map_err(refused)?;
    Ok(Json(RiskDecided { repeated }))
}
