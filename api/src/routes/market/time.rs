//! `/api/time`: the server's clock, for clients that sign requests.

use ::time::OffsetDateTime;
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::Refusals;
use crate::wire::millis;

/// The server's clock.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct ServerTime {
    /// Milliseconds since 1970, UTC.
    server_time: i64,
}

/// The server's clock; signatures are judged by it.
#[utoipa::path(get, path = "/api/time", tag = "market",
    responses((status = 200, body = ServerTime), Refusals))]
pub(in crate::routes) async fn time() -> Json<ServerTime> {
    Json(ServerTime {
        server_time: millis(OffsetDateTime::now_utc()),
    })
}
