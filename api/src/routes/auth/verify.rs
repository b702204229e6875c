//! `GET /api/auth/verify`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::{LinkQuery, about, one_time_token, random_token};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The next step.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Verified {
    /// Allows to set the password, once.
    set_password_token: String,
    expires_at: i64,
}

/// Follows the link of a mail, of a registration or to a new password: the address is proved, and a
/// password can be set.
#[utoipa::path(get, path = "/api/auth/verify", tag = "auth", params(LinkQuery),
    responses((status = 200, body = Verified), Refusals))]
pub(crate) async fn verify(
    State(app): State<App>,
    Query(query): Query<LinkQuery>,
) -> Result<Json<Verified>, ApiError> {
    let token = one_time_token(&query.token)?;
    let next = random_token()?;
    let expires_at = client::verify_email(&app.reads, &token.hash(), &next.hash())
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    Ok(Json(Verified {
        set_password_token: next.text(),
        expires_at: millis(expires_at),
    }))
}
