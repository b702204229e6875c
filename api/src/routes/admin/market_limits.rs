//! `POST /api/admin/markets/limits`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, check_decimal, propose};
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// The limits that a market's new orders shall have; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct MarketLimits {
    market: String,
    min_quantity: Option<String>,
    max_quantity: Option<String>,
    min_notional: Option<String>,
    price_band: Option<String>,
    max_open_orders: Option<i32>,
    reason: String,
}

/// Proposes the limits of a market's orders. Open orders stay as they are.
#[utoipa::path(post, path = "/api/admin/markets/limits", tag = "admin",
    request_body = MarketLimits, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_market_limits(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<MarketLimits>,
) -> Result<Json<Proposed>, ApiError> {
    for (field, text) in [
        ("minQuantity", &request.min_quantity),
        ("maxQuantity", &request.max_quantity),
        ("minNotional", &request.min_notional),
        ("priceBand", &request.price_band),
    ] {
        text.as_deref()
            .map_or(Ok(()), |text| check_decimal(field, text))?;
    }
    let arguments = json!({
        "market": request.market,
        "min_quantity": request.min_quantity,
        "max_quantity": request.max_quantity,
        "min_notional": request.min_notional,
        "price_band": request.price_band,
        "max_open_orders": request.max_open_orders,
    });
    let action = "set_market_limits";
    propose(&app, &staff, action, &arguments, &request.reason).await
}
