//! `POST /api/auth/totp/remove`.

use axum::Json;
use axum::extract::State;

use super::logout::Ended;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// Takes the authenticator app away, such as one on a lost phone.
#[utoipa::path(post, path = "/api/auth/totp/remove", tag = "auth",
    responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn remove_totp(
    State(app): State<App>,
    owner: SteppedUp,
) -> Result<Json<Ended>, ApiError> {
    client::remove_totp(&app.reads, owner.caller.account_id, owner.session_id).await?;
    Ok(Json(Ended {}))
}
