//! `POST /api/trade/cancel-all`.

use axum::Json;
use axum::extract::State;
use client::{Command, Outcome, Side};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::status::unexpected;
use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::gather::Route;
use crate::openapi::Refusals;

/// Which orders; all where nothing is said.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CancelAll {
    pub(crate) market: Option<String>,
    pub(crate) side: Option<Side>,
}

/// How many orders were cancelled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CancelledAll {
    cancelled: u64,
    /// `true`: this is the first answer, given again.
    repeated: bool,
}

/// Cancels the caller's open orders, of one market or side where given. Halted markets keep theirs.
/// With an idempotency key a repeat cancels nothing that was placed since.
#[utoipa::path(post, path = "/api/trade/cancel-all", tag = "trade", request_body = CancelAll,
    responses((status = 200, body = CancelledAll), Refusals))]
pub(crate) async fn cancel_all(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(request): Body<CancelAll>,
) -> Result<Json<CancelledAll>, ApiError> {
    perform(&app, &caller, request).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    request: CancelAll,
) -> Result<CancelledAll, ApiError> {
    let route = request
        .market
        .as_deref()
        .map_or(Route::Any, |market| app.commands.route_to_market(market));
    let command = Command::CancelAll {
        account_id: caller.account_id,
        market: request.market,
        side: request.side,
    };
    match app.run_once(caller, route, command).await? {
        Outcome::CancelledAll {
            cancelled,
            repeated,
        } => Ok(CancelledAll {
            cancelled,
            repeated,
        }),
        Outcome::Rejected(reject) => Err(reject.into()),
        _ => Err(unexpected("all orders")),
    }
}
