//! `/api/trade`: placing, cancelling and listing orders.

use axum::Json;
use axum::extract::State;
use client::{Command, Kind, OrderFilter, Outcome, SelfTrade, Side, Terms, TimeInForce};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::auth::Caller;
use crate::error::ApiError;
use crate::extract::{Body, Query};
use crate::gather::Route;
use crate::wire::{millis, number, page};

/// Orders in one answer when the query says nothing, and at most.
const PAGE: i64 = 100;
const PAGE_LIMIT: i64 = 500;

/// Decimals are strings, and go through as the client wrote them: the engine reads them exactly.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CreateOrder {
    market: String,
    side: Side,
    kind: Option<Kind>,
    price: Option<String>,
    quantity: Option<String>,
    budget: Option<String>,
    time_in_force: Option<TimeInForce>,
    post_only: Option<bool>,
    self_trade: Option<SelfTrade>,
    client_order_id: Option<String>,
}

/// Where an order stood right after the request.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderStatus {
    order_id: String,
    state: client::State,
    #[serde(skip_serializing_if = "Option::is_none")]
    filled_quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    filled_quote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remaining_quantity: Option<String>,
    /// `true`: this is the first answer, given again.
    repeated: bool,
}

/// Places an order. With a client order id it is safe to repeat.
pub(super) async fn create_order(
    State(app): State<App>,
    caller: Caller,
    Body(order): Body<CreateOrder>,
) -> Result<Json<OrderStatus>, ApiError> {
    let route = app.commands.route_to_market(&order.market);
    let terms = Terms {
        side: order.side,
        kind: order.kind,
        price: order.price,
        quantity: order.quantity,
        budget: order.budget,
        time_in_force: order.time_in_force,
        post_only: order.post_only.unwrap_or_default(),
        self_trade: order.self_trade,
        client_order_id: order.client_order_id,
    };
    let command = Command::Place {
        account_id: caller.account_id,
        market: order.market,
        terms,
    };
    status_of(app.commands.run(route, command).await?)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct CancelOrder {
    order_id: Option<String>,
    client_order_id: Option<String>,
}

/// Cancels an open order, named by its number or by the client's name for it. Safe to repeat.
pub(super) async fn cancel_order(
    State(app): State<App>,
    caller: Caller,
    Body(order): Body<CancelOrder>,
) -> Result<Json<OrderStatus>, ApiError> {
    let order_id = order
        .order_id
        .as_deref()
        .map(|text| number("orderId", text))
        .transpose()?;
    let client_order_id = order.client_order_id;
    if order_id.is_some() == client_order_id.is_some() {
        return Err(ApiError::malformed(
            "orderId",
            "give either orderId or clientOrderId",
        ));
    }
    let route = order_id.map_or(Route::Any, Route::of_order);
    let account_id = caller.account_id;
    let command = Command::Cancel {
        account_id,
        order_id,
        client_order_id,
    };
    status_of(app.commands.run(route, command).await?)
}

fn status_of(outcome: Outcome) -> Result<Json<OrderStatus>, ApiError> {
    let order = outcome.into_order().ok_or_else(|| {
        ApiError::Internal("a command on one order was answered for several".to_owned())
    })??;
    Ok(Json(OrderStatus {
        order_id: order.order_id.to_string(),
        state: order.state,
        filled_quantity: order.filled_quantity,
        filled_quote: order.filled_quote,
        remaining_quantity: order.remaining_quantity,
        repeated: order.repeated,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct OrdersQuery {
    market: Option<String>,
    side: Option<Side>,
    state: Option<client::State>,
    cursor: Option<String>,
    limit: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Orders {
    orders: Vec<Order>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// The caller's orders by falling number: by market, then the newest first.
pub(super) async fn orders(
    State(app): State<App>,
    caller: Caller,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Orders>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let before = query
        .cursor
        .as_deref()
        .map(|text| number("cursor", text))
        .transpose()?;
    if let Some(market) = &query.market {
        app.require_market(market).await?;
    }
    let filter = OrderFilter {
        market: query.market,
        states: query.state.into_iter().collect(),
        side: query.side,
        before_order_id: before,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let rows = client::orders(&app.reads, caller.account_id, &filter).await?;
    let more = rows.len() as i64 > limit;
    let orders: Vec<Order> = rows
        .into_iter()
        .take(limit as usize)
        .map(Order::from)
        .collect();
    let next_cursor = orders
        .last()
        .filter(|_| more)
        .map(|order| order.order_id.clone());
    Ok(Json(Orders {
        orders,
        next_cursor,
    }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    client_order_id: Option<String>,
    market: String,
    side: String,
    kind: String,
    time_in_force: String,
    post_only: bool,
    self_trade: String,
    price: Option<String>,
    quantity: Option<String>,
    budget: Option<String>,
    reduced_quantity: String,
    filled_quantity: String,
    filled_quote: String,
    remaining_quantity: String,
    state: String,
    placed_at: i64,
    closed_at: Option<i64>,
}

impl From<client::Order> for Order {
    fn from(order: client::Order) -> Self {
        Order {
            order_id: order.order_id.to_string(),
            client_order_id: order.client_order_id,
            market: order.market,
            side: order.side,
            kind: order.kind,
            time_in_force: order.time_in_force,
            post_only: order.post_only,
            self_trade: order.self_trade,
            price: order.price,
            quantity: order.quantity,
            budget: order.budget,
            reduced_quantity: order.reduced_quantity,
            filled_quantity: order.filled_quantity,
            filled_quote: order.filled_quote,
            remaining_quantity: order.remaining_quantity,
            state: order.state,
            placed_at: millis(order.placed_at),
            closed_at: order.closed_at.map(millis),
        }
    }
}
