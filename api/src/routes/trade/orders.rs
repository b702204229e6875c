//! `GET /api/trade/orders`.

use axum::Json;
use axum::extract::State;
use client::{OrderFilter, Side};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::order::Order;
use crate::wire::{cursor, cut, moment, page};

/// Orders in one answer when the query says nothing, and at most.
pub(super) const PAGE: i64 = 100;
pub(super) const PAGE_LIMIT: i64 = 500;

/// Which orders.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OrdersQuery {
    market: Option<String>,
    side: Option<Side>,
    state: Option<client::State>,
    /// Placed at this time or later, in milliseconds UTC.
    from: Option<i64>,
    /// Placed before this time, in milliseconds UTC.
    to: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of orders.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Orders {
    orders: Vec<Order>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// The caller's orders, the newest first.
#[utoipa::path(get, path = "/api/trade/orders", tag = "trade", params(OrdersQuery),
    responses((status = 200, body = Orders), Refusals))]
pub(crate) async fn orders(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<OrdersQuery>,
) -> Result<Json<Orders>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    if let Some(market) = &query.market {
        app.require_market(market).await?;
    }
    let filter = OrderFilter {
        market: query.market,
        states: query.state.into_iter().collect(),
        side: query.side,
        from: query.from.map(|at| moment("from", at)).transpose()?,
        to: query.to.map(|at| moment("to", at)).transpose()?,
        before: query.cursor.as_deref().map(cursor).transpose()?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = match only_open(&filter) {
        true => open_orders(&app, caller.account_id, &filter).await?,
        false => client::orders(&app.reads, caller.account_id, &filter).await?,
    };
    let next_cursor = cut(&mut rows, limit, client::Order::place);
    let orders = rows.into_iter().map(Order::from).collect();
    Ok(Json(Orders {
        orders,
        next_cursor,
    }))
}

/// Whether memory has all that is asked for.
fn only_open(filter: &OrderFilter) -> bool {
    filter.states == [client::State::Open] && filter.from.is_none() && filter.to.is_none()
}

/// The same from memory. It has whatever was acknowledged before it was asked for.
async fn open_orders(
    app: &App,
    account_id: i64,
    filter: &OrderFilter,
) -> Result<Vec<client::Order>, ApiError> {
    match &filter.market {
        Some(market) => app.current_market(market).await.map(drop)?,
        None => app.reach_all().await?,
    }
    let mut orders = app.feed.open_orders(account_id, filter.market.as_deref());
    orders.retain(|order| {
        let is_of_side = filter.side.is_none_or(|side| side.name() == order.side);
        is_of_side && filter.before.is_none_or(|before| order.place() < before)
    });
    orders.sort_by_key(|order| std::cmp::Reverse(order.place()));
    orders.truncate(filter.limit as usize);
    Ok(orders)
}
