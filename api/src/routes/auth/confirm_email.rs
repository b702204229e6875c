//! `POST /api/auth/confirm-email`.

use axum::Json;
use axum::extract::State;

use super::{Done, LinkQuery, about, one_time_token};
use crate::address::ClientAddress;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;

/// Moves the account to the address that got the mail, ends its sessions, and blocks withdrawals
/// for a day. The mail's link leads to a page with a button that asks for this.
#[utoipa::path(post, path = "/api/auth/confirm-email", tag = "auth", params(LinkQuery),
    responses((status = 200, body = Done), Refusals))]
pub(crate) async fn confirm_email(
    State(app): State<App>,
    address: ClientAddress,
    Query(query): Query<LinkQuery>,
) -> Result<Json<Done>, ApiError> {
    let token = one_time_token(&query.token)?;
    client::confirm_email_change(&app.reads, &token.hash(), Some(address.0))
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let status = "email_changed";
    Ok(Json(Done { status }))
}
