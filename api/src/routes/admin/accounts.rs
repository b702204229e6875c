//! `GET /api/admin/accounts`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::refused;
use crate::app::App;
use crate::auth::staff::AccountViewer;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{millis, page};

/// Accounts in one answer when the query says nothing, and at most.
const PAGE: i64 = 20;
const PAGE_LIMIT: i64 = 100;
/// Characters of an address that must be known: the list is for finding somebody, not for reading
/// on.
const PREFIX_LEAST: usize = 3;

/// Whose accounts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AccountsQuery {
    /// How the e-mail address begins, 3 characters at least.
    #[param(pattern = "^[^\\x00]{3,254}$", max_length = 254, example = "alice@")]
    email: String,
    limit: Option<i64>,
}

/// Accounts by e-mail address.
#[derive(Serialize, ToSchema)]
pub(crate) struct FoundAccounts {
    accounts: Vec<FoundAccount>,
}

/// A user's account.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FoundAccount {
    account_id: i64,
    email: String,
    /// active or frozen.
    status: String,
    fee_tier_id: i32,
    created_at: i64,
}

/// Finds users' accounts by the beginning of the e-mail address. The search is logged.
#[utoipa::path(get, path = "/api/admin/accounts", tag = "admin", params(AccountsQuery),
    responses((status = 200, body = FoundAccounts), Refusals))]
pub(crate) async fn find_accounts(
    State(app): State<App>,
    staff: AccountViewer,
    Query(query): Query<AccountsQuery>,
) -> Result<Json<FoundAccounts>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    if query.email.chars().count() < PREFIX_LEAST {
        return Err(ApiError::malformed(
            "email",
            "email has at least 3 characters",
        ));
    }
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let session = staff.staff_session_id;
    let rows = client::find_accounts(&app.reads, session, &query.email, limit)
        .await
        .map_err(refused)?;
    let accounts = rows.into_iter().map(|row| FoundAccount {
        account_id: row.account_id,
        email: row.email,
        status: row.status,
        fee_tier_id: row.fee_tier_id,
        created_at: millis(row.created_at),
    });
    Ok(Json(FoundAccounts {
        accounts: accounts.collect(),
    }))
}
