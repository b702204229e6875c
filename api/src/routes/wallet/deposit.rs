//! `GET /api/wallet/deposit`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::deposits::Deposit;
use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::number;

/// Which deposit.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DepositQuery {
    deposit_id: String,
}

/// One deposit of the caller, and how many of its confirmations it has.
#[utoipa::path(get, path = "/api/wallet/deposit", tag = "wallet", params(DepositQuery),
    responses((status = 200, body = Deposit), Refusals))]
pub(crate) async fn deposit(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<DepositQuery>,
) -> Result<Json<Deposit>, ApiError> {
    let deposit_id = number("depositId", &query.deposit_id)?;
    let deposit = client::deposit(&app.reads, caller.account_id, deposit_id).await?;
    Ok(Json(Deposit::from(deposit)))
}
