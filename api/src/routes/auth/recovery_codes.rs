//! `POST /api/auth/recovery-codes`.

use axum::Json;
use axum::extract::State;

use super::confirm_totp::RecoveryCodes;
use crate::app::App;
use crate::auth::{SteppedUp, recovery};
use crate::error::ApiError;
use crate::openapi::Refusals;

/// Gives a new set of recovery codes; the earlier ones are good no more.
#[utoipa::path(post, path = "/api/auth/recovery-codes", tag = "auth",
    responses((status = 200, body = RecoveryCodes), Refusals))]
pub(crate) async fn recovery_codes(
    State(app): State<App>,
    owner: SteppedUp,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let account_id = owner.caller.account_id;
    let codes = recovery::random()?;
    let hashes = recovery::hashes(account_id, &codes);
    client::replace_recovery_codes(&app.reads, account_id, owner.session_id, &hashes).await?;
    Ok(Json(RecoveryCodes {
        recovery_codes: Some(codes),
    }))
}
