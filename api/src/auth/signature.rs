//! Signed requests: their headers, the text that is signed, and whether a signature is right and
//! in time. It asks nobody who the key belongs to.
//!
//! The text is `<timestamp>\n<window>\n[<idempotency key>\n]<METHOD>\n<path and query>\n<body>`.
//! It is unambiguous: a path begins with a slash, a method never does.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::{hmac, signature};
use sha2::{Digest, Sha256};

use crate::error::ApiError;

/// The headers.
pub const KEY_HEADER: &str = "x-api-key";
const TIMESTAMP_HEADER: &str = "x-timestamp";
const WINDOW_HEADER: &str = "x-receive-window";
const SIGNATURE_HEADER: &str = "x-signature";

/// How long after its timestamp a request is taken, where it does not say, and at most.
pub const WINDOW_MS: i64 = 5_000;
/// The longest window.
pub const WINDOW_LIMIT_MS: i64 = 60_000;
/// How far a client's clock may be ahead of ours.
pub const EARLY_LIMIT_MS: i64 = 1_000;
/// Characters of a public id.
pub const PUBLIC_ID_LENGTH: usize = 32;

const HMAC_BYTES: usize = 32;
const ED25519_BYTES: usize = 64;
/// Longer than any signature's text.
const SIGNATURE_TEXT_LIMIT: usize = 128;
/// Digits of the signature's hash in the request's key.
const REQUEST_KEY_BYTES: usize = 12;

/// What a request says of its signature; not checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// Names the API key.
    pub public_id: String,
    /// As sent.
    pub timestamp: String,
    /// As sent, where it was.
    pub window: Option<String>,
    /// Hexadecimal for HMAC, base64 for Ed25519.
    pub signature: String,
}

/// What is signed besides the times.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The header `Idempotency-Key`, where it is sent. It is signed, because a replay with another
    /// one would be another request.
    pub idempotency_key: Option<&'a str>,
    /// In upper case.
    pub method: &'a str,
    /// Path and query as sent.
    pub target: &'a str,
    /// The body's bytes.
    pub body: &'a [u8],
}

/// Checks a key's signatures.
#[derive(Clone, Debug)]
pub enum Verifier {
    /// A shared secret.
    Hmac(hmac::Key),
    /// The public half of the client's own key.
    Ed25519([u8; 32]),
}

/// A signature in time and right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proof {
    /// The last moment at which the request may be done.
    pub valid_until_ms: i64,
    /// The same for a repeat of the same bytes, and for nothing else.
    pub request_key: String,
}

impl Signature {
    /// From the headers; `None` where the request names no API key.
    ///
    /// # Errors
    /// `InvalidSignature` where one is missing or no text.
    pub fn of_headers(headers: &HeaderMap) -> Result<Option<Self>, ApiError> {
        if !headers.contains_key(KEY_HEADER) {
            return Ok(None);
        }
        let required = |name| text_of(headers, name)?.ok_or_else(|| missing(name));
        Ok(Some(Signature {
            public_id: required(KEY_HEADER)?,
            timestamp: required(TIMESTAMP_HEADER)?,
            window: text_of(headers, WINDOW_HEADER)?,
            signature: required(SIGNATURE_HEADER)?,
        }))
    }

