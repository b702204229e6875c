//! `POST /api/trade/create-orders`.

use axum::Json;
use axum::extract::State;
use client::{Authorized, Outcome};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::create_order::CreateOrder;
use super::status::{OrderStatus, order_of};
use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::gather::Route;
use crate::limits::Charges;
use crate::openapi::{ErrorBody, Refusals};

/// Orders of one request.
const MOST_ORDERS: usize = 50;

/// Orders to place: those of one market together and in this order.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreateOrders {
    /// 1 to 50 of them.
    #[schema(min_items = 1, max_items = 50)]
    orders: Vec<CreateOrder>,
}

/// What became of each order, in the order of the request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CreatedOrders {
    results: Vec<CreatedOrder>,
}

/// Where the order stood, or why it was refused.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CreatedOrder {
    /// It was placed.
    Placed(OrderStatus),
    /// It was refused, which harms no other.
    Refused(ErrorBody),
}

/// Places up to 50 orders at once. A refused one harms no other. Safe to repeat as each order is.
#[utoipa::path(post, path = "/api/trade/create-orders", tag = "trade",
    request_body = CreateOrders, responses((status = 200, body = CreatedOrders), Refusals))]
pub(crate) async fn create_orders(
    State(app): State<App>,
    Trader(caller): Trader,
    charges: Charges,
    Body(orders): Body<CreateOrders>,
) -> Result<Json<CreatedOrders>, ApiError> {
    // The first one is in the route's own weight.
    let beyond_first = orders.orders.len().clamp(1, MOST_ORDERS) - 1;
    charges.add(beyond_first as u32).await?;
    perform(&app, &caller, orders).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    request: CreateOrders,
) -> Result<CreatedOrders, ApiError> {
    if !(1..=MOST_ORDERS).contains(&request.orders.len()) {
        let message = format!("give 1 to {MOST_ORDERS} orders");
        return Err(ApiError::malformed("orders", message));
    }
    let key = caller.request_key.as_deref();
    let count = request.orders.len();
    let mut units: Vec<Unit> = Vec::new();
    for (index, order) in request.orders.into_iter().enumerate() {
        let route = app.commands.route_to_market(&order.market);
        let unnamed = key.map(|key| format!("{key}-{index}"));
        let command = order
            .command(caller.account_id, unnamed)
            .by(caller.authority);
        match units.iter_mut().find(|unit| unit.route == route) {
            Some(unit) => unit.push(index, command),
            None => units.push(Unit::new(route, index, command)),
        }
    }
    let mut results: Vec<Option<CreatedOrder>> = (0..count).map(|_| None).collect();
    let running = units.into_iter().map(|unit| async move {
        let outcomes = app.commands.run_unit(unit.route, unit.commands).await;
        (unit.indices, outcomes)
    });
    for (indices, outcomes) in join_all(running).await {
        for (index, created) in indices.iter().zip(created(outcomes, indices.len())) {
            results[*index] = Some(created);
        }
    }
    let results = results.into_iter().flatten().collect();
    Ok(CreatedOrders { results })
}

/// The orders of one lane: done together, in the order of the request.
struct Unit {
    route: Route,
    /// Where they stand in the request.
    indices: Vec<usize>,
    commands: Vec<Authorized>,
}

impl Unit {
    fn new(route: Route, index: usize, command: Authorized) -> Self {
        Unit {
            route,
            indices: vec![index],
            commands: vec![command],
        }
    }

    fn push(&mut self, index: usize, command: Authorized) {
        self.indices.push(index);
        self.commands.push(command);
    }
}

/// A result for each; where the unit came to nothing, or to nobody knows what, each says so.
fn created(outcomes: Result<Vec<Outcome>, ApiError>, count: usize) -> Vec<CreatedOrder> {
    match outcomes {
        Ok(outcomes) => outcomes.into_iter().map(result).collect(),
        Err(error) => (0..count)
            .map(|_| CreatedOrder::Refused(error.body()))
            .collect(),
    }
}

fn result(outcome: Outcome) -> CreatedOrder {
    match order_of(outcome) {
        Ok(order) => CreatedOrder::Placed(order.into()),
        Err(error) => CreatedOrder::Refused(error.body()),
    }
}
