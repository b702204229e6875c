//! `/api/market`: what everybody may know.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::wire::page;

/// Price levels a side when the query says nothing, and at most.
const DEPTH: i64 = 50;
const DEPTH_LIMIT: i64 = 1000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DepthQuery {
    market: String,
    limit: Option<i64>,
}

/// Best level first; a level is price and quantity.
#[derive(Serialize)]
pub(super) struct Depth {
    market: String,
    bids: Vec<[String; 2]>,
    asks: Vec<[String; 2]>,
}

/// The book by price level.
pub(super) async fn depth(
    State(app): State<App>,
    Query(query): Query<DepthQuery>,
) -> Result<Json<Depth>, ApiError> {
    let limit = page(query.limit, DEPTH, DEPTH_LIMIT)?;
    app.require_market(&query.market).await?;
    let levels = client::order_book(&app.reads, &query.market, limit as i32).await?;
    let mut depth = Depth {
        market: query.market,
        bids: Vec::new(),
        asks: Vec::new(),
    };
    for level in levels {
        let side = if level.side == "buy" {
            &mut depth.bids
        } else {
            &mut depth.asks
        };
        side.push([level.price, level.quantity]);
    }
    Ok(Json(depth))
}
