//! `GET /api/admin/proposals`.

use axum::Json;
use axum::extract::State;
use client::Place;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::Decider;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, page};

/// Proposals in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Where a proposal stands.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ProposalState {
    /// It waits for a second person.
    Pending,
    /// Nobody decided it in time.
    Expired,
    /// It was done.
    Approved,
    /// It was refused.
    Rejected,
}

impl ProposalState {
    fn name(self) -> &'static str {
        match self {
            ProposalState::Pending => "pending",
            ProposalState::Expired => "expired",
            ProposalState::Approved => "approved",
            ProposalState::Rejected => "rejected",
        }
    }
}

/// Which proposals.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProposalsQuery {
    /// Only those that stand there.
    state: Option<ProposalState>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of proposals, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposals {
    proposals: Vec<Proposal>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// What one member proposes and another decides.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Proposal {
    proposal_id: i64,
    action: String,
    /// To what, and how: an object of the action's own.
    #[schema(value_type = Object)]
    arguments: Value,
    reason: Option<String>,
    /// pending, expired, approved or rejected.
    state: String,
    /// The number of the member who proposes.
    proposed_by: i64,
    proposed_at: i64,
    expires_at: i64,
    /// The number of the member who decided.
    decided_by: Option<i64>,
    decided_at: Option<i64>,
    decision_reason: Option<String>,
    /// What the action gave: an object of its own.
    #[schema(value_type = Option<Object>)]
    outcome: Option<Value>,
    /// Whether the member who asks may decide it now.
    may_decide: bool,
}

/// Proposals of actions that the member may propose or decide.
#[utoipa::path(get, path = "/api/admin/proposals", tag = "admin", params(ProposalsQuery),
    responses((status = 200, body = Proposals), Refusals))]
pub(crate) async fn proposals(
    State(app): State<App>,
    staff: Decider,
    Query(query): Query<ProposalsQuery>,
) -> Result<Json<Proposals>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let before = query.cursor.as_deref().map(cursor).transpose()?;
    let before = before.map(|place| place.number);
    let state = query.state.map(ProposalState::name);
    // One more tells whether there is a next page.
    let ask = i32::try_from(limit + 1).unwrap_or(i32::MAX);
    let rows = client::proposals(&app.reads, staff.staff_session_id, state, before, ask).await;
    let mut rows = rows.map_err(refused)?;
    let next_cursor = cut(&mut rows, limit, |row| Place {
        at: row.proposed_at,
        number: row.proposal_id,
        part: 0,
    });
    let proposals = rows.into_iter().map(Proposal::from).collect();
    Ok(Json(Proposals {
        proposals,
        next_cursor,
    }))
}

impl From<client::Proposal> for Proposal {
    fn from(row: client::Proposal) -> Self {
        Proposal {
            proposal_id: row.proposal_id,
            action: row.action,
            arguments: row.arguments,
            reason: row.reason,
            state: row.state,
            proposed_by: row.proposed_by,
            proposed_at: millis(row.proposed_at),
            expires_at: millis(row.expires_at),
            decided_by: row.decided_by,
            decided_at: row.decided_at.map(millis),
            decision_reason: row.decision_reason,
            outcome: row.outcome,
            may_decide: row.may_decide,
        }
    }
}
