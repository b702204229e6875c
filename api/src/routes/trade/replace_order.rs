//! `POST /api/trade/replace-order`.

use axum::Json;
use axum::extract::State;
use client::{Command, Outcome, SelfTrade, Side, Terms, TimeInForce};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::status::{Named, OrderStatus, unexpected};
use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// The order to end, by one of its names, and the limit order that takes its place.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ReplaceOrder {
    order_id: Option<String>,
    client_order_id: Option<String>,
    side: Side,
    price: String,
    quantity: String,
    time_in_force: Option<TimeInForce>,
    post_only: Option<bool>,
    self_trade: Option<SelfTrade>,
    /// The client's name for the new order; the request's idempotency key where absent.
    new_client_order_id: Option<String>,
}

/// Both orders.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReplacedOrder {
    /// The order that ended; null in a repeated answer.
    cancelled: Option<OrderStatus>,
    /// The order that took its place.
    placed: OrderStatus,
}

/// Cancels an order and places another in its market: both, or neither. With a name for the new
/// order, or an idempotency key, it is safe to repeat.
#[utoipa::path(post, path = "/api/trade/replace-order", tag = "trade",
    request_body = ReplaceOrder, responses((status = 200, body = ReplacedOrder), Refusals))]
pub(crate) async fn replace_order(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(request): Body<ReplaceOrder>,
) -> Result<Json<ReplacedOrder>, ApiError> {
    perform(&app, &caller, request).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    request: ReplaceOrder,
) -> Result<ReplacedOrder, ApiError> {
    let named = Named::by(request.order_id.as_deref(), request.client_order_id)?;
    let (route, by_client) = (named.route(), named.by_client());
    let terms = Terms {
        time_in_force: request.time_in_force,
        post_only: request.post_only.unwrap_or_default(),
        self_trade: request.self_trade,
        client_order_id: request
            .new_client_order_id
            .or_else(|| caller.request_key.clone()),
        ..Terms::limit(request.side, request.price, request.quantity)
    };
    let command = Command::Replace {
        account_id: caller.account_id,
        order_id: named.order_id,
        replaced_client_order_id: named.client_order_id,
        terms,
    };
    let outcome = app
        .commands
        .run(route, command.by(caller.authority))
        .await?;
    match outcome {
        Outcome::Replaced { cancelled, placed } => Ok(ReplacedOrder {
            cancelled: Some(cancelled.into()),
            placed: placed.into(),
        }),
        // The new order was placed by an earlier request of the same content.
        Outcome::Order(placed) => Ok(ReplacedOrder {
            cancelled: None,
            placed: placed.into(),
        }),
        Outcome::Rejected(reject) => Err(renamed(reject, by_client).into()),
        Outcome::CancelledAll { .. } => Err(unexpected("two orders")),
    }
}

/// Fields as this request spells them: `client_order_id` of the command is the new order's name.
fn renamed(reject: client::Reject, by_client: bool) -> client::Reject {
    let field = reject.field.map(|field| match field.as_str() {
        "client_order_id" => "new_client_order_id".to_owned(),
        "order_id" if by_client => "client_order_id".to_owned(),
        "replaced_client_order_id" => "client_order_id".to_owned(),
        _ => field,
    });
    client::Reject { field, ..reject }
}
