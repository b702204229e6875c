//! `GET /api/trade/order`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::IntoParams;

use super::status::Named;
use crate::app::App;
use crate::auth::Reader;
use crate::error::{ApiError, Rejection};
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::order::Order;

/// Which order: one of both.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrderQuery {
    order_id: Option<String>,
    client_order_id: Option<String>,
}

/// One order of the caller's, open or ended, named by its number or by the client's name for it.
#[utoipa::path(get, path = "/api/trade/order", tag = "trade", params(OrderQuery),
    responses((status = 200, body = Order), Refusals))]
pub(crate) async fn order(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<OrderQuery>,
) -> Result<Json<Order>, ApiError> {
    let named = Named::by(query.order_id.as_deref(), query.client_order_id)?;
    let found = client::order(
        &app.reads,
        caller.account_id,
        named.order_id,
        named.client_order_id.as_deref(),
    );
    match found.await? {
        Some(order) => Ok(Json(order.into())),
        None => Err(ApiError::Rejected(Rejection {
            code: "ORDER_NOT_FOUND".to_owned(),
            field: None,
            message: "no order of that name belongs to this account".to_owned(),
        })),
    }
}
