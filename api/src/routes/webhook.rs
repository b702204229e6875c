//! `POST /api/webhook/chain/{chain}`: a node, or who watches one, says that there is something new.

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, PathRejection};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::callback;
use crate::error::ApiError;
use crate::extract::unreadable;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The chain's worker looks at its own node.
#[derive(Serialize, ToSchema)]
pub(crate) struct Rung {
    status: &'static str,
}

/// Has the worker of a chain look at its node now. What the notice says is not read: details always
/// come from the node, so that a repeat or a lie changes nothing. Headers `X-Timestamp`
/// (milliseconds) and `X-Signature`: HMAC-SHA256 of timestamp, line feed and body, in hexadecimal
/// digits, by the secret that was agreed; good for five minutes.
#[utoipa::path(post, path = "/api/webhook/chain/{chain}", tag = "wallet",
    params(("chain" = String, Path, description = "The network's name.")),
    request_body = serde_json::Value, responses((status = 202, body = Rung), Refusals))]
pub(crate) async fn chain_webhook(
    State(app): State<App>,
    chain: Result<Path<String>, PathRejection>,
    uri: Uri,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<(StatusCode, Json<Rung>), ApiError> {
    let body = body.map_err(unreadable)?;
    let now_ms = millis(OffsetDateTime::now_utc());
    callback::check(app.wallet.webhook(), &headers, uri.path(), &body, now_ms)?;
    // What is no text is no network's name either.
    let Path(chain) = chain.map_err(|_| ApiError::NotFound)?;
    if !chain
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    {
        return Err(ApiError::NotFound);
    }
    client::ring_network(&app.reads, &chain).await?;
    Ok((StatusCode::ACCEPTED, Json(Rung { status: "rung" })))
}
