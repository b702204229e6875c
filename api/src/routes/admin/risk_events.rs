//! `GET /api/admin/risk/events`.

use axum::Json;
use axum::extract::State;
use client::RiskEventFilter;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{millis, number, page};

/// Events in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Which events.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RiskEventsQuery {
    /// Only of this account.
    account_id: Option<i64>,
    /// Only of this rule.
    #[param(
        pattern = "^[a-z][a-z0-9_]{2,31}$",
        max_length = 32,
        example = "order_rate"
    )]
    rule: Option<String>,
    /// Only those that wait for a decision.
    #[serde(default)]
    waiting: bool,
    /// `nextCursor` of the page before.
    #[param(pattern = "^[1-9][0-9]{0,18}$", max_length = 19, example = "17")]
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of risk events, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RiskEvents {
    events: Vec<RiskEvent>,
    /// Given to `cursor`, it continues the list; null at its end.
    #[schema(pattern = "^[1-9][0-9]{0,18}$", max_length = 19, example = "17")]
    next_cursor: Option<String>,
}

/// A rule that was met, and what became of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RiskEvent {
    event_id: i64,
    occurred_at: i64,
    /// registration, login, order, deposit, withdrawal or security_change.
    point: String,
    /// Null for a registration, which has no account yet.
    account_id: Option<i64>,
    activity_id: Option<i64>,
    /// The order that was let through.
    #[schema(
        pattern = "^[1-9][0-9]{0,18}$",
        max_length = 19,
        example = "100000000000017"
    )]
    order_id: Option<String>,
    rule: String,
    version: i32,
    /// review, deny or hold.
    action: String,
    #[schema(
        pattern = "^[A-Z][A-Z0-9_]{2,39}$",
        max_length = 40,
        example = "ORDER_RATE"
    )]
    reason_code: String,
    /// What the rule was given.
    #[schema(value_type = Object)]
    facts: Value,
    /// What its condition found.
    #[schema(value_type = Object)]
    observed: Value,
    /// released or upheld; null where nobody has decided, or nobody needs to.
    #[schema(example = "released")]
    decision: Option<String>,
    #[schema(max_length = 1000, example = "the owner called")]
    note: Option<String>,
    /// The number of the member who decided.
    decided_by: Option<i64>,
    decided_at: Option<i64>,
}

/// Risk events.
#[utoipa::path(get, path = "/api/admin/risk/events", tag = "admin", params(RiskEventsQuery),
    responses((status = 200, body = RiskEvents), Refusals))]
pub(crate) async fn risk_events(
    State(app): State<App>,
    staff: RiskOfficer,
    Query(query): Query<RiskEventsQuery>,
) -> Result<Json<RiskEvents>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let cursor = query.cursor.as_deref();
    let filter = RiskEventFilter {
        before: cursor.map(|text| number("cursor", text)).transpose()?,
        account_id: query.account_id,
        rule: query.rule.as_deref(),
        waiting: query.waiting,
        // One more tells whether there is a next page.
        limit: i32::try_from(limit + 1).unwrap_or(i32::MAX),
    };
    let rows = client::risk_events(&app.reads, staff.staff_session_id, filter).await;
    let mut rows = rows.map_err(refused)?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let next_cursor = rows
        .last()
        .filter(|_| more)
        .map(|row| row.event_id.to_string());
    Ok(Json(RiskEvents {
        events: rows.into_iter().map(RiskEvent::from).collect(),
        next_cursor,
    }))
}

impl From<client::RiskEvent> for RiskEvent {
    fn from(row: client::RiskEvent) -> Self {
        RiskEvent {
            event_id: row.event_id,
            occurred_at: millis(row.occurred_at),
            point: row.point,
            account_id: row.account_id,
            activity_id: row.activity_id,
            order_id: row.order_id.map(|order| order.to_string()),
            rule: row.rule,
            version: row.version,
            action: row.action,
            reason_code: row.reason_code,
            facts: row.facts,
            observed: row.observed,
            decision: row.decision,
            note: row.note,
            decided_by: row.decided_by,
            decided_at: row.decided_at.map(millis),
        }
    }
}
