//! `POST /api/admin/markets/status`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::MarketGuard;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// What a market takes.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MarketStatus {
    /// Everything.
    Trading,
    /// What ends orders or makes them smaller.
    CancelOnly,
    /// Nothing.
    Halted,
}

/// How a market shall stand.
#[derive(Deserialize, ToSchema)]
#[schema(as = SetMarketStatus)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StatusOfMarket {
    market: String,
    status: MarketStatus,
    reason: String,
}

/// Proposes that a market is halted, takes cancels only, or trades again.
#[utoipa::path(post, path = "/api/admin/markets/status", tag = "admin",
    request_body = StatusOfMarket, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_market_status(
    State(app): State<App>,
    staff: MarketGuard,
    Body(request): Body<StatusOfMarket>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "market": request.market, "status": request.status });
    let action = "set_market_status";
    propose(&app, &staff, action, &arguments, &request.reason).await
}
