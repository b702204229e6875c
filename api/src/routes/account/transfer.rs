//! `POST /api/account/transfers`.

use axum::Json;
use axum::extract::State;
use client::NewTransfer;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// Money to move.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Transfer {
    /// The caller's own account, or one of its sub-accounts.
    from_account_id: i64,
    /// Another one of them.
    to_account_id: i64,
    asset: String,
    /// More than 0, with no more decimals than the asset has.
    amount: String,
}

/// A transfer that was made.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transferred {
    transfer_id: String,
    transferred_at: i64,
    /// `true`: an earlier request of the same idempotency key made it.
    repeated: bool,
}

/// Moves money between the account and its sub-accounts, at once and without a fee. Only what is
/// available moves; what orders hold stays.
#[utoipa::path(post, path = "/api/account/transfers", tag = "account", request_body = Transfer,
    responses((status = 200, body = Transferred), Refusals))]
pub(crate) async fn transfer(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<Transfer>,
) -> Result<Json<Transferred>, ApiError> {
    let transfer = NewTransfer {
        account_id: owner.caller.account_id,
        session_id: owner.session_id,
        from_account_id: request.from_account_id,
        to_account_id: request.to_account_id,
        asset: &request.asset,
        amount: &request.amount,
        request_key: owner.caller.request_key.as_deref(),
    };
    let made = client::transfer(&app.reads, transfer).await;
    let made = made.map_err(|error| match ApiError::from(error) {
        ApiError::Rejected(mut rejection) => {
            rejection.field = field_of(&rejection.code).map(str::to_owned);
            ApiError::Rejected(rejection)
        }
        other => other,
    })?;
    Ok(Json(Transferred {
        transfer_id: made.transfer_id.to_string(),
        transferred_at: millis(made.transferred_at),
        repeated: made.repeated,
    }))
}

/// What such a refusal is about. Which side is not the caller's is not told.
fn field_of(code: &str) -> Option<&'static str> {
    match code {
        "UNKNOWN_ASSET" => Some("asset"),
        "INVALID_AMOUNT" | "INSUFFICIENT_BALANCE" => Some("amount"),
        "ACCOUNT_NOT_FOUND" => Some("from_account_id"),
        "SAME_ACCOUNT" => Some("to_account_id"),
        _ => None,
    }
}
