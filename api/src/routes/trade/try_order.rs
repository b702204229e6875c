//! `POST /api/trade/orders/test`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::create_order::CreateOrder;
use super::status::{only, order_of};
use crate::app::App;
use crate::auth::Trader;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Where the order would have stood.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TriedOrder {
    state: client::State,
    filled_quantity: Option<String>,
    filled_quote: Option<String>,
    remaining_quantity: Option<String>,
    /// `true`: this order was placed before, and what was answered then is given again.
    repeated: bool,
}

/// Checks an order as if it were placed, against the book as it is, and books nothing.
#[utoipa::path(post, path = "/api/trade/orders/test", tag = "trade", request_body = CreateOrder,
    responses((status = 200, body = TriedOrder), Refusals))]
pub(crate) async fn try_order(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(order): Body<CreateOrder>,
) -> Result<Json<TriedOrder>, ApiError> {
    let command = order.command(caller.account_id, None).by(caller.authority);
    let outcomes = client::try_commands(&app.reads, &[command]).await?;
    let order = order_of(only(outcomes)?)?;
    Ok(Json(TriedOrder {
        state: order.state,
        filled_quantity: order.filled_quantity,
        filled_quote: order.filled_quote,
        remaining_quantity: order.remaining_quantity,
        repeated: order.repeated,
    }))
}
