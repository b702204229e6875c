//! `POST /api/trade/cancel-all-after`.

use axum::Json;
use axum::extract::State;
use client::CancelAfter;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Caller, Trader};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The shortest and the longest time that can be asked for.
const TIMEOUTS_MS: std::ops::RangeInclusive<i64> = 1000..=3_600_000;

/// When to cancel, unless this is asked again before.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CancelAllAfter {
    /// 1,000 to 3,600,000 milliseconds from now; 0 takes it back.
    #[schema(minimum = 0, maximum = 3_600_000)]
    timeout_ms: i64,
    /// Only the orders of this market.
    market: Option<String>,
}

/// What is set now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelAllDeadline {
    /// When the orders will be cancelled, in milliseconds UTC; null: they will not.
    cancel_at: Option<i64>,
}

/// A dead man's switch: unless it is asked again in time, all open orders are cancelled. A client
/// that repeats it every few seconds knows that its orders do not outlive it.
#[utoipa::path(post, path = "/api/trade/cancel-all-after", tag = "trade",
    request_body = CancelAllAfter, responses((status = 200, body = CancelAllDeadline), Refusals))]
pub(crate) async fn cancel_all_after(
    State(app): State<App>,
    Trader(caller): Trader,
    Body(request): Body<CancelAllAfter>,
) -> Result<Json<CancelAllDeadline>, ApiError> {
    perform(&app, &caller, request).await.map(Json)
}

/// What the endpoint does.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    request: CancelAllAfter,
) -> Result<CancelAllDeadline, ApiError> {
    let CancelAllAfter { timeout_ms, market } = request;
    if timeout_ms != 0 && !TIMEOUTS_MS.contains(&timeout_ms) {
        let (least, most) = TIMEOUTS_MS.into_inner();
        let message = format!("timeoutMs is 0 or from {least} to {most}");
        return Err(ApiError::malformed("timeoutMs", message));
    }
    if let Some(market) = &market {
        app.require_market(market).await?;
    }
    let switch = CancelAfter {
        account_id: caller.account_id,
        holder: client::deadlines::CLIENT,
        market: market.as_deref(),
        timeout_ms,
    };
    let due = client::cancel_after(&app.reads, switch, caller.authority).await?;
    Ok(CancelAllDeadline {
        cancel_at: due.map(millis),
    })
}
