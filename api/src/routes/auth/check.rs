//! `POST /api/auth/check`.

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Trader;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// Whom the request was understood to act for.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Understood {
    account_id: i64,
    /// The idempotency key of the request, its own or the one made of its signature.
    request_key: Option<String>,
}

/// Tells whether a request that may trade is rightly signed, and does nothing: for those who write
/// a client, and to measure what a request costs before it does anything. As with every mutating
/// request, whether the key was revoked a moment ago is only checked where something is done.
#[utoipa::path(post, path = "/api/auth/check", tag = "auth",
    responses((status = 200, body = Understood), Refusals))]
pub(crate) async fn check(Trader(caller): Trader) -> Result<Json<Understood>, ApiError> {
    Ok(Json(Understood {
        account_id: caller.account_id,
        request_key: caller.request_key,
    }))
}
