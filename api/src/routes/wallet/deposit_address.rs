//! `GET /api/wallet/deposit-address`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::{ApiError, Rejection};
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wallet::Issued;

/// Of which currency.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressQuery {
    currency: String,
    /// On which network; may be left out where the currency is on one alone.
    network: Option<String>,
}

/// The caller's own address, and what is asked of a deposit.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WalletAddress {
    currency: String,
    network: String,
    /// Where to send it. Any listed coin of the network that arrives there is credited.
    #[schema(
        pattern = "^[0-9A-Za-z]{1,100}$",
        max_length = 100,
        examples("bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx")
    )]
    address: String,
    /// The same for wallets, as in the QR code: BIP21 or ERC-681.
    #[schema(
        pattern = "^(bitcoin|ethereum):[!-~]{1,400}$",
        max_length = 409,
        examples("bitcoin:bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx")
    )]
    uri: String,
    min_deposit: String,
    confirmations: i32,
    large_amount: String,
    large_confirmations: i32,
}

/// The caller's own deposit address of a currency: made when it is first asked for, the same ever
/// after. Its QR code is `qr.svg` and `qr.png` below it.
#[utoipa::path(get, path = "/api/wallet/deposit-address", tag = "wallet", params(AddressQuery),
    responses((status = 200, body = WalletAddress), Refusals))]
pub(crate) async fn deposit_address(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<AddressQuery>,
) -> Result<Json<WalletAddress>, ApiError> {
    let issued = issue(&app, caller.account_id, &query).await?;
    Ok(Json(WalletAddress {
        currency: query.currency,
        network: issued.terms.network,
        address: issued.address,
        uri: issued.uri,
        min_deposit: issued.terms.min_deposit,
        confirmations: issued.terms.confirmations,
        large_amount: issued.terms.large_amount,
        large_confirmations: issued.terms.large_confirmations,
    }))
}

/// The address that a query asks for.
pub(super) async fn issue(
    app: &App,
    account_id: i64,
    query: &AddressQuery,
) -> Result<Issued, ApiError> {
    let network = query.network.as_deref();
    let issued = app
        .wallet
        .address(&app.reads, account_id, &query.currency, network);
    issued.await.map_err(|error| match error {
        // Here an asset is called a currency.
        ApiError::Rejected(rejection) if rejection.code == "UNKNOWN_ASSET" => {
            let field = Some("currency".to_owned());
            ApiError::Rejected(Rejection { field, ..rejection })
        }
        other => other,
    })
}
