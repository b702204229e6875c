//! A session that was opened, as its owner is told of it.

use axum::Json;
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::auth::cookie;
use crate::auth::token::Token;
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
}

/// A session and its token.
pub(crate) struct Opened {
    /// Whose it is.
    pub(crate) account_id: i64,
    /// Names it.
    pub(crate) session_id: i64,
    /// When it ends.
    pub(crate) expires_at: OffsetDateTime,
    /// Shown this once.
    pub(crate) token: Token,
}

impl Opened {
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
        };
        (headers, Json(session)).into_response()
    }
}
