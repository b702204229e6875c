//! `GET /api/market/depth`: the book by level, from memory.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::page;

/// Price levels a side when the query says nothing, and at most.
const DEPTH: i64 = 50;
const DEPTH_LIMIT: i64 = 1000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DepthQuery {
    market: String,
    limit: Option<i64>,
}

/// Best level first; a level is price and quantity.
#[derive(Serialize, ToSchema)]
pub(crate) struct Depth {
    market: String,
    /// The number of the market's last fact that is in it.
    sequence: i64,
    bids: Vec<[String; 2]>,
    asks: Vec<[String; 2]>,
    /// CRC-32 over the ten best levels a side.
    checksum: u32,
}

/// The book by price level. It has whatever was acknowledged before it was asked for.
#[utoipa::path(get, path = "/api/market/depth", tag = "market", params(DepthQuery),
    responses((status = 200, body = Depth), Refusals))]
pub(crate) async fn depth(
    State(app): State<App>,
    Query(query): Query<DepthQuery>,
) -> Result<Response, ApiError> {
    let limit = page(query.limit, DEPTH, DEPTH_LIMIT)?;
    let market = app.current_market(&query.market).await?;
    let body = market.depth_body(limit as usize)?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], body).into_response())
}
