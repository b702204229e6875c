//! `POST /api/auth/reset-password`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, about, origin, refusal};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::email;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Who forgot a password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ResetPassword {
    /// Gets the link, if it is an account's.
    email: String,
}

/// Asks for a new password; a mail with a link follows, good for an hour. Answer and time are the
/// same for an address that nobody has.
#[utoipa::path(post, path = "/api/auth/reset-password", tag = "auth",
    request_body = ResetPassword, responses((status = 202, body = Done), Refusals))]
pub(crate) async fn reset_password(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<ResetPassword>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    let email =
        email::normal(&request.email).map_err(|words| refusal("INVALID_EMAIL", "email", words))?;
    client::request_password_reset(&app.reads, &email, origin(address, &headers))
        .await
        .map_err(about("email", "INVALID_EMAIL"))?;
    let status = "reset_sent";
    Ok((StatusCode::ACCEPTED, Json(Done { status })))
}
