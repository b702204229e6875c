//! `POST /api/auth/register`.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use client::Person;
use serde::Deserialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{Done, about, known_device, origin, refusal};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::{email, person};
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Who wants an account.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Register {
    /// Gets the link that proves the address.
    email: String,
    full_name: String,
    country: String,
    birth_date: String,
    phone: Option<String>,
    /// What the device got at an earlier login, whoever's it was.
    device_token: Option<String>,
}

/// Asks for an account; a mail with a link follows. Answer and time are the same for an address
/// that is known, whose owner gets another mail.
#[utoipa::path(post, path = "/api/auth/register", tag = "auth", request_body = Register,
    responses((status = 202, body = Done), Refusals))]
pub(crate) async fn register(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(register): Body<Register>,
) -> Result<(StatusCode, Json<Done>), ApiError> {
    let email =
        email::normal(&register.email).map_err(|words| refusal("INVALID_EMAIL", "email", words))?;
    let full_name = person::full_name(&register.full_name)?;
    let country = person::country(&register.country)?;
    person::birth_date(&register.birth_date, OffsetDateTime::now_utc())?;
    let phone = register.phone.as_deref().map(person::phone).transpose()?;
    let known = known_device(register.device_token.as_deref())?;
    let known = known.map(|token| token.hash());
    let person = Person {
        full_name: &full_name,
        country,
        birth_date: &register.birth_date,
        phone: phone.as_deref(),
        device_hash: known.as_ref().map(|hash| hash.as_slice()),
    };
    client::request_registration(&app.reads, &email, person, origin(address, &headers))
        .await
        .map_err(about("email", "INVALID_EMAIL"))?;
    let status = "verification_sent";
    Ok((StatusCode::ACCEPTED, Json(Done { status })))
}
