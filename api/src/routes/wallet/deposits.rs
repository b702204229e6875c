//! `GET /api/wallet/deposits`.

use axum::Json;
use axum::extract::State;
use client::DepositFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, moment, page};

/// Deposits in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Where a deposit stands.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DepositState {
    /// In no block yet.
    Seen,
    /// In a block, with too few confirmations.
    Pending,
    /// In the balance.
    Credited,
    /// Somebody has to look at it.
    Suspicious,
    /// Gone from the chain.
    Orphaned,
    /// Too little to be credited.
    BelowMinimum,
    /// On its way back.
    Refunding,
    /// Sent back.
    Refunded,
}

impl DepositState {
    /// Its name on the wire and in the database.
    pub(crate) fn name(self) -> &'static str {
        match self {
            DepositState::Seen => "seen",
            DepositState::Pending => "pending",
            DepositState::Credited => "credited",
            DepositState::Suspicious => "suspicious",
            DepositState::Orphaned => "orphaned",
            DepositState::BelowMinimum => "below_minimum",
            DepositState::Refunding => "refunding",
            DepositState::Refunded => "refunded",
        }
    }
}

/// Which deposits.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DepositsQuery {
    /// Only of this asset.
    asset: Option<String>,
    /// Only of this network.
    network: Option<String>,
    state: Option<DepositState>,
    /// First seen at this time or later, in milliseconds UTC.
    from: Option<i64>,
    /// First seen before this time, in milliseconds UTC.
    to: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of deposits.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deposits {
    deposits: Vec<Deposit>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// A payment to one of the caller's addresses.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Deposit {
    deposit_id: String,
    /// chain; internal: another account of the exchange paid it, at once and without a chain.
    #[schema(pattern = "^(chain|internal)$", max_length = 8, examples("chain"))]
    kind: String,
    asset: String,
    network: String,
    /// At which of the caller's addresses.
    #[schema(
        pattern = "^[0-9A-Za-z]{1,100}$",
        max_length = 100,
        examples("bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx")
    )]
    address: String,
    /// How much arrived.
    #[schema(
        pattern = "^[0-9]+(\\.[0-9]+)?$",
        max_length = 64,
        examples("0.50000000")
    )]
    amount: String,
    /// The transaction, as the chain's tools print it; null of an internal one.
    txid: Option<String>,
    /// Where it came from; null where the chain does not say.
    #[schema(
        pattern = "^[0-9A-Za-z]{1,100}$",
        max_length = 100,
        examples("0x1111111111111111111111111111111111111111")
    )]
    from_address: Option<String>,
    /// seen: in no block yet; pending: with too few confirmations; credited: in the balance;
    /// suspicious: somebody has to look at it; orphaned: gone from the chain; `below_minimum`: too
    /// little to be credited; refunding, refunded: on its way back, sent back.
    state: String,
    /// Blocks since, the one that holds it included.
    #[schema(minimum = 0, maximum = 9223372036854775807_i64, examples(1))]
    confirmations: i64,
    required_confirmations: i32,
    seen_at: i64,
    changed_at: i64,
    /// When it was credited; null where it is not.
    credited_at: Option<i64>,
}

impl From<client::Deposit> for Deposit {
    fn from(deposit: client::Deposit) -> Self {
        Deposit {
            deposit_id: deposit.deposit_id.to_string(),
            kind: deposit.kind,
            asset: deposit.asset,
            network: deposit.network,
            address: deposit.address,
            amount: deposit.amount,
            txid: deposit.txid,
            from_address: deposit.from_address,
            state: deposit.state,
            confirmations: deposit.confirmations,
            required_confirmations: deposit.required_confirmations,
            seen_at: millis(deposit.seen_at),
            changed_at: millis(deposit.changed_at),
            credited_at: deposit.credited_at.map(millis),
        }
    }
}

/// The caller's deposits, the newest first.
#[utoipa::path(get, path = "/api/wallet/deposits", tag = "wallet", params(DepositsQuery),
    responses((status = 200, body = Deposits), Refusals))]
pub(crate) async fn deposits(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<DepositsQuery>,
) -> Result<Json<Deposits>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let filter = DepositFilter {
        asset: query.asset,
        network: query.network,
        state: query.state.map(DepositState::name),
        from: query.from.map(|at| moment("from", at)).transpose()?,
        to: query.to.map(|at| moment("to", at)).transpose()?,
        before: query.cursor.as_deref().map(cursor).transpose()?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = client::deposits(&app.reads, caller.account_id, &filter).await?;
    let next_cursor = cut(&mut rows, limit, client::Deposit::place);
    Ok(Json(Deposits {
        deposits: rows.into_iter().map(Deposit::from).collect(),
        next_cursor,
    }))
}
