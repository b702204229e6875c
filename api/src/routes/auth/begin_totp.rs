//! `POST /api/auth/totp/begin`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::begin_passkey_login::Begin;
use crate::app::App;
use crate::auth::proof::seal_secret;
use crate::auth::{SteppedUp, totp};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// What an authenticator app is given. It is shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TotpSecret {
    /// The secret in base32, to type.
    totp_secret: String,
    /// The same with everything else, to show as a QR code.
    uri: String,
}

/// Makes a secret for an authenticator app. It is asked for once `/api/auth/totp/confirm` has seen
/// its first code; until then a repeat makes another secret.
#[utoipa::path(post, path = "/api/auth/totp/begin", tag = "auth", request_body = Begin,
    responses((status = 200, body = TotpSecret), Refusals))]
pub(crate) async fn begin_totp(
    State(app): State<App>,
    owner: SteppedUp,
    Body(Begin {}): Body<Begin>,
) -> Result<Json<TotpSecret>, ApiError> {
    let account_id = owner.caller.account_id;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or(ApiError::Unauthenticated)?;
    let secret = totp::random_secret()?;
    let shown = totp::enrolment(&secret, &factors.email)?;
    let sealed = seal_secret(&app, account_id, &secret)?;
    client::begin_totp(&app.reads, account_id, owner.session_id, &sealed).await?;
    Ok(Json(TotpSecret {
        totp_secret: shown.secret,
        uri: shown.uri,
    }))
}
