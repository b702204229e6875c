//! `GET /api/wallet/withdrawal`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::{ApiError, Rejection};
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{millis, number};

/// Which one.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WithdrawalQuery {
    withdrawal_id: String,
}

/// A withdrawal.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Withdrawal {
    withdrawal_id: String,
    asset: String,
    network: String,
    /// To where, in its canonical form.
    #[schema(
        max_length = 100,
        examples("bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080")
    )]
    address: String,
    /// What arrives.
    amount: String,
    /// What is taken besides, in the asset.
    fee: String,
    /// requested, approved, signed, broadcast, confirmed, rejected, cancelled or failed.
    state: String,
    /// It was paid to another account of the exchange, without a chain.
    is_internal: bool,
    /// It is not being sent yet.
    may_cancel: bool,
    /// The transaction that carries it, as the chain's tools print it.
    txid: Option<String>,
    /// Why it was rejected, cancelled or failed.
    #[schema(max_length = 500, examples("cancelled by the owner"))]
    reason: Option<String>,
    requested_at: i64,
    approved_at: Option<i64>,
    ended_at: Option<i64>,
}

impl From<client::Withdrawal> for Withdrawal {
    fn from(found: client::Withdrawal) -> Self {
        Withdrawal {
            withdrawal_id: found.withdrawal_id.to_string(),
            asset: found.asset,
            network: found.network,
            address: found.address,
            amount: found.amount,
            fee: found.fee,
            state: found.state,
            is_internal: found.is_internal,
            may_cancel: found.may_cancel,
            txid: found.txid,
            reason: found.end_reason,
            requested_at: millis(found.requested_at),
            approved_at: found.approved_at.map(millis),
            ended_at: found.ended_at.map(millis),
        }
    }
}

/// One withdrawal of the caller.
#[utoipa::path(get, path = "/api/wallet/withdrawal", tag = "wallet", params(WithdrawalQuery),
    responses((status = 200, body = Withdrawal), Refusals))]
pub(crate) async fn withdrawal(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<WithdrawalQuery>,
) -> Result<Json<Withdrawal>, ApiError> {
    let withdrawal_id = number("withdrawalId", &query.withdrawal_id)?;
    let found = client::withdrawal(&app.reads, caller.account_id, withdrawal_id).await?;
    let found = found.ok_or_else(|| {
        ApiError::Rejected(Rejection {
            code: "WITHDRAWAL_NOT_FOUND".to_owned(),
            field: Some("withdrawal_id".to_owned()),
            message: format!("no withdrawal {withdrawal_id}"),
        })
    })?;
    Ok(Json(Withdrawal::from(found)))
}
