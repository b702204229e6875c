//! Extractors that name the caller. A handler that takes one is closed to everybody else.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use time::OffsetDateTime;

use super::body::SignedBody;
use super::cookie;
use super::permissions::Permission;
use super::signature::{Signature, Signed};
use super::{Caller, Credentials, Freshness, identify};
use crate::address::ClientAddress;
use crate::app::App;
use crate::error::{ApiError, Rejection};
use crate::limits::{Charges, Subject};

/// The header that makes a request safe to repeat.
const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// A key has 1 to so many characters.
const IDEMPOTENCY_KEY_LENGTH: usize = 32;

/// A caller who may see the account.
#[derive(Clone, Debug)]
pub struct Reader(pub Caller);

/// A caller who may trade. On a mutating request the credential is taken as this server remembers
/// it: the handler must hand `authority` to a transaction that checks it.
#[derive(Clone, Debug)]
pub struct Trader(pub Caller);

/// A caller who may move money out, if a session has stepped up: whoever acts for it asks for that
/// in the transaction (`exchange.require_withdrawer`).
#[derive(Clone, Debug)]
pub struct Withdrawer(pub Caller);

/// A caller with a session: an API key manages no keys and no logins.
#[derive(Clone, Debug)]
pub struct Owner {
    /// The caller.
    pub caller: Caller,
    /// The session that calls.
    pub session_id: i64,
}

/// An [`Owner`] whose session has proved of late all that the account asks for: a second factor, or
/// the password where there is none. For what a stolen token must not do: API keys, security
/// settings, withdrawals. Whoever acts for it asks again in the transaction
/// (`exchange.require_stepped_up`).
#[derive(Clone, Debug)]
pub struct SteppedUp {
    /// The caller.
    pub caller: Caller,
    /// The session that calls.
    pub session_id: i64,
}

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        caller(parts, app, Freshness::Now).await
    }
}

impl FromRequestParts<App> for Reader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = caller(parts, app, Freshness::Now).await?;
        require(&caller, Permission::Read)?;
        Ok(Reader(caller))
    }
}

impl FromRequestParts<App> for Trader {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let freshness = match parts.method.is_safe() {
            true => Freshness::Now,
            false => Freshness::InTransaction,
        };
        let caller = caller(parts, app, freshness).await?;
        require(&caller, Permission::Trade)?;
        Ok(Trader(caller))
    }
}

impl FromRequestParts<App> for Withdrawer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = caller(parts, app, Freshness::Now).await?;
        require(&caller, Permission::Withdraw)?;
        Ok(Withdrawer(caller))
    }
}

impl FromRequestParts<App> for Owner {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = caller(parts, app, Freshness::Now).await?;
        match caller.authority.session_id {
            Some(session_id) => Ok(Owner { caller, session_id }),
            None => Err(ApiError::PermissionDenied(
                "an API key may not do this; log in".to_owned(),
            )),
        }
    }
}

impl FromRequestParts<App> for SteppedUp {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Owner { caller, session_id } = Owner::from_request_parts(parts, app).await?;
        let until = client::stepped_up_until(&app.reads, caller.account_id, session_id).await?;
        if until.is_some_and(|until| until > OffsetDateTime::now_utc()) {
            return Ok(SteppedUp { caller, session_id });
        }
        Err(ApiError::Rejected(Rejection {
            code: "STEP_UP_REQUIRED".to_owned(),
            field: None,
            message: "prove again who you are, by /api/auth/step-up; it is good for 5 minutes"
                .to_owned(),
        }))
    }
}

/// # Errors
/// `PermissionDenied` where the caller's credential does not allow it.
pub(crate) fn require(caller: &Caller, permission: Permission) -> Result<(), ApiError> {
    if caller.permissions.allow(permission) {
        return Ok(());
    }
    let name = permission.name();
    Err(ApiError::PermissionDenied(format!(
        "this API key has no permission '{name}'"
    )))
}

async fn caller(parts: &Parts, app: &App, freshness: Freshness) -> Result<Caller, ApiError> {
    let credentials = credentials(&parts.method, &parts.headers)?;
    let address = ClientAddress::of(&parts.extensions, &parts.headers, &app.proxies);
    let body = parts.extensions.get::<SignedBody>();
    let signed = Signed {
        idempotency_key: idempotency_key(&parts.headers)?,
        method: parts.method.as_str(),
        target: parts
            .uri
            .path_and_query()
            .map_or("/", |target| target.as_str()),
        body: body.map_or(&[], |body| &body.0),
    };
    let caller = identify(app, &credentials, signed, address.0, freshness).await?;
    if let Some(charges) = parts.extensions.get::<Charges>() {
        charges.charge(Subject::Account(caller.account_id)).await?;
        if let Some(api_key_id) = caller.authority.api_key_id {
            charges.charge(Subject::Key(api_key_id)).await?;
        }
    }
    Ok(caller)
}

/// A browser sends its cookie with everything, so that anything else that is presented comes first.
fn credentials(method: &Method, headers: &HeaderMap) -> Result<Credentials, ApiError> {
    let bearer = headers.get(header::AUTHORIZATION);
    match (Signature::of_headers(headers)?, bearer) {
        (Some(_), Some(_)) => Err(ApiError::malformed(
            "Authorization",
            "send a bearer token or a signature, not both",
        )),
        (Some(signature), None) => Ok(Credentials::Signature(signature)),
        (None, Some(value)) => {
            let value = value.to_str().map_err(|_| ApiError::Unauthenticated)?;
            match value.split_once(' ') {
                Some((scheme, text)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Ok(Credentials::Token(text.to_owned()))
                }
                _ => Err(ApiError::Unauthenticated),
            }
        }
        (None, None) => {
            let token = cookie::session(headers)?.ok_or(ApiError::Unauthenticated)?;
            if !method.is_safe() {
                cookie::check_csrf(headers, &token)?;
            }
            Ok(Credentials::Cookie(token))
        }
    }
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<&str>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
    let text = value.to_str().unwrap_or_default();
    let fits = (1..=IDEMPOTENCY_KEY_LENGTH).contains(&text.len()) && text.bytes().all(allowed);
    if fits && values.next().is_none() {
        return Ok(Some(text));
    }
    Err(ApiError::malformed(
        "Idempotency-Key",
        "Idempotency-Key is 1 to 32 characters of A-Z a-z 0-9 _ - . :",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn an_idempotency_key_is_short_and_plain() {
        let read = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(
                IDEMPOTENCY_KEY,
                HeaderValue::from_str(text).expect("a value"),
            );
            idempotency_key(&headers).map(|key| key.map(str::to_owned))
        };
        assert_eq!(
            read("a-1_b.c:9").expect("fits").as_deref(),
            Some("a-1_b.c:9")
        );
        for wrong in ["", "a b", "a/b", &"x".repeat(IDEMPOTENCY_KEY_LENGTH + 1)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
        assert_eq!(idempotency_key(&HeaderMap::new()).expect("none"), None);
    }

    #[test]
    fn a_token_and_a_signature_together_are_refused() {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer x"));
        for name in ["x-api-key", "x-timestamp", "x-signature"] {
            headers.insert(name, HeaderValue::from_static("x"));
        }
        let refused = credentials(&Method::GET, &headers);
        assert!(
            matches!(refused, Err(ApiError::Malformed { .. })),
            "{refused:?}"
        );
    }
}
