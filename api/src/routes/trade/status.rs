//! What commands answer, and how an order is named.

use client::{OrderOutcome, Outcome};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::gather::Route;
use crate::wire::number;

/// Where an order stood right after the request.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrderStatus {
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

impl From<OrderOutcome> for OrderStatus {
    fn from(order: OrderOutcome) -> Self {
        OrderStatus {
            order_id: order.order_id.to_string(),
            state: order.state,
            filled_quantity: order.filled_quantity,
            filled_quote: order.filled_quote,
            remaining_quantity: order.remaining_quantity,
            repeated: order.repeated,
        }
    }
}

/// The order that a command on one order came to.
pub(crate) fn order_of(outcome: Outcome) -> Result<OrderOutcome, ApiError> {
    let order = outcome
        .into_order()
        .ok_or_else(|| unexpected("one order"))?;
    Ok(order?)
}

/// A reject about an order names the field that named the order: the engine knows numbers alone.
pub(crate) fn as_named(outcome: Outcome, by_client: bool) -> Outcome {
    match outcome {
        Outcome::Rejected(mut reject) if by_client => {
            if reject.field.as_deref() == Some("order_id") {
                reject.field = Some("client_order_id".to_owned());
            }
            Outcome::Rejected(reject)
        }
        other => other,
    }
}

/// The only outcome of a batch of one.
pub(crate) fn only(outcomes: Vec<Outcome>) -> Result<Outcome, ApiError> {
    outcomes
        .into_iter()
        .next()
        .ok_or_else(|| unexpected("one command"))
}

/// The exchange answered another question than was asked: a fault of ours.
pub(crate) fn unexpected(asked: &str) -> ApiError {
    ApiError::Internal(format!("an answer that does not fit a command on {asked}"))
}

/// An open order, by one of its two names.
pub(crate) struct Named {
    pub(crate) order_id: Option<i64>,
    pub(crate) client_order_id: Option<String>,
}

impl Named {
    /// Exactly one of both.
    pub(crate) fn by(
        order_id: Option<&str>,
        client_order_id: Option<String>,
    ) -> Result<Self, ApiError> {
        let order_id = order_id.map(|text| number("orderId", text)).transpose()?;
        if order_id.is_some() == client_order_id.is_some() {
            let message = "give either orderId or clientOrderId";
            return Err(ApiError::malformed("orderId", message));
        }
        Ok(Named {
            order_id,
            client_order_id,
        })
    }

    /// Whether it was named by the client's name for it.
    pub(crate) fn by_client(&self) -> bool {
        self.client_order_id.is_some()
    }

    /// The lane for commands on it.
    pub(crate) fn route(&self) -> Route {
        self.order_id.map_or(Route::Any, Route::of_order)
    }
}
