//! `POST /api/auth/register`.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, about, refusal};
use crate::app::App;
use crate::auth::email;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Register {
    /// Gets the link that proves the address.
    email: String,
}

/// Sends a mail with a link. The answer is the same for an address that is known, whose owner gets
/// another mail.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = Register,
    responses((status = 202, body = Done), Refusals))]
pub(crate) async fn register(
    State(app): State<App>,
    Body(register): Body<Register>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    email::check(&register.email).map_err(|words| refusal("INVALID_EMAIL", "email", words))?;
    client::register_account(&app.reads, &register.email)
        .await
        .map_err(about("email", "INVALID_EMAIL"))?;
    let status = "verification_sent";
    Ok((StatusCode::ACCEPTED, Json(Done { status })))
}
