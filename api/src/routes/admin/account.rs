//! `GET /api/admin/account`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::AccountViewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Whose account.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountQuery {
    account_id: i64,
}

/// A user's account and what it has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ShownAccount {
    account_id: i64,
    /// Whose sub-account it is; null where it is none.
    parent_account_id: Option<i64>,
    /// Null of a sub-account.
    email: Option<String>,
    /// active or frozen.
    status: String,
    fee_tier_id: i32,
    /// The fee tier's name.
    tier: String,
    /// By the owner's own words; null where not given.
    full_name: Option<String>,
    country: Option<String>,
    /// Until when nothing may be withdrawn; null where it may.
    withdrawals_blocked_until: Option<i64>,
    /// When the owner proved to read the address; null where nobody did.
    email_verified_at: Option<i64>,
    created_at: i64,
    /// Logins that have not ended.
    open_sessions: i32,
    /// API keys that were not revoked.
    live_api_keys: i32,
    /// One object an asset: asset, available, held.
    #[schema(value_type = Vec<Object>)]
    balances: Value,
}

/// A user's account. The look is logged.
#[utoipa::path(get, path = "/api/admin/account", tag = "admin", params(AccountQuery),
    responses((status = 200, body = ShownAccount), Refusals))]
pub(crate) async fn show_account(
    State(app): State<App>,
    staff: AccountViewer,
    Query(query): Query<AccountQuery>,
) -> Result<Json<ShownAccount>, ApiError> {
    let session = staff.staff_session_id;
    let row = client::show_account(&app.reads, session, query.account_id)
        .await
        .map_err(refused)?;
    Ok(Json(ShownAccount {
        account_id: row.account_id,
        parent_account_id: row.parent_account_id,
        email: row.email,
        status: row.status,
        fee_tier_id: row.fee_tier_id,
        tier: row.fee_tier,
        full_name: row.full_name,
        country: row.country,
        withdrawals_blocked_until: row.withdrawals_blocked_until.map(millis),
        email_verified_at: row.email_verified_at.map(millis),
        created_at: millis(row.created_at),
        open_sessions: row.open_sessions,
        live_api_keys: row.live_api_keys,
        balances: row.balances,
    }))
}
