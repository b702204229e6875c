//! `POST /api/auth/anti-phishing-code`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Done;
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

const LEAST_LENGTH: usize = 4;
const LENGTH_LIMIT: usize = 20;

/// The words of the owner's choice.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetAntiPhishingCode {
    /// 4 to 20 letters, digits, blanks, `_` or `-`; null takes them away.
    anti_phishing_code: Option<String>,
}

/// Sets what every mail of ours repeats from now on, so that a forged one is known by its lack.
#[utoipa::path(post, path = "/api/auth/anti-phishing-code", tag = "auth",
    request_body = SetAntiPhishingCode, responses((status = 200, body = Done), Refusals))]
pub(crate) async fn set_anti_phishing_code(
    State(app): State<App>,
    address: ClientAddress,
    owner: SteppedUp,
    Body(request): Body<SetAntiPhishingCode>,
) -> Result<Json<Done>, ApiError> {
    let code = request.anti_phishing_code.as_deref();
    if !code.is_none_or(is_code) {
        return Err(ApiError::malformed(
            "antiPhishingCode",
            "antiPhishingCode is 4 to 20 letters, digits, blanks, _ or -",
        ));
    }
    let (account_id, session_id) = (owner.caller.account_id, owner.session_id);
    client::set_anti_phishing_code(&app.reads, account_id, session_id, code, address.0).await?;
    let status = "set";
    Ok(Json(Done { status }))
}

fn is_code(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _-".contains(&byte);
    (LEAST_LENGTH..=LENGTH_LIMIT).contains(&text.len()) && text.bytes().all(plain)
}
