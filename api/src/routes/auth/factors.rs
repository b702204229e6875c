//! `GET /api/auth/factors`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// By what the account proves who it is, besides the password.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FactorsOn {
    /// An authenticator app is asked for.
    totp: bool,
    /// How many passkeys it has.
    passkey_count: i32,
    /// How many recovery codes were not used.
    recovery_codes_left: i32,
    /// Until when this session may do what needs a proof of late; null where it must step up first.
    stepped_up_until: Option<i64>,
}

/// The account's second factors, and whether this session has proved one of late.
#[utoipa::path(get, path = "/api/auth/factors", tag = "auth",
    responses((status = 200, body = FactorsOn), Refusals))]
pub(crate) async fn factors(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<FactorsOn>, ApiError> {
    let account_id = owner.caller.account_id;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or(ApiError::Unauthenticated)?;
    let until = client::stepped_up_until(&app.reads, account_id, owner.session_id).await?;
    let is_ahead = |until: &time::OffsetDateTime| *until > time::OffsetDateTime::now_utc();
    Ok(Json(FactorsOn {
        totp: factors.totp_is_confirmed,
        passkey_count: factors.passkeys,
        recovery_codes_left: factors.recovery_codes_left,
        stepped_up_until: until.filter(is_ahead).map(millis),
    }))
}
