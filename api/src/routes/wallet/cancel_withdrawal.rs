//! `POST /api/wallet/cancel-withdrawal`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::refused;
use crate::app::App;
use crate::auth::Withdrawer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::number;

/// Which one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CancelWithdrawal {
    withdrawal_id: String,
}

/// A withdrawal that was taken back.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelledWithdrawal {
    withdrawal_id: String,
    /// cancelled.
    state: &'static str,
    /// `true`: it was cancelled before.
    repeated: bool,
}

/// Takes back a withdrawal that is not being sent yet; what was held is available again. Safe to
/// repeat.
#[utoipa::path(post, path = "/api/wallet/cancel-withdrawal", tag = "wallet",
    request_body = CancelWithdrawal,
    responses((status = 200, body = CancelledWithdrawal), Refusals))]
pub(crate) async fn cancel_withdrawal(
    State(app): State<App>,
    Withdrawer(caller): Withdrawer,
    Body(request): Body<CancelWithdrawal>,
) -> Result<Json<CancelledWithdrawal>, ApiError> {
    let withdrawal_id = number("withdrawalId", &request.withdrawal_id)?;
    let (account_id, authority) = (caller.account_id, caller.authority);
    let repeated = client::cancel_withdrawal(&app.reads, account_id, authority, withdrawal_id)
        .await
        .map_err(refused)?;
    Ok(Json(CancelledWithdrawal {
        withdrawal_id: request.withdrawal_id,
        state: "cancelled",
        repeated,
    }))
}
