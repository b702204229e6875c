//! The list of routes; one file per group. A handler is: parse, authorise, call, reply.

mod account;
mod auth;
mod health;
mod market;
mod trade;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Router, middleware};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::BODY_LIMIT_BYTES;
use crate::request_id;

/// Every route of the API.
pub fn router(app: App) -> Router {
    Router::new()
        .route("/health", get(health::ready))
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready))
        .route("/api/auth/login", post(auth::login))
        .route("/api/trade/create-order", post(trade::create_order))
        .route("/api/trade/cancel-order", post(trade::cancel_order))
        .route("/api/trade/orders", get(trade::orders))
        .route("/api/account/balances", get(account::balances))
        .route("/api/market/depth", get(market::depth))
        .fallback(async || ApiError::NotFound)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(DefaultBodyLimit::max(BODY_LIMIT_BYTES))
        .layer(middleware::from_fn(request_id::identify))
        .with_state(app)
}

#[cfg(test)]
mod tests;
