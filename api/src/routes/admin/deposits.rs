//! `GET /api/admin/deposits`.

use axum::Json;
use axum::extract::State;
use client::StaffDepositFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::MoneyViewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::routes::wallet::deposits::{Deposit, DepositState};
use crate::wire::{number, page};

/// Deposits in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Which deposits.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StaffDepositsQuery {
    state: Option<DepositState>,
    /// Only of this account.
    account_id: Option<i64>,
    /// `nextCursor` of the page before.
    #[param(pattern = "^[1-9][0-9]{0,18}$", max_length = 19, example = "17")]
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of users' deposits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffDeposits {
    deposits: Vec<StaffDeposit>,
    /// Given to `cursor`, it continues the list; null at its end.
    #[schema(pattern = "^[1-9][0-9]{0,18}$", max_length = 19, example = "17")]
    next_cursor: Option<String>,
}

/// A user's deposit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StaffDeposit {
    account_id: i64,
    /// What the risk rules judged; its events are under `/api/admin/risk/events`. Null before.
    activity_id: Option<i64>,
    /// As its owner sees it.
    deposit: Deposit,
}

/// Users' deposits, the newest first: those in state suspicious wait for a decision.
#[utoipa::path(get, path = "/api/admin/deposits", tag = "admin", params(StaffDepositsQuery),
    responses((status = 200, body = StaffDeposits), Refusals))]
pub(crate) async fn staff_deposits(
    State(app): State<App>,
    staff: MoneyViewer,
    Query(query): Query<StaffDepositsQuery>,
) -> Result<Json<StaffDeposits>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let cursor = query.cursor.as_deref();
    let filter = StaffDepositFilter {
        state: query.state.map(DepositState::name),
        account_id: query.account_id,
        before: cursor.map(|text| number("cursor", text)).transpose()?,
        // One more tells whether there is a next page.
        limit: i32::try_from(limit + 1).unwrap_or(i32::MAX),
    };
    let rows = client::staff_deposits(&app.reads, staff.staff_session_id, filter).await;
    let mut rows = rows.map_err(refused)?;
    let more = rows.len() as i64 > limit;
    rows.truncate(limit as usize);
    let last = rows.last().filter(|_| more);
    let next_cursor = last.map(|row| row.deposit.deposit_id.to_string());
    let deposits = rows.into_iter().map(|row| StaffDeposit {
        account_id: row.account_id,
        activity_id: row.activity_id,
        deposit: Deposit::from(row.deposit),
    });
    Ok(Json(StaffDeposits {
        deposits: deposits.collect(),
        next_cursor,
    }))
}
