//! `GET /api/trade/fills`.

use axum::Json;
use axum::extract::State;
use client::TradeFilter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::orders::{PAGE, PAGE_LIMIT};
use crate::app::App;
use crate::auth::Reader;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::{cursor, cut, millis, moment, number, page};

/// Which fills.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FillsQuery {
    market: Option<String>,
    /// Only of this order.
    order_id: Option<String>,
    /// Traded at this time or later, in milliseconds UTC.
    from: Option<i64>,
    /// Traded before this time, in milliseconds UTC.
    to: Option<i64>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of fills.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fills {
    fills: Vec<Fill>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// The caller's side of a trade.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Fill {
    trade_id: String,
    order_id: String,
    client_order_id: Option<String>,
    market: String,
    /// maker or taker.
    liquidity: String,
    side: String,
    price: String,
    quantity: String,
    quote_amount: String,
    fee: String,
    fee_asset: String,
    traded_at: i64,
}

impl From<client::AccountTrade> for Fill {
    fn from(trade: client::AccountTrade) -> Self {
        Fill {
            trade_id: trade.trade_id.to_string(),
            order_id: trade.order_id.to_string(),
            client_order_id: trade.client_order_id,
            market: trade.market,
            liquidity: trade.liquidity,
            side: trade.side,
            price: trade.price,
            quantity: trade.quantity,
            quote_amount: trade.quote_amount,
            fee: trade.fee,
            fee_asset: trade.fee_asset,
            traded_at: millis(trade.traded_at),
        }
    }
}

/// The caller's fills, the newest first. A trade with itself is there twice.
#[utoipa::path(get, path = "/api/trade/fills", tag = "trade", params(FillsQuery),
    responses((status = 200, body = Fills), Refusals))]
pub(crate) async fn fills(
    State(app): State<App>,
    Reader(caller): Reader,
    Query(query): Query<FillsQuery>,
) -> Result<Json<Fills>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let order_id = query.order_id.as_deref();
    if let Some(market) = &query.market {
        app.require_market(market).await?;
    }
    let filter = TradeFilter {
        market: query.market,
        order_id: order_id.map(|text| number("orderId", text)).transpose()?,
        from: query.from.map(|at| moment("from", at)).transpose()?,
        to: query.to.map(|at| moment("to", at)).transpose()?,
        before: query.cursor.as_deref().map(cursor).transpose()?,
        // One more tells whether there is a next page.
        limit: limit + 1,
    };
    let mut rows = client::account_trades(&app.reads, caller.account_id, &filter).await?;
    let next_cursor = cut(&mut rows, limit, client::AccountTrade::place);
    let fills = rows.into_iter().map(Fill::from).collect();
    Ok(Json(Fills { fills, next_cursor }))
}
