//! `POST /api/admin/proposals/decide`.

use axum::Json;
use axum::extract::State;
use client::Decision;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::{check_reason, refused};
use crate::app::App;
use crate::auth::staff::Decider;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A decision.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Decide {
    proposal_id: i64,
    /// `true`: it is done now; `false`: never.
    approve: bool,
    reason: String,
}

/// What the decision came to.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Decided {
    /// approved or rejected.
    state: String,
    /// What the action gave: an object of its own; null where it was rejected.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
    repeated: bool,
}

/// Decides what another member proposed: an approved action is done in the same transaction, or the
/// proposal waits on. Who proposed it cannot, under no login; nobody decides about oneself.
#[utoipa::path(post, path = "/api/admin/proposals/decide", tag = "admin", request_body = Decide,
    responses((status = 200, body = Decided), Refusals))]
pub(crate) async fn decide(
    State(app): State<App>,
    staff: Decider,
    Body(request): Body<Decide>,
) -> Result<Json<Decided>, ApiError> {
    check_reason(&request.reason)?;
    let decision = Decision {
        staff_session_id: staff.staff_session_id,
        proposal_id: request.proposal_id,
        approve: request.approve,
        reason: Some(&request.reason),
        request_key: staff.request_key.as_deref(),
    };
    let decided = client::decide(&app.reads, decision)
        .await
        .map_err(refused)?;
    Ok(Json(Decided {
        state: decided.state,
        outcome: decided.outcome,
        repeated: decided.repeated,
    }))
}
