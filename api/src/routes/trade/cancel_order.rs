//! `POST /api/trade/cancel-order`.

use axum::Json;
use axum::extract::State;
use client::Command;
use serde::Deserialize;
use utoipa::ToSchema;

use super::status::{Named, OrderStatus, as_named, order_of};
use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which order: one of both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CancelOrder {
    order_id: Option<String>,
    client_order_id: Option<String>,
}

/// Cancels an open order, named by its number or by the client's name for it. Safe to repeat.
#[utoipa::path(post, path = "/api/trade/cancel-order", tag = "trade", request_body = CancelOrder,
    responses((status = 200, body = OrderStatus), Refusals))]
pub(crate) async fn cancel_order(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(order): Body<CancelOrder>,
) -> Result<Json<OrderStatus>, ApiError> {
    perform(&app, &caller, order).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    order: CancelOrder,
) -> Result<OrderStatus, ApiError> {
    let named = Named::by(order.order_id.as_deref(), order.client_order_id)?;
    let (route, by_client) = (named.route(), named.by_client());
    let command = Command::Cancel {
        account_id: caller.account_id,
        order_id: named.order_id,
        client_order_id: named.client_order_id,
    };
    let outcome = app
        .commands
        .run(route, command.by(caller.authority))
        .await?;
    order_of(as_named(outcome, by_client)).map(OrderStatus::from)
}
