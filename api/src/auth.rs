//! Who is calling: by a bearer token, by a browser's cookie, or by an API key that signed the
//! request.
//!
//! Extractors close a handler to everybody else. What a credential was good for a moment ago does
//! not count: reads ask the database, an order's transaction checks again.

pub mod access;
pub mod body;
pub mod callback;
mod check;
pub mod cookie;
mod countries;
pub mod email;
mod extractors;
mod hashers;
pub mod passkeys;
pub mod password;
pub mod permissions;
pub mod person;
pub mod proof;
pub mod prove;
pub mod recovery;
pub mod secrets;
pub mod signature;
pub mod staff;
pub mod token;
pub mod totp;

use std::net::IpAddr;

use client::Authority;
use time::OffsetDateTime;

use crate::app::App;
use crate::error::ApiError;
use crate::wire::millis;
use access::{Credential, Found, Id, Name};
use permissions::Permissions;
use signature::{Proof, Signature, Signed};
use token::Token;

pub(crate) use extractors::require;
pub use extractors::{Owner, Reader, SteppedUp, Trader, Withdrawer};

/// The account that a request acts for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The account.
    pub account_id: i64,
    /// The credential, for the exchange to check again.
    pub authority: Authority,
    /// What the credential allows.
    pub permissions: Permissions,
    /// A repeat with the same key is the same request: the header `Idempotency-Key`, or what a
    /// signed request's signature makes.
    pub request_key: Option<String>,
    /// When the session ends, in milliseconds UTC; keys have no end.
    pub ends_at_ms: Option<i64>,
    /// A browser's cookie named the session.
    pub is_by_cookie: bool,
}

/// What is presented as proof of who calls.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// The text of a bearer token.
    Token(String),
    /// The token of a browser's cookie; whoever takes it from a request has seen to it that a page
    /// of our own sent it.
    Cookie(Token),
    /// A signature.
    Signature(Signature),
}

/// When the credential must be known to be good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freshness {
    /// Now, by asking the database.
    Now,
    /// Later: the request's own transaction checks it.
    InTransaction,
}

/// Authenticates a connection rather than a request: the caller may act until the credential ends,
/// so its authority has no deadline, and nothing is a repeat. A signature is that of a GET of
/// `target` without a body.
///
/// # Errors
/// Whatever is wrong with the credentials.
pub async fn authenticate(
    app: &App,
    credentials: &Credentials,
    target: &str,
    address: IpAddr,
) -> Result<Caller, ApiError> {
    let signed = Signed {
        idempotency_key: None,
        method: "GET",
        target,
        body: &[],
    };
    let caller = identify(app, credentials, signed, address, Freshness::Now).await?;
    Ok(Caller {
        authority: Authority {
            valid_until_ms: None,
            ..caller.authority
        },
        request_key: None,
        ..caller
    })
}

/// Who presents these credentials with this request.
async fn identify(
    app: &App,
    credentials: &Credentials,
    signed: Signed<'_>,
    address: IpAddr,
    freshness: Freshness,
) -> Result<Caller, ApiError> {
    let now_ms = millis(OffsetDateTime::now_utc());
    let name = match credentials {
        Credentials::Token(text) => {
            Name::Token(Token::parse(text).ok_or(ApiError::Unauthenticated)?.hash())
        }
        Credentials::Cookie(token) => Name::Token(token.hash()),
        Credentials::Signature(signature) => {
            signature.check_times(now_ms)?;
            Name::Key(signature.public_id.clone())
        }
    };
    let unknown = || match credentials {
        Credentials::Token(_) | Credentials::Cookie(_) => ApiError::Unauthenticated,
        Credentials::Signature(_) => signature::wrong(),
    };
    let found = app.access.find(&name, now_ms).await?.ok_or_else(unknown)?;
    let Found {
        credential,
        is_fresh,
    } = found;
    let proof = match (credentials, &credential.verifier) {
        (Credentials::Signature(signature), Some(verifier)) => {
            Some(signature.check(signed, verifier, now_ms)?)
        }
        (Credentials::Token(_) | Credentials::Cookie(_), None) => None,
        _ => return Err(unknown()),
    };
    let allowed = &credential.addresses;
    if !allowed.is_empty() && !allowed.iter().any(|network| network.contains(&address)) {
        return Err(ApiError::AddressNotAllowed);
    }
    let is_checked = is_fresh || freshness == Freshness::InTransaction;
    if credential.is_revoked || !is_checked && !app.access.is_live(credential.id).await? {
        app.access.forget(&name);
        return Err(match credential.id {
            Id::Session(..) => ApiError::Unauthenticated,
            Id::Key(_) => ApiError::AccessRevoked,
        });
    }
    Ok(Caller {
        is_by_cookie: matches!(credentials, Credentials::Cookie(_)),
        ..caller(&credential, proof, signed.idempotency_key)
    })
}

fn caller(credential: &Credential, proof: Option<Proof>, key: Option<&str>) -> Caller {
    let valid_until_ms = proof.as_ref().map(|proof| proof.valid_until_ms);
    let (session_id, api_key_id, ends_at_ms) = match credential.id {
        Id::Session(session_id, ends_at_ms) => (Some(session_id), None, Some(ends_at_ms)),
        Id::Key(api_key_id) => (None, Some(api_key_id), None),
    };
    Caller {
        account_id: credential.account_id,
        authority: Authority {
            session_id,
            api_key_id,
            valid_until_ms,
        },
        permissions: credential.permissions,
        request_key: key
            .map(str::to_owned)
            .or(proof.map(|proof| proof.request_key)),
        ends_at_ms,
        is_by_cookie: false,
    }
}
