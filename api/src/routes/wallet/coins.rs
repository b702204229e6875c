//! `GET /api/wallet/coins`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// What can be paid in and out.
#[derive(Serialize, ToSchema)]
pub(crate) struct Coins {
    coins: Vec<Coin>,
}

/// An asset on a network that takes it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Coin {
    asset: String,
    network: String,
    /// The token's contract on it; null for the network's own coin. A token is known by this alone.
    contract: Option<String>,
    scale: i16,
    confirmations: i32,
    large_amount: String,
    large_confirmations: i32,
    min_deposit: String,
    min_withdrawal: String,
    /// Whether anything is sent at the moment; deposits go on.
    may_withdraw: bool,
}

impl From<client::Coin> for Coin {
    fn from(coin: client::Coin) -> Self {
        Coin {
            asset: coin.asset,
            network: coin.network,
            contract: coin
                .contract
                .map(|bytes| format!("0x{}", hex::encode(bytes))),
            scale: coin.scale,
            confirmations: coin.confirmations,
            large_amount: coin.large_amount,
            large_confirmations: coin.large_confirmations,
            min_deposit: coin.min_deposit,
            min_withdrawal: coin.min_withdrawal,
            may_withdraw: coin.may_withdraw,
        }
    }
}

/// Which assets can be paid in and out, and on which networks.
#[utoipa::path(get, path = "/api/wallet/coins", tag = "wallet",
    responses((status = 200, body = Coins), Refusals))]
pub(crate) async fn coins(State(app): State<App>) -> Result<Json<Coins>, ApiError> {
    let coins = client::listed_coins(&app.reads).await?;
    let coins = coins.into_iter().map(Coin::from).collect();
    Ok(Json(Coins { coins }))
}
