//! `POST /api/auth/set-password`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, about, one_time_token, refusal};
use crate::app::App;
use crate::auth::password;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetPassword {
    /// From `/api/auth/verify`; works once, for an hour.
    token: String,
    /// 8 to 72 bytes.
    password: String,
}

/// Sets the password and ends all sessions of the account.
#[utoipa::path(post, path = "/api/auth/set-password", tag = "auth", request_body = SetPassword,
    responses((status = 200, body = Done), Refusals))]
pub(crate) async fn set_password(
    State(app): State<App>,
    Body(request): Body<SetPassword>,
) -> Result<Json<Done>, ApiError> {
    let token = one_time_token(&request.token)?;
    password::check(&request.password)
        .map_err(|words| refusal("INVALID_PASSWORD", "password", words))?;
    let hash = app.passwords.hash(request.password).await?;
    client::set_password(&app.reads, &token.hash(), &hash)
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let status = "password_set";
    Ok(Json(Done { status }))
}
