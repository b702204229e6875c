//! An order as its owner reads it, over HTTP and over a socket alike.

use serde::Serialize;
use utoipa::ToSchema;

use super::millis;

/// An order as it stands.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Order {
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
