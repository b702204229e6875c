//! `POST /api/wallet/withdraw`.

use axum::Json;
use axum::extract::State;
use client::NewWithdrawal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::{read, refused};
use super::withdrawal::Withdrawal;
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::Withdrawer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::number;

/// What shall be sent.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Withdraw {
    asset: String,
    /// May be left out where the asset is on one network alone.
    network: Option<String>,
    /// To where. Its kind, its network and its checksum are checked.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    /// What arrives; the fee is taken besides.
    amount: String,
    /// Of `withdraw-fee`: its fee is taken. Without one it is that of now.
    quote_id: Option<String>,
}

/// A withdrawal that was asked for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Withdrawn {
    /// As it is now.
    withdrawal: Withdrawal,
    /// `true`: an earlier request of the same idempotency key made it.
    repeated: bool,
}

/// Sends money to an address. Amount and fee are held at once. A small amount goes on by itself, a
/// large one waits for reviewers; one to a deposit address of the exchange is paid at once, without
/// a fee. A session must have proved of late who it is; an API key needs the permission `withdraw`.
#[utoipa::path(post, path = "/api/wallet/withdraw", tag = "wallet", request_body = Withdraw,
    responses((status = 200, body = Withdrawn), Refusals))]
pub(crate) async fn withdraw(
    State(app): State<App>,
    Withdrawer(caller): Withdrawer,
    address: ClientAddress,
    Body(request): Body<Withdraw>,
) -> Result<Json<Withdrawn>, ApiError> {
    let quote_id = request.quote_id.as_deref();
    let quote_id = quote_id.map(|text| number("quoteId", text)).transpose()?;
    let network =
        client::withdrawal_network(&app.reads, &request.asset, request.network.as_deref()).await?;
    let target = read(&network.family, &network.chain, &request.address)?;
    let asked = NewWithdrawal {
        account_id: caller.account_id,
        authority: caller.authority,
        asset: &request.asset,
        network: &network.name,
        address: &target.address,
        script: &target.script,
        amount: &request.amount,
        quote_id,
        request_key: caller.request_key.as_deref(),
        from_address: &address.0.to_string(),
    };
    let made = client::request_withdrawal(&app.reads, asked).await;
    let (withdrawal, repeated) = made.map_err(refused)?;
    Ok(Json(Withdrawn {
        withdrawal: Withdrawal::from(withdrawal),
        repeated,
    }))
}
