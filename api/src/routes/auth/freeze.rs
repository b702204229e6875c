//! `POST /api/auth/freeze`.

use axum::Json;
use axum::extract::State;

use super::{Done, LinkQuery, about, one_time_token};
use crate::address::ClientAddress;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;

/// Freezes the account that a mail warned of: its sessions end, its API keys are revoked, and only
/// the exchange's staff frees it. The mail's link leads to a page with a button that asks for this.
#[utoipa::path(post, path = "/api/auth/freeze", tag = "auth", params(LinkQuery),
    responses((status = 200, body = Done), Refusals))]
pub(crate) async fn freeze(
    State(app): State<App>,
    address: ClientAddress,
    Query(query): Query<LinkQuery>,
) -> Result<Json<Done>, ApiError> {
    let token = one_time_token(&query.token)?;
    client::freeze_account(&app.reads, &token.hash(), Some(address.0))
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let status = "frozen";
    Ok(Json(Done { status }))
}
