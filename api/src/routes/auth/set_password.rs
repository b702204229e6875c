//! `POST /api/auth/set-password`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{about, one_time_token, origin, random_token, refusal, unknown_token};
use crate::address::ClientAddress;
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
    /// 8 to 72 bytes that are not easily guessed.
    password: String,
}

/// The password is set.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PasswordSet {
    status: &'static str,
    device_token: String,
}

/// Sets the password and ends all sessions of the account. Where it had one before, nothing is
/// withdrawn for a day.
#[utoipa::path(post, path = "/api/auth/set-password", tag = "auth", request_body = SetPassword,
    responses((status = 200, body = PasswordSet), Refusals))]
pub(crate) async fn set_password(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<SetPassword>,
) -> Result<Json<PasswordSet>, ApiError> {
    let token = one_time_token(&request.token)?;
    password::check(&request.password)
        .map_err(|words| refusal("INVALID_PASSWORD", "password", words))?;
    // A token that is none costs no hash.
    let owner = client::token_owner(&app.reads, &token.hash(), "set_password").await?;
    let owner = owner.ok_or_else(unknown_token)?;
    let name = owner.email.split('@').next().unwrap_or_default();
    let mut words = vec![name.to_owned()];
    let full_name = owner.full_name.unwrap_or_default();
    words.extend(full_name.split_whitespace().map(str::to_owned));
    words.push(owner.email);
    let hash = app.passwords.hash_strong(request.password, words).await?;
    let device = random_token()?;
    let origin = origin(address, &headers);
    let account_id = owner.account_id;
    client::set_password(&app.reads, &token.hash(), &hash, &device.hash(), origin)
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    tokio::spawn(async move { give_addresses(&app, account_id).await });
    Ok(Json(PasswordSet {
        status: "password_set",
        device_token: device.text(),
    }))
}

/// A new user has addresses to pay to at once: not before the address of the mails is proved, so
/// that nobody who only registers uses up numbers. What fails here is made up for on asking.
async fn give_addresses(app: &App, account_id: i64) {
    if let Err(error) = app.wallet.issue_all(&app.reads, account_id).await {
        tracing::warn!(account_id, %error, "no deposit addresses yet");
    }
}
