//! `GET /api/wallet/withdrawals`.

use axum::Json;
use axum::extract::State;
use client::WithdrawalFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::withdrawal::Withdrawal;
use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, moment, page};

/// Withdrawals in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Where a withdrawal stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WithdrawalState {
    /// It waits for people.
    Requested,
    /// It may be sent.
    Approved,
    /// Its transaction is signed.
    Signed,
    /// The network has its transaction.
    Broadcast,
    /// It has arrived.
    Confirmed,
    /// It was refused; the money is back.
    Rejected,
    /// Its owner took it back.
    Cancelled,
    /// It could not be sent; the money is back.
    Failed,
}

impl WithdrawalState {
    fn name(self) -> &'static str {
        match self {
            WithdrawalState::Requested => "requested",
            WithdrawalState::Approved => "approved",
            WithdrawalState::Signed => "signed",
            WithdrawalState::Broadcast => "broadcast",
            WithdrawalState::Confirmed => "confirmed",
            WithdrawalState::Rejected => "rejected",
            WithdrawalState::Cancelled => "cancelled",
            WithdrawalState::Failed => "failed",
        }
    }
}

/// Which withdrawals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct WithdrawalsQuery {
    /// Only of this asset.
    asset: Option<String>,
    /// Only on this network.
    network: Option<String>,
    state: Option<WithdrawalState>,
    /// Asked for at this time or later, in milliseconds UTC.
    from: Option<i64>,
    /// Asked for before this time, in milliseconds UTC.
    to: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of withdrawals.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Withdrawals {
    withdrawals: Vec<Withdrawal>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// The caller's withdrawals, the newest first.
#[utoipa::path(get, path = "/api/wallet/withdrawals", tag = "wallet", params(WithdrawalsQuery),
    responses((status = 200, body = Withdrawals), Refusals))]
pub(crate) async fn withdrawals(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<WithdrawalsQuery>,
) -> Result<Json<Withdrawals>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let filter = WithdrawalFilter {
        asset: query.asset,
        network: query.network,
        state: query.state.map(WithdrawalState::name),
        from: query.from.map(|at| moment("from", at)).transpose()?,
        to: query.to.map(|at| moment("to", at)).transpose()?,
        before: query.cursor.as_deref().map(cursor).transpose()?,
        withdrawal_id: None,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = client::withdrawals(&app.reads, caller.account_id, &filter).await?;
    let next_cursor = cut(&mut rows, limit, client::Withdrawal::place);
    let withdrawals = rows.into_iter().map(Withdrawal::from).collect();
    Ok(Json(Withdrawals {
        withdrawals,
        next_cursor,
    }))
}
