//! `GET /api/admin/withdrawals`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::staff::WithdrawalViewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::routes::admin::refused;
use crate::wire::{cursor, cut, millis, page};

const DEFAULT_WITHDRAWALS: i64 = 100;
const MOST_WITHDRAWALS: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WithdrawalQueueQuery {
    /// `nextCursor` of the page before.
    cursor: Option<String>,
    #[param(minimum = 1, maximum = 500)]
    limit: Option<i64>,
}

/// Withdrawals that wait for people, the oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithdrawalQueue {
    /// The withdrawals.
    withdrawals: Vec<WaitingWithdrawal>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// A withdrawal that waits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct WaitingWithdrawal {
    withdrawal_id: String,
    account_id: i64,
    asset: String,
    network: String,
    /// To where.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    /// To another account of the exchange.
    is_internal: bool,
    /// What arrives.
    amount: String,
    /// What is taken besides.
    fee: String,
    /// The amount in USDT; null where the asset has no price.
    value_usdt: Option<String>,
    /// The level of the account.
    level: i32,
    /// How many reviewers must approve it.
    #[schema(minimum = 0, maximum = 2, examples(1))]
    required_reviews: i32,
    /// The members who have.
    approved_by: Vec<i64>,
    /// It waits for a risk officer too.
    is_risk_held: bool,
    /// The risk rules that were met.
    rules: Vec<String>,
    requested_at: i64,
}

/// What waits for reviewers and risk officers.
#[utoipa::path(get, path = "/api/admin/withdrawals", tag = "admin", params(WithdrawalQueueQuery),
    responses((status = 200, body = WithdrawalQueue), Refusals))]
pub(crate) async fn withdrawal_queue(
    State(app): State<App>,
    staff: WithdrawalViewer,
    Query(query): Query<WithdrawalQueueQuery>,
) -> Result<Json<WithdrawalQueue>, ApiError> {
    let limit = page(query.limit, DEFAULT_WITHDRAWALS, MOST_WITHDRAWALS)?;
    let after = query.cursor.as_deref().map(cursor).transpose()?;
    let after = after.map(|place| place.number);
    // One more tells whether there is a next page.
    let more = i32::try_from(limit + 1).unwrap_or(i32::MAX);
    let rows = client::withdrawal_queue(&app.reads, staff.staff_session_id, after, more).await;
    let mut rows = rows.map_err(refused)?;
    let next_cursor = cut(&mut rows, limit, client::WaitingWithdrawal::place);
    let waiting = |row: client::WaitingWithdrawal| WaitingWithdrawal {
        withdrawal_id: row.withdrawal_id.to_string(),
        account_id: row.account_id,
        asset: row.asset,
        network: row.network,
        address: row.address,
        is_internal: row.is_internal,
        amount: row.amount,
        fee: row.fee,
        value_usdt: row.value_usdt,
        level: row.kyc_level,
        required_reviews: row.required_reviews,
        approved_by: row.approved_by,
        is_risk_held: row.is_risk_held,
        rules: row.rules,
        requested_at: millis(row.requested_at),
    };
    let withdrawals = rows.into_iter().map(waiting).collect();
    Ok(Json(WithdrawalQueue {
        withdrawals,
        next_cursor,
    }))
}
