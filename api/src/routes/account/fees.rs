//! `GET /api/account/fees`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// What the caller's next orders pay, as parts of what they receive: 0.001 is a thousandth.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fees {
    /// The fee tier's name.
    tier: String,
    maker_rate: String,
    taker_rate: String,
}

/// The caller's fee rates. An order keeps the rates that it was placed with.
#[utoipa::path(get, path = "/api/account/fees", tag = "account",
    responses((status = 200, body = Fees), Refusals))]
pub(crate) async fn fees(
    State(app): State<App>,
    Reader(caller): Reader,
) -> Result<Json<Fees>, ApiError> {
    let fees = client::account_fees(&app.reads, caller.account_id).await?;
    Ok(Json(Fees {
        tier: fees.tier,
        maker_rate: fees.maker_rate,
        taker_rate: fees.taker_rate,
    }))
}
