//! `POST /api/admin/accept-invitation`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::token::Token;
use crate::auth::{password, totp};
use crate::error::{ApiError, Rejection};
use crate::extract::Body;
use crate::openapi::Refusals;

/// Bytes of a member's password at least: more than a user's.
const PASSWORD_LEAST_BYTES: usize = 12;

/// An invitation, and the password to set.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AcceptInvitation {
    /// From an administrator; works once, for a day.
    token: String,
    /// 12 to 72 bytes.
    password: String,
}

/// What an authenticator app is given.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Accepted {
    email: String,
    /// The secret in base32, shown this once.
    #[schema(
        pattern = "^[A-Z2-7]{32}$",
        max_length = 32,
        example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    )]
    secret: String,
    /// `otpauth://totp/…`, to show as a QR code.
    #[schema(
        max_length = 1024,
        example = "otpauth://totp/Exchange:ann%40example.com?secret=GEZD"
    )]
    otpauth_uri: String,
}

/// Sets a new member's password and makes the secret of the one-time codes. The first login with a
/// code completes the enrolment.
#[utoipa::path(post, path = "/api/admin/accept-invitation", tag = "admin",
    request_body = AcceptInvitation, responses((status = 200, body = Accepted), Refusals))]
pub(crate) async fn accept_invitation(
    State(app): State<App>,
    Body(request): Body<AcceptInvitation>,
) -> Result<Json<Accepted>, ApiError> {
    let unknown = || {
        let words = "the invitation is unknown, was used, or is too old";
        refusal("INVALID_TOKEN", "token", words)
    };
    let token = Token::parse(&request.token).ok_or_else(unknown)?;
    check_password(&request.password)?;
    let or_unknown = |error: client::Error| match error.reject_code() {
        Some("INVALID_TOKEN") => unknown(),
        _ => error.into(),
    };
    let invited = client::invited_member(&app.reads, &token.hash())
        .await
        .map_err(or_unknown)?;
    let name = invited.email.split('@').next().unwrap_or_default();
    let words = vec![name.to_owned(), invited.email.clone()];
    let hash = app.passwords.hash_strong(request.password, words).await?;
    let secret = totp::random_secret()?;
    let enrolment = totp::enrolment(&secret, &invited.email)?;
    let sealed = app
        .access
        .secrets
        .seal(&seal_name(invited.staff_id), &secret)
        .map_err(|_| ApiError::Internal("the system gave no randomness".to_owned()))?;
    client::accept_invitation(&app.reads, &token.hash(), &hash, &sealed)
        .await
        .map_err(or_unknown)?;
    Ok(Json(Accepted {
        email: invited.email,
        secret: enrolment.secret,
        otpauth_uri: enrolment.uri,
    }))
}

/// For whom a member's secret is sealed.
pub(super) fn seal_name(staff_id: i64) -> String {
    format!("staff-totp:{staff_id}")
}

fn check_password(text: &str) -> Result<(), ApiError> {
    if text.len() < PASSWORD_LEAST_BYTES {
        let words = "a member's password has at least 12 bytes";
        return Err(refusal("INVALID_PASSWORD", "password", words));
    }
    password::check(text).map_err(|words| refusal("INVALID_PASSWORD", "password", words))
}

fn refusal(code: &str, field: &str, message: &str) -> ApiError {
    ApiError::Rejected(Rejection {
        code: code.to_owned(),
        field: Some(field.to_owned()),
        message: message.to_owned(),
    })
}
