//! `POST /api/auth/totp/confirm`.

use axum::Json;
use axum::extract::State;
use client::Proved;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::refusal;
use crate::app::App;
use crate::auth::proof::{open_secret, opened};
use crate::auth::{SteppedUp, recovery, totp};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// The first code.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ConfirmTotp {
    totp_code: String,
}

/// Codes for whoever loses the phone. They are shown this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodes {
    /// Each works once; null where earlier ones stay good.
    pub(super) recovery_codes: Option<Vec<String>>,
}

/// Turns the authenticator app on: from now on a login needs one of its codes. As the account's
/// first second factor it ends all other sessions and gives recovery codes.
#[utoipa::path(post, path = "/api/auth/totp/confirm", tag = "auth", request_body = ConfirmTotp,
    responses((status = 200, body = RecoveryCodes), Refusals))]
pub(crate) async fn confirm_totp(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<ConfirmTotp>,
) -> Result<Json<RecoveryCodes>, ApiError> {
    let account_id = owner.caller.account_id;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or(ApiError::Unauthenticated)?;
    let sealed = factors.totp_secret.filter(|_| !factors.totp_is_confirmed);
    let sealed = sealed.ok_or_else(|| {
        let words = "no authenticator app waits for its first code; begin anew";
        refusal("FACTOR_NOT_FOUND", "totp_code", words)
    })?;
    let secret = open_secret(&app, account_id, &sealed)?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    let Some(step) = totp::verify(&secret, &request.totp_code, now) else {
        opened(Proved::Wrong)?;
        return Err(ApiError::InvalidCredentials);
    };
    let codes = recovery::random()?;
    let hashes = recovery::hashes(account_id, &codes);
    let session_id = owner.session_id;
    let are_taken =
        client::confirm_totp(&app.reads, account_id, session_id, &sealed, step, &hashes).await?;
    Ok(Json(RecoveryCodes {
        recovery_codes: are_taken.then_some(codes),
    }))
}
