//! `GET /api/account/balances`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// What the caller has.
#[derive(Serialize, ToSchema)]
pub(crate) struct Balances {
    balances: Vec<Balance>,
}

/// Of one asset, in its own decimals.
#[derive(Serialize, ToSchema)]
pub(crate) struct Balance {
    pub(crate) asset: String,
    pub(crate) available: String,
    pub(crate) held: String,
}

/// The caller's balances, by asset.
#[utoipa::path(get, path = "/api/account/balances", tag = "account",
    responses((status = 200, body = Balances), Refusals))]
pub(crate) async fn balances(
    State(app): State<App>,
    Reader(caller): Reader,
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
