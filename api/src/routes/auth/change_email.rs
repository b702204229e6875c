//! `POST /api/auth/change-email`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{Done, about, origin, refusal};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::{SteppedUp, email, prove};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Where the account shall move.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChangeEmail {
    /// The new address, which gets the link.
    email: String,
    /// The account's password once more.
    password: String,
}

/// Asks to move the account to another address: a mail with a link goes there, and a warning to the
/// old one. The answer is the same where the new address is another account's.
#[utoipa::path(post, path = "/api/auth/change-email", tag = "auth",
    request_body = ChangeEmail, responses((status = 202, body = Done), Refusals))]
pub(crate) async fn change_email(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    owner: SteppedUp,
    Body(request): Body<ChangeEmail>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    let email =
        email::normal(&request.email).map_err(|words| refusal("INVALID_EMAIL", "email", words))?;
    let account_id = owner.caller.account_id;
    prove::password(&app, account_id, request.password).await?;
    let origin = origin(address, &headers);
    client::request_email_change(&app.reads, account_id, owner.session_id, &email, origin)
        .await
        .map_err(about("email", "INVALID_EMAIL"))?;
    let status = "confirmation_sent";
    Ok((StatusCode::ACCEPTED, Json(Done { status })))
}
