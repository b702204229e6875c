//! `POST /api/wallet/addresses/remove`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::refused;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RemoveAddress {
    address_id: i64,
}

/// An address that was taken out.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RemovedAddress {
    address_id: i64,
}

/// Takes an address out of the book. Safe to repeat.
#[utoipa::path(post, path = "/api/wallet/addresses/remove", tag = "wallet",
    request_body = RemoveAddress, responses((status = 200, body = RemovedAddress), Refusals))]
pub(crate) async fn remove_withdrawal_address(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<RemoveAddress>,
) -> Result<Json<RemovedAddress>, ApiError> {
    let (account_id, address_id) = (owner.caller.account_id, request.address_id);
    client::remove_withdrawal_address(&app.reads, account_id, owner.session_id, address_id)
        .await
        .map_err(refused)?;
    Ok(Json(RemovedAddress { address_id }))
}
