//! `GET /api/wallet/withdraw-fee`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Of what.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FeeQuery {
    asset: String,
    /// May be left out where the asset is on one network alone.
    network: Option<String>,
}

/// A fee that is promised.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WithdrawFee {
    /// Given to a withdrawal, it is charged this fee.
    quote_id: String,
    asset: String,
    network: String,
    /// What a withdrawal of any amount costs, in the asset.
    fee: String,
    /// By how many millionths the fee is less, because the hour is a quiet one.
    #[schema(minimum = 0, maximum = 1_000_000, examples(50_000))]
    quiet_ppm: i32,
    min_withdrawal: String,
    /// Until when the fee is kept.
    expires_at: i64,
}

/// What a withdrawal costs, promised for a minute. It follows what the network's node says, is less
/// in hours that are quiet as measured, and to an address of the exchange nothing is charged.
#[utoipa::path(get, path = "/api/wallet/withdraw-fee", tag = "wallet", params(FeeQuery),
    responses((status = 200, body = WithdrawFee), Refusals))]
pub(crate) async fn withdraw_fee(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<FeeQuery>,
) -> Result<Json<WithdrawFee>, ApiError> {
    let (asset, network) = (query.asset, query.network.as_deref());
    let quote =
        client::quote_withdrawal_fee(&app.reads, caller.account_id, &asset, network).await?;
    Ok(Json(WithdrawFee {
        quote_id: quote.quote_id.to_string(),
        asset,
        network: quote.network,
        fee: quote.fee,
        quiet_ppm: quote.quiet_ppm,
        min_withdrawal: quote.min_withdrawal,
        expires_at: millis(quote.expires_at),
    }))
}
