//! `GET /api/market/ticker`: the last 24 hours of one market or of all, from memory.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::feed::derived::MarketTicker;
use crate::openapi::Refusals;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::routes) struct TickerQuery {
    /// Only this market.
    market: Option<String>,
}

/// The last 24 hours of each market that was asked for.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct Tickers {
    tickers: Vec<MarketTicker>,
}

/// The last 24 hours of one market, or of all.
#[utoipa::path(get, path = "/api/market/ticker", tag = "market", params(TickerQuery),
    responses((status = 200, body = Tickers), Refusals))]
pub(in crate::routes) async fn ticker(
    State(app): State<App>,
    Query(query): Query<TickerQuery>,
) -> Result<Json<Tickers>, ApiError> {
    let markets = match &query.market {
        Some(market) => vec![app.current_market(market).await?],
        None => {
            app.reach_all().await?;
            app.feed.markets()
        }
    };
    let tickers = markets.iter().map(|market| market.ticker());
    let tickers: Option<Vec<_>> = tickers.collect();
    Ok(Json(Tickers {
        tickers: tickers.ok_or(ApiError::Unavailable)?,
    }))
}
