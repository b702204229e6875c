//! `/api/account`: what the caller has.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;

#[derive(Serialize)]
pub(super) struct Balances {
    balances: Vec<Balance>,
}

#[derive(Serialize)]
struct Balance {
    asset: String,
    available: String,
    held: String,
}

/// The caller's balances, by asset.
pub(super) async fn balances(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<Balances>, ApiError> {
    let rows = client::account_balances(&app.reads, caller.account_id).await?;
    let balances = rows.into_iter().map(|row| Balance {
        asset: row.asset,
        available: row.available,
        held: row.held,
    });
    Ok(Json(Balances {
        balances: balances.collect(),
    }))
}
