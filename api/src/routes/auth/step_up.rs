//! `POST /api/auth/step-up`.

use axum::extract::State;
use axum::response::Response;
use client::Factors;
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::opened::{Opened, Session};
use super::{about, exactly_one, one_time_token, random_token, refusal};
use crate::app::App;
use crate::auth::Owner;
use crate::auth::proof::{SecondFactor, opened};
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// A proof; exactly one of password, code, recovery code and passkey.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StepUp {
    /// Of an account without a second factor.
    password: Option<String>,
    totp_code: Option<String>,
    recovery_code: Option<String>,
    /// What `navigator.credentials.get` gave, as JSON.
    #[schema(value_type = Option<Object>)]
    passkey: Option<Value>,
    /// Of `/api/auth/step-up/begin`, with a passkey.
    token: Option<String>,
}

/// Proves again who a session is: by a second factor, or by the password where the account has
/// none. Another session with a new token takes its place, until the same end, and for five minutes
/// it may do what needs such a proof. Sockets of the earlier one end.
#[utoipa::path(post, path = "/api/auth/step-up", tag = "auth", request_body = StepUp,
    responses((status = 200, body = Session), Refusals))]
pub(crate) async fn step_up(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<StepUp>,
) -> Result<Response, ApiError> {
    let account_id = owner.caller.account_id;
    let given = SecondFactor {
        totp_code: request.totp_code,
        recovery_code: request.recovery_code,
        passkey: request.passkey,
    };
    let count = given.count() + usize::from(request.password.is_some());
    exactly_one(count, "password, totpCode, recoveryCode or passkey")?;
    let factors = client::factors_of(&app.reads, account_id).await?;
    let factors = factors.ok_or(ApiError::Unauthenticated)?;
    let asked = passkey_asked(&app, &owner, given.passkey.is_some(), request.token).await?;
    let (ceremony_token, state) = asked.unzip();
    let password_hash = match request.password {
        Some(password) => fitted(&app, password, &factors).await?,
        None => None,
    };
    let evidence = given.look(&app, account_id, &factors, state).await?;
    let token = random_token()?;
    let ceremony_hash = ceremony_token.as_ref().map(Token::hash);
    let asked = client::StepUp {
        account_id,
        session_id: owner.session_id,
        password_hash: password_hash.as_deref(),
        proof: evidence.proof(),
        ceremony_hash: ceremony_hash.as_ref().map(<[u8; 32]>::as_slice),
        token_hash: &token.hash(),
    };
    let done = client::step_up(&app.reads, asked)
        .await
        .map_err(about("token", "INVALID_TOKEN"))?;
    let opened = Opened::of(account_id, opened(done)?, token, random_token()?);
    Ok(opened.reply(owner.caller.is_by_cookie))
}

/// The question to a passkey that this session was asked.
async fn passkey_asked(
    app: &App,
    owner: &Owner,
    has_passkey: bool,
    token: Option<String>,
) -> Result<Option<(Token, Value)>, ApiError> {
    let token = match (token, has_passkey) {
        (Some(token), true) => one_time_token(&token)?,
        (None, false) => return Ok(None),
        _ => {
            let words = "token goes with a passkey: what /api/auth/step-up/begin gave";
            return Err(ApiError::malformed("token", words));
        }
    };
    let ceremony = client::find_ceremony(&app.reads, &token.hash()).await?;
    let ceremony = ceremony.filter(|ceremony| {
        ceremony.kind == "step_up" && ceremony.session_id == Some(owner.session_id)
    });
    let state = ceremony.and_then(|ceremony| ceremony.state);
    Ok(Some((token, state.ok_or_else(super::unknown_token)?)))
}

/// The hash that the password fits.
async fn fitted(
    app: &App,
    password: String,
    factors: &Factors,
) -> Result<Option<String>, ApiError> {
    if factors.has_second_factor() {
        let words = "the account has a second factor: the password is not enough";
        return Err(refusal("SECOND_FACTOR_REQUIRED", "password", words));
    }
    let hash = factors.password_hash.clone();
    let fits = app.passwords.check(password, hash.clone()).await?;
    Ok(hash.filter(|_| fits))
}
