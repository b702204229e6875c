//! `POST /api/auth/passkeys/begin`.

use axum::Json;
use axum::extract::State;

use super::begin_passkey_login::{Begin, PasskeyAsked};
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Asks for a new passkey, for `POST /api/auth/passkeys`.
#[utoipa::path(post, path = "/api/auth/passkeys/begin", tag = "auth", request_body = Begin,
    responses((status = 200, body = PasskeyAsked), Refusals))]
pub(crate) async fn begin_passkey(
    State(app): State<App>,
    owner: SteppedUp,
    Body(Begin {}): Body<Begin>,
) -> Result<Json<PasskeyAsked>, ApiError> {
    let account_id = owner.caller.account_id;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or(ApiError::Unauthenticated)?;
    let known = client::passkeys_of(&app.reads, account_id).await?;
    let asked = app.passkeys.ask_new(account_id, &factors.email, &known)?;
    PasskeyAsked::keep(
        &app,
        asked,
        "add_passkey",
        Some((account_id, owner.session_id)),
    )
    .await
}
