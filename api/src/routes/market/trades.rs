//! `GET /api/market/trades`: the newest from memory, older ones from the database.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::feed::MarketFeed;
use crate::feed::book::NUMBERS_PER_MARKET;
use crate::feed::messages::PublicTrade;
use crate::openapi::Refusals;
use crate::wire::{millis, number, page};

/// Trades in one answer when the query says nothing, and at most.
const PAGE: i64 = 50;
const PAGE_LIMIT: i64 = 500;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TradesQuery {
    market: String,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// A page of trades, newest first.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trades {
    trades: Vec<PublicTrade>,
    /// Given to `cursor`, it continues the list; null at its end.
    next_cursor: Option<String>,
}

/// A market's trades, newest first, without the parties.
#[utoipa::path(get, path = "/api/market/trades", tag = "market", params(TradesQuery),
    responses((status = 200, body = Trades), Refusals))]
pub(crate) async fn trades(
    State(app): State<App>,
    Query(query): Query<TradesQuery>,
) -> Result<Json<Trades>, ApiError> {
    let limit = page(query.limit, PAGE, PAGE_LIMIT)?;
    let before = query.cursor.as_deref();
    let before = before.map(|text| number("cursor", text)).transpose()?;
    let market = app.current_market(&query.market).await?;
    // One more tells whether there is a next page.
    let wanted = limit + 1;
    let mut trades = match market.recent_trades(before, wanted as usize) {
        Some(trades) => {
            let names = market.names();
            let shown = trades.iter().map(|trade| PublicTrade::of(trade, names));
            shown.collect()
        }
        None => older(&app, &market, wanted as i32, before).await?,
    };
    let more = trades.len() as i64 > limit;
    trades.truncate(limit as usize);
    let last = trades.last().filter(|_| more);
    let next_cursor = last.map(|trade| trade.trade_id.clone());
    Ok(Json(Trades {
        trades,
        next_cursor,
    }))
}

async fn older(
    app: &App,
    market: &MarketFeed,
    limit: i32,
    before: Option<i64>,
) -> Result<Vec<PublicTrade>, ApiError> {
    let symbol = &market.names().symbol;
    let rows = client::recent_trades(&app.reads, symbol, limit, before).await?;
    let trade = |row: client::PublicTrade| {
        let taker_side = client::Side::from_name(&row.taker_side);
        Ok(PublicTrade {
            trade_id: row.trade_id.to_string(),
            sequence: row.trade_id % NUMBERS_PER_MARKET,
            price: row.price,
            quantity: row.quantity,
            quote_amount: row.quote_amount,
            taker_side: taker_side.ok_or_else(|| ApiError::Internal("no such side".to_owned()))?,
            traded_at: millis(row.traded_at),
        })
    };
    rows.into_iter().map(trade).collect()
}
