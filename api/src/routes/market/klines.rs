//! `GET /api/market/klines`: the newest candles from memory, older ones from the database.

use axum::Json;
use axum::extract::State;
use client::CandleRange;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::feed::candles::{CandlePage, Interval, Kline};
use crate::openapi::Refusals;
use crate::wire::page;

/// Candles when the query says nothing, and at most.
const KLINES: i64 = 500;
const KLINES_LIMIT: i64 = 1000;
/// The year 9999 ends before it: beyond are no times of the database.
const LATEST_MS: i64 = 253_402_300_799_999;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(in crate::routes) struct KlinesQuery {
    market: String,
    interval: Interval,
    /// Only candles that open then or later, in milliseconds: the first ones from there.
    from: Option<i64>,
    /// Only candles that open before, in milliseconds. Without `from`: the last ones before it.
    to: Option<i64>,
    /// 1 to 1000; 500 where nothing is said.
    limit: Option<i64>,
}

/// Candles, oldest first. A time without a trade has none.
#[derive(Serialize, ToSchema)]
pub(in crate::routes) struct Klines {
    market: String,
    interval: Interval,
    klines: Vec<Kline>,
}

/// Candles of a market, the newest last; without `from`, the last ones. To page forwards, ask again
/// from the last `closeTime`; to page backwards, ask up to the first `openTime`.
#[utoipa::path(get, path = "/api/market/klines", tag = "market", params(KlinesQuery),
    responses((status = 200, body = Klines), Refusals))]
pub(in crate::routes) async fn klines(
    State(app): State<App>,
    Query(query): Query<KlinesQuery>,
) -> Result<Json<Klines>, ApiError> {
    let limit = page(query.limit, KLINES, KLINES_LIMIT)?;
    let range = CandleRange {
        from: moment("from", query.from)?,
        to: moment("to", query.to)?,
        limit: limit as i32,
    };
    if let (Some(from), Some(to)) = (query.from, query.to)
        && to <= from
    {
        return Err(ApiError::malformed("to", "to must be later than from"));
    }
    let market = app.current_market(&query.market).await?;
    let asked = CandlePage {
        from_ms: query.from,
        to_ms: query.to,
        limit: limit as usize,
    };
    let klines = match market.candles(query.interval, asked) {
        Some(candles) => {
            let scales = &market.names().scales;
            let kline = |candle| Kline::of(candle, query.interval, scales);
            candles.iter().map(kline).collect()
        }
        None => {
            let seconds = query.interval.seconds();
            let rows = client::candles(&app.reads, &query.market, seconds, range).await?;
            let kline = |row| Kline::of_row(row, query.interval);
            rows.into_iter().map(kline).collect()
        }
    };
    Ok(Json(Klines {
        klines,
        market: query.market,
        interval: query.interval,
    }))
}

fn moment(field: &str, at_ms: Option<i64>) -> Result<Option<OffsetDateTime>, ApiError> {
    let Some(at_ms) = at_ms else { return Ok(None) };
    let nanos = i128::from(at_ms) * 1_000_000;
    match OffsetDateTime::from_unix_timestamp_nanos(nanos) {
        Ok(moment) if (0..=LATEST_MS).contains(&at_ms) => Ok(Some(moment)),
        _ => Err(ApiError::malformed(
            field,
            format!("{field} must be milliseconds since 1970, before the year 10000"),
        )),
    }
}
