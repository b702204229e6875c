//! `GET /api/account/profile`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::wire::millis;

/// What the account says of its owner.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Profile {
    account_id: i64,
    email: String,
    email_verified_at: Option<i64>,
    full_name: Option<String>,
    country: Option<String>,
    birth_date: Option<String>,
    phone: Option<String>,
    /// active or frozen.
    status: String,
    anti_phishing_code: Option<String>,
    withdrawals_blocked_until: Option<i64>,
    created_at: i64,
}

/// The account's own data.
#[utoipa::path(get, path = "/api/account/profile", tag = "account",
    responses((status = 200, body = Profile), Refusals))]
pub(crate) async fn profile(
    State(app): State<App>,
    owner: Owner,
) -> Result<Json<Profile>, ApiError> {
    let account_id = owner.caller.account_id;
    let profile = client::profile_of(&app.reads, account_id).await?;
    let profile = profile.ok_or(ApiError::Unauthenticated)?;
    Ok(Json(Profile {
        account_id,
        email: profile.email,
        email_verified_at: profile.email_verified_at.map(millis),
        full_name: profile.full_name,
        country: profile.country,
        birth_date: profile.birth_date,
        phone: profile.phone,
        status: profile.status,
        anti_phishing_code: profile.anti_phishing_code,
        withdrawals_blocked_until: profile.withdrawals_blocked_until.map(millis),
        created_at: millis(profile.created_at),
    }))
}
