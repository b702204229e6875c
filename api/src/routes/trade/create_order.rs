//! `POST /api/trade/create-order`.

use axum::Json;
use axum::extract::State;
use client::{Command, Kind, SelfTrade, Side, Terms, TimeInForce};
use serde::Deserialize;
use utoipa::ToSchema;

use super::status::{OrderStatus, order_of};
use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Decimals are strings, and go through as the client wrote them: the engine reads them exactly.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CreateOrder {
    pub(super) market: String,
    pub(super) side: Side,
    pub(super) kind: Option<Kind>,
    pub(super) price: Option<String>,
    pub(super) quantity: Option<String>,
    pub(super) budget: Option<String>,
    pub(super) time_in_force: Option<TimeInForce>,
    pub(super) post_only: Option<bool>,
    pub(super) self_trade: Option<SelfTrade>,
    /// The client's name for the order; the request's idempotency key where absent.
    pub(super) client_order_id: Option<String>,
}

impl CreateOrder {
    /// The command; `unnamed` is the order's name where the client gave it none.
    pub(super) fn command(self, account_id: i64, unnamed: Option<String>) -> Command {
        let terms = Terms {
            side: self.side,
            kind: self.kind,
            price: self.price,
            quantity: self.quantity,
            budget: self.budget,
            time_in_force: self.time_in_force,
            post_only: self.post_only.unwrap_or_default(),
            self_trade: self.self_trade,
            client_order_id: self.client_order_id.or(unnamed),
        };
        Command::Place {
            account_id,
            market: self.market,
            terms,
        }
    }
}

/// Places an order. With a client order id or an idempotency key it is safe to repeat.
#[utoipa::path(post, path = "/api/trade/create-order", tag = "trade", request_body = CreateOrder,
    responses((status = 200, body = OrderStatus), Refusals))]
pub(crate) async fn create_order(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(order): Body<CreateOrder>,
) -> Result<Json<OrderStatus>, ApiError> {
    perform(&app, &caller, order).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    order: CreateOrder,
) -> Result<OrderStatus, ApiError> {
    let route = app.commands.route_to_market(&order.market);
    let command = order
        .command(caller.account_id, caller.request_key.clone())
        .by(caller.authority);
    let outcome = app.commands.run(route, command).await?;
    order_of(outcome).map(OrderStatus::from)
}
