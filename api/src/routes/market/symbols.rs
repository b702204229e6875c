//! `GET /api/market/symbols`: what trades and under which rules, from memory.

use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::ApiError;
use crate::feed::symbols::Symbols;
use crate::openapi::Refusals;

/// What trades and under which rules. Fee rates are the caller's own: see account/fees.
#[utoipa::path(get, path = "/api/market/symbols", tag = "market",
    responses((status = 200, body = Symbols), Refusals))]
pub(in crate::routes) async fn symbols(State(app): State<App>) -> Result<Response, ApiError> {
    let body = app.symbols().await?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], body).into_response())
}
