//! `POST /api/auth/step-up/begin`.

use axum::Json;
use axum::extract::State;

use super::begin_passkey_login::{Begin, PasskeyAsked};
use super::refusal;
use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Asks for one of the account's passkeys, for `/api/auth/step-up`.
#[utoipa::path(post, path = "/api/auth/step-up/begin", tag = "auth", request_body = Begin,
    responses((status = 200, body = PasskeyAsked), Refusals))]
pub(crate) async fn begin_step_up(
    State(app): State<App>,
    owner: Owner,
    Body(Begin {}): Body<Begin>,
) -> Result<Json<PasskeyAsked>, ApiError> {
    let account_id = owner.caller.account_id;
    let known = client::passkeys_of(&app.reads, account_id).await?;
    if known.is_empty() {
        let words = "the account has no passkey";
        return Err(refusal("PASSKEY_NOT_FOUND", "passkey", words));
    }
    let asked = app.passkeys.ask(&known)?;
    PasskeyAsked::keep(&app, asked, "step_up", Some((account_id, owner.session_id))).await
}
