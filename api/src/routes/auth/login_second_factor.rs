//! `POST /api/auth/login/second-factor`.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::{exactly_one, one_time_token, origin};
use crate::address::ClientAddress;
use crate::app::App;
use crate::auth::proof::SecondFactor;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A second factor; exactly one of code, recovery code and passkey.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LoginSecondFactor {
    /// `secondFactorToken` of the login.
    token: String,
    totp_code: Option<String>,
    recovery_code: Option<String>,
    /// What `navigator.credentials.get` gave for `passkeyOptions`, as JSON.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    /// As in a login.
    device_token: Option<String>,
    /// The session goes into a cookie: for browsers.
    #[serde(default)]
    cookie: bool,
}

/// Ends a login whose password was right. A wrong factor may be tried again; the fifth wrong one in
/// a row makes codes of the app wait, longer each time.
#[utoipa::path(post, path = "/api/auth/login/second-factor", tag = "auth",
    request_body = LoginSecondFactor, responses((status = 200, body = Session), Refusals))]
pub(crate) async fn login_second_factor(
    State(app): State<App>,
    address: ClientAddress,
    headers: HeaderMap,
    Body(request): Body<LoginSecondFactor>,
) -> Result<Response, ApiError> {
    let ceremony_token = one_time_token(&request.token)?;
    let given = SecondFactor {
        totp_code: request.totp_code,
        recovery_code: request.recovery_code,
        passkey: request.passkey,
    };
    exactly_one(given.count(), "totpCode, recoveryCode or passkey")?;
    let ceremony = client::find_ceremony(&app.reads, &ceremony_token.hash()).await?;
    let ceremony = ceremony.filter(|ceremony| ceremony.kind == "second_factor");
    let found = ceremony.and_then(|ceremony| Some((ceremony.account_id?, ceremony.state)));
    let (account_id, state) = found.ok_or_else(super::unknown_token)?;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or_else(super::unknown_token)?;
    let evidence = given.look(&app, account_id, &factors, state).await?;
    let opened = Opened::by_proof(
        &app,
        &ceremony_token,
        (account_id, &evidence),
        request.device_token.as_deref(),
        origin(address, &headers),
    );
    Ok(opened.await?.reply(request.cookie))
}
