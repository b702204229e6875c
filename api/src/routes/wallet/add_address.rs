//! `POST /api/wallet/addresses`.

use axum::Json;
use axum::extract::State;
use client::NewWithdrawalAddress;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::{read, refused};
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::{ApiError, Rejection};
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::auth::check_label;
use crate::wire::millis;

/// An address to keep.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddAddress {
    network: String,
    /// Its kind, its network and its checksum are checked.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    /// The owner's name for it, 1 to 64 characters.
    label: String,
}

/// An address that is in the book.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AddedAddress {
    address_id: i64,
    network: String,
    /// In its canonical form.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    created_at: i64,
    usable_from: i64,
    /// `true`: it was in the book already.
    repeated: bool,
}

/// Adds an address to the book. Nothing is sent there for a day, and the owner gets a mail. A book
/// has at most 100 addresses.
#[utoipa::path(post, path = "/api/wallet/addresses", tag = "wallet", request_body = AddAddress,
    responses((status = 200, body = AddedAddress), Refusals))]
pub(crate) async fn add_withdrawal_address(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<AddAddress>,
) -> Result<Json<AddedAddress>, ApiError> {
    check_label(&request.label)?;
    let network = client::network_named(&app.reads, &request.network).await?;
    let network = network.ok_or_else(|| {
        ApiError::Rejected(Rejection {
            code: "UNKNOWN_NETWORK".to_owned(),
            field: Some("network".to_owned()),
            message: format!("no network {}", request.network),
        })
    })?;
    let target = read(&network.family, &network.chain, &request.address)?;
    let new = NewWithdrawalAddress {
        account_id: owner.caller.account_id,
        session_id: owner.session_id,
        network: &network.name,
        address: &target.address,
        script: &target.script,
        label: &request.label,
    };
    let added = client::add_withdrawal_address(&app.reads, new).await;
    let added = added.map_err(refused)?;
    Ok(Json(AddedAddress {
        address_id: added.address_id,
        network: network.name,
        address: target.address,
        created_at: millis(added.created_at),
        usable_from: millis(added.usable_from),
        repeated: added.repeated,
    }))
}
