//! `POST /api/admin/login`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use client::{NewStaffSession, StaffLogin};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::accept_invitation::seal_name;
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::email;
use crate::auth::token::Token;
use crate::auth::totp;
use crate::error::{ApiError, Rejection};
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// The number of no member.
const NOBODY: i64 = 0;

/// Which member logs in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StaffLoginRequest {
    email: String,
    password: String,
    /// Six digits of the authenticator app; each code works once.
    #[schema(pattern = "^[0-9]{6}$", max_length = 6, example = "123456")]
    code: String,
}

/// A member's login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct StaffSession {
    token: String,
    staff_session_id: i64,
    staff_id: i64,
    roles: Vec<String>,
    expires_at: i64,
}

/// Checks a member's password and one-time code and opens a session of 8 hours at most, which ends
/// after 30 minutes without use. The first login completes the enrolment. From the fifth wrong code
/// in a row on, each locks the login for a while.
#[utoipa::path(post, path = "/api/admin/login", tag = "admin", request_body = StaffLoginRequest,
    responses((status = 200, body = StaffSession), Refusals))]
pub(crate) async fn staff_login(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<StaffLoginRequest>,
) -> Result<Json<StaffSession>, ApiError> {
    let place = app.passwords.admit()?;
    let member = client::staff_login(&app.reads, &email::lower(&request.email)).await?;
    let hash = member.as_ref().map(|member| member.password_hash.clone());
    let checked = place.check(request.password, hash).await?;
    let fits = checked.fits;
    let step = match &member {
        Some(member) => step_of(&app, member, &request.code)?,
        None => None,
    };
    let proved = member
        .as_ref()
        .filter(|member| fits && !member.is_locked)
        .zip(step);
    let failed = async || {
        // Asked for nobody too, so that the time tells nothing.
        let staff_id = member.as_ref().map_or(NOBODY, |member| member.staff_id);
        client::fail_staff_login(&app.reads, staff_id, fits, address.0).await?;
        Err(wrong())
    };
    let Some((member, totp_step)) = proved else {
        return failed().await;
    };
    let token = Token::random().map_err(|error| ApiError::Internal(error.to_string()))?;
    let agent = headers.get(header::USER_AGENT);
    let session = NewStaffSession {
        staff_id: member.staff_id,
        token_hash: &token.hash(),
        password_hash: &member.password_hash,
        totp_step,
        address: address.0,
        user_agent: agent.and_then(|value| value.to_str().ok()),
        new_password_hash: checked.new_hash.as_deref(),
    };
    match client::open_staff_session(&app.reads, session).await {
        Ok(opened) => Ok(Json(StaffSession {
            token: token.text(),
            staff_session_id: opened.staff_session_id,
            staff_id: opened.staff_id,
            roles: opened.roles,
            expires_at: millis(opened.expires_at),
        })),
        Err(error) if error.reject_code() == Some("INVALID_CREDENTIALS") => failed().await,
        Err(error) => Err(error.into()),
    }
}

/// The time step of a right code.
fn step_of(app: &App, member: &StaffLogin, code: &str) -> Result<Option<i64>, ApiError> {
    let name = seal_name(member.staff_id);
    let secret = app.access.secrets.open(&name, &member.totp_secret);
    let secret = secret.map_err(|_| {
        let number = member.staff_id;
        ApiError::Internal(format!(
            "member {number}: the secret was sealed with another master key (EXCHANGE_SECRETS_KEY)"
        ))
    })?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    Ok(totp::verify(&secret, code, now))
}

/// The same for whatever was wrong.
fn wrong() -> ApiError {
    ApiError::Rejected(Rejection {
        code: "INVALID_CREDENTIALS".to_owned(),
        field: None,
        message: "e-mail address, password or code is wrong; after several failures wait a while"
            .to_owned(),
    })
}