    /// Until when the request may be done; asks no key.
    ///
    /// # Errors
    /// `InvalidSignature` where a time is malformed, early or late, or the public id is none.
    pub fn check_times(&self, now_ms: i64) -> Result<i64, ApiError> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if self.public_id.len() != PUBLIC_ID_LENGTH || !self.public_id.bytes().all(is_hex) {
            return Err(invalid("X-Api-Key is 32 hexadecimal digits"));
        }
        let timestamp = milliseconds(&self.timestamp)
            .ok_or_else(|| invalid("X-Timestamp is milliseconds since 1970"))?;
        let window = match &self.window {
            None => WINDOW_MS,
            Some(text) => milliseconds(text)
                .filter(|window| (1..=WINDOW_LIMIT_MS).contains(window))
                .ok_or_else(|| invalid("X-Receive-Window is 1 to 60000 milliseconds"))?,
        };
        if timestamp > now_ms + EARLY_LIMIT_MS {
            return Err(invalid(
                "X-Timestamp is in the future; set your clock by /api/time",
            ));
        }
        if now_ms > timestamp + window {
            return Err(invalid("the request came after its receive window"));
        }
        Ok(timestamp + window)
    }

    /// Whether it is the signature of this text, and in time.
    ///
    /// # Errors
    /// `InvalidSignature`.
    pub fn check(
        &self,
        signed: Signed<'_>,
        verifier: &Verifier,
        now_ms: i64,
    ) -> Result<Proof, ApiError> {
        let valid_until_ms = self.check_times(now_ms)?;
        let text = self.text(signed);
        let bytes = self
            .bytes(verifier)
            .filter(|bytes| verifier.fits(&text, bytes));
        let bytes = bytes.ok_or_else(wrong)?;
        let hash = Sha256::digest(&bytes);
        Ok(Proof {
            valid_until_ms,
            // Of the bytes, because the same bytes can be spelled in several ways.
            request_key: format!("sig-{}", hex::encode(&hash[..REQUEST_KEY_BYTES])),
        })
    }

    fn text(&self, signed: Signed<'_>) -> Vec<u8> {
        let mut text = Vec::with_capacity(signed.body.len() + signed.target.len() + 128);
        text.extend_from_slice(self.timestamp.as_bytes());
        text.push(b'\n');
        text.extend_from_slice(self.window.as_deref().unwrap_or_default().as_bytes());
        text.push(b'\n');
        for line in [
            signed.idempotency_key,
            Some(signed.method),
            Some(signed.target),
        ] {
            let Some(line) = line else { continue };
            text.extend_from_slice(line.as_bytes());
            text.push(b'\n');
        }
        text.extend_from_slice(signed.body);
        text
    }

    fn bytes(&self, verifier: &Verifier) -> Option<Vec<u8>> {
        if self.signature.len() > SIGNATURE_TEXT_LIMIT {
            return None;
        }
        let (bytes, length) = match verifier {
            Verifier::Hmac(_) => (hex::decode(&self.signature).ok()?, HMAC_BYTES),
            Verifier::Ed25519(_) => (STANDARD.decode(&self.signature).ok()?, ED25519_BYTES),
        };
        Some(bytes).filter(|bytes| bytes.len() == length)
    }
}

impl Verifier {
    /// With a shared secret.
    pub fn hmac(secret: &[u8]) -> Self {
        Verifier::Hmac(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// In constant time.
    fn fits(&self, text: &[u8], signature: &[u8]) -> bool {
        match self {
            Verifier::Hmac(key) => hmac::verify(key, text, signature).is_ok(),
            Verifier::Ed25519(key) => {
                let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
                key.verify(text, signature).is_ok()
            }
        }
    }
}

/// One answer for a wrong signature and an unknown key, so that nobody learns which keys there are.
pub(super) fn wrong() -> ApiError {
    invalid("no key of ours made this signature for this request")
}

fn invalid(message: &str) -> ApiError {
    ApiError::InvalidSignature(message.to_owned())
}

fn missing(name: &str) -> ApiError {
    invalid(&format!("a signed request has the header {name}"))
}

/// A header sent twice is none: which one is meant?
fn text_of(headers: &HeaderMap, name: &str) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    match (value.to_str(), values.next()) {
        (Ok(text), None) => Ok(Some(text.to_owned())),
        _ => Err(invalid(&format!(
            "the header {name} is one line of plain text"
        ))),
    }
}

/// Plain digits, within what cannot overflow.
fn milliseconds(text: &str) -> Option<i64> {
    let plain = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
