//! `POST /api/trade/reduce-order`.

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

/// Which order, by one of its names, and what shall remain of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReduceOrder {
    order_id: Option<String>,
    client_order_id: Option<String>,
    /// What shall remain open; at most what is.
    quantity: String,
}

/// Lowers what an open order has left; it keeps its place in the queue. Safe to repeat.
#[utoipa::path(post, path = "/api/trade/reduce-order", tag = "trade", request_body = ReduceOrder,
    responses((status = 200, body = OrderStatus), Refusals))]
pub(crate) async fn reduce_order(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(request): Body<ReduceOrder>,
) -> Result<Json<OrderStatus>, ApiError> {
    perform(&app, &caller, request).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    request: ReduceOrder,
) -> Result<OrderStatus, ApiError> {
    let named = Named::by(request.order_id.as_deref(), request.client_order_id)?;
    let (route, by_client) = (named.route(), named.by_client());
    let command = Command::Reduce {
        account_id: caller.account_id,
        order_id: named.order_id,
        client_order_id: named.client_order_id,
        quantity: request.quantity,
    };
    let outcome = app.run_once(caller, route, command).await?;
    order_of(as_named(outcome, by_client)).map(OrderStatus::from)
}
