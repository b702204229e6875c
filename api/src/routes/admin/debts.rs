//! `GET /api/admin/debts`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::MoneyViewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, page};

const DEFAULT_DEBTS: i64 = 100;
const MOST_DEBTS: i64 = 500;

/// Which debts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DebtsQuery {
    /// Only of this account.
    account_id: Option<i64>,
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

/// What accounts owe.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Debts {
    debts: Vec<Debt>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// What an account owes of an asset.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Debt {
    account_id: i64,
    /// Null of a sub-account.
    email: Option<String>,
    asset: String,
    owed: String,
    available: String,
    held: String,
    /// When it last grew.
    since: i64,
}

/// What accounts owe: their deposits vanished from a chain after the money was spent. Until it is
/// settled, which later deposits do first, they withdraw nothing. By account and asset.
#[utoipa::path(get, path = "/api/admin/debts", tag = "admin", params(DebtsQuery),
    responses((status = 200, body = Debts), Refusals))]
pub(crate) async fn debts(
    State(app): State<App>,
    staff: MoneyViewer,
    Query(query): Query<DebtsQuery>,
) -> Result<Json<Debts>, ApiError> {
    let limit = page(query.limit, DEFAULT_DEBTS, MOST_DEBTS)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    // One more tells whether there is a next page.
    let more = i32::try_from(limit + 1).unwrap_or(i32::MAX);
    let (session, of) = (staff.staff_session_id, query.account_id);
    let rows = client::debts(&app.reads, session, of, after, more).await;
    let mut rows = rows.map_err(refused)?;
    let next_cursor = cut(&mut rows, limit, client::Debt::place);
    let debts = rows.into_iter().map(|row| Debt {
        account_id: row.account_id,
        email: row.email,
        asset: row.asset,
        owed: row.owed,
        available: row.available,
        held: row.held,
        since: millis(row.since),
    });
    Ok(Json(Debts {
        debts: debts.collect(),
        next_cursor,
    }))
}
