//! A session that was opened, as its owner is told of it.

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use client::{FinishLogin, Origin};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use super::{about, known_device, random_token, unknown_token};
use crate::app::App;
use crate::auth::cookie;
use crate::auth::proof::{Evidence, opened};
use crate::auth::token::Token;
use crate::error::ApiError;
use crate::wire::millis;

/// A login.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Session {
    /// Goes into `Authorization: Bearer …`; absent where a cookie has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    /// Goes into `X-Csrf-Token` beside the cookie, with every request that changes something;
    /// absent without a cookie.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf_token: Option<String>,
    session_id: i64,
    account_id: i64,
    expires_at: i64,
    device_id: Option<i64>,
    /// For the device to keep; null where it has one already.
    device_token: Option<String>,
}

/// A session and its token.
pub(crate) struct Opened {
    /// Whose it is.
    account_id: i64,
    /// Names it.
    session_id: i64,
    /// When it ends.
    expires_at: OffsetDateTime,
    /// Shown this once.
    token: Token,
    /// From which device, while it is known.
    device_id: Option<i64>,
    /// Shown this once, to a device that was not known.
    device_token: Option<Token>,
}

impl Opened {
    /// A session that the database has; `device` is the token of its device, where that is new.
    pub(crate) fn of(account_id: i64, opened: client::Opened, token: Token, device: Token) -> Self {
        Opened {
            account_id,
            session_id: opened.session_id,
            expires_at: opened.expires_at,
            token,
            device_id: opened.device_id,
            device_token: Some(device).filter(|_| opened.is_new_device),
        }
    }

    /// Ends a login by what was proved under the ceremony's token.
    ///
    /// # Errors
    /// `INVALID_TOKEN`: it was used meanwhile, or the password has changed since it was checked;
    /// what is wrong with the proof.
    pub(super) async fn by_proof(
        app: &App,
        ceremony: &Token,
        (account_id, evidence): (i64, &Evidence),
        device_token: Option<&str>,
        origin: Origin<'_>,
    ) -> Result<Self, ApiError> {
        let (token, device) = (random_token()?, random_token()?);
        let known = known_device(device_token)?.map(|token| token.hash());
        let login = FinishLogin {
            ceremony_hash: &ceremony.hash(),
            account_id,
            proof: evidence.proof(),
            token_hash: &token.hash(),
            lifetime: app.session_length,
            origin,
            device_hash: known.as_ref().map(|hash| hash.as_slice()),
            new_device_hash: &device.hash(),
        };
        let done = client::finish_login(&app.reads, login).await;
        let done = done.map_err(|error| match error.reject_code() {
            Some("UNKNOWN_ACCOUNT") => unknown_token(),
            _ => about("token", "INVALID_TOKEN")(error),
        })?;
        Ok(Opened::of(account_id, opened(done)?, token, device))
    }

    /// With the token in the body, or in a cookie that no script reads.
    pub(crate) fn reply(&self, by_cookie: bool) -> Response {
        let headers = match by_cookie {
            true => cookie::set(&self.token, self.expires_at),
            false => HeaderMap::new(),
        };
        let session = Session {
            token: (!by_cookie).then(|| self.token.text()),
            csrf_token: by_cookie.then(|| cookie::csrf_token(&self.token)),
            session_id: self.session_id,
            account_id: self.account_id,
            expires_at: millis(self.expires_at),
            device_id: self.device_id,
            device_token: self.device_token.as_ref().map(Token::text),
        };
        (headers, Json(session)).into_response()
    }
}
