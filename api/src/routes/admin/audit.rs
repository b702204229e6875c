//! `GET /api/admin/audit`.

use axum::Json;
use axum::extract::State;
use client::{AuditFilter, Place};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::Administrator;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, page};

/// Entries in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Which entries.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AuditQuery {
    /// Only of this member.
    staff_id: Option<i64>,
    /// Only of this action.
    #[param(max_length = 64, example = "approved")]
    action: Option<String>,
    /// Only of this subject.
    #[param(max_length = 200, example = "account:7")]
    subject: Option<String>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of the audit log, the newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuditPage {
    entries: Vec<AuditEntry>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// What a member did.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditEntry {
    entry_id: i64,
    /// Who; null for the operator's own commands.
    staff_id: Option<i64>,
    email: Option<String>,
    action: String,
    /// To what: kind and number.
    #[schema(max_length = 200, example = "account:7")]
    subject: String,
    /// How: an object of the action's own.
    #[schema(value_type = Object)]
    detail: Value,
    recorded_at: i64,
    /// Its place in the chain; null until it is linked.
    link_number: Option<i64>,
    /// The link's hash in hexadecimal digits.
    #[schema(
        pattern = "^[0-9a-f]{64}$",
        max_length = 64,
        example = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    )]
    hash: Option<String>,
}

/// The log of what staff did.
#[utoipa::path(get, path = "/api/admin/audit", tag = "admin", params(AuditQuery),
    responses((status = 200, body = AuditPage), Refusals))]
pub(crate) async fn audit(
    State(app): State<App>,
    staff: Administrator,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let before = query.cursor.as_deref().map(cursor).transpose()?;
    let filter = AuditFilter {
        before: before.map(|place| place.number),
        staff_id: query.staff_id,
        action: query.action.as_deref(),
        subject: query.subject.as_deref(),
        // One more tells whether there is a next page.
        limit: i32::try_from(limit + 1).unwrap_or(i32::MAX),
    };
    let rows = client::audit_entries(&app.reads, staff.staff_session_id, filter).await;
    let mut rows = rows.map_err(refused)?;
    let next_cursor = cut(&mut rows, limit, |row| Place {
        at: row.recorded_at,
        number: row.entry_id,
        part: 0,
    });
    let entries = rows.into_iter().map(AuditEntry::from).collect();
    Ok(Json(AuditPage {
        entries,
        next_cursor,
    }))
}

impl From<client::AuditEntry> for AuditEntry {
    fn from(row: client::AuditEntry) -> Self {
        AuditEntry {
            entry_id: row.entry_id,
            staff_id: row.staff_id,
            email: row.staff_email,
            action: row.action,
            subject: row.subject,
            detail: row.detail,
            recorded_at: millis(row.recorded_at),
            link_number: row.link_number,
            hash: row.hash.map(hex::encode),
        }
    }
}
