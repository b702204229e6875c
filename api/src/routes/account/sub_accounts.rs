//! `GET /api/account/sub-accounts`.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::balances::Balance;
use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Sub-accounts, the oldest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SubAccounts {
    sub_accounts: Vec<SubAccount>,
}

/// A sub-account and what it has.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SubAccount {
    /// Its number: it stands where an account's number does.
    account_id: i64,
    label: String,
    /// active or frozen.
    status: String,
    created_at: i64,
    balances: Vec<Balance>,
}

/// The account's sub-accounts and what each has; 20 at most, so there are no pages.
#[utoipa::path(get, path = "/api/account/sub-accounts", tag = "account",
    responses((status = 200, body = SubAccounts), Refusals))]
pub(crate) async fn sub_accounts(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<SubAccounts>, ApiError> {
    let rows = client::sub_accounts_of(&app.reads, owner.caller.account_id).await?;
    let ids: Vec<i64> = rows.iter().map(|row| row.account_id).collect();
    let mut balances: HashMap<i64, Vec<Balance>> = HashMap::new();
    for row in client::balances_of(&app.reads, &ids).await? {
        balances.entry(row.account_id).or_default().push(Balance {
            asset: row.asset,
            available: row.available,
            held: row.held,
        });
    }
    let accounts = rows.into_iter().map(|row| SubAccount {
        balances: balances.remove(&row.account_id).unwrap_or_default(),
        account_id: row.account_id,
        label: row.label,
        status: row.status,
        created_at: millis(row.created_at),
    });
    Ok(Json(SubAccounts {
        sub_accounts: accounts.collect(),
    }))
}
