//! Calls of other programs, which no account makes: signed with a secret that both have, good for a
//! few minutes. Within these a repeat must do no harm.

use axum::http::HeaderMap;
use ring::hmac;

use crate::error::ApiError;

/// A signature is good for so long, before and after.
const WINDOW_MS: i64 = 300_000;

/// Checks the headers `X-Timestamp` (milliseconds) and `X-Signature`: HMAC-SHA256 of timestamp,
/// path and body, joined by line feeds, in hexadecimal digits. With the path, what was signed for
/// one place is good at no other.
///
/// # Errors
/// `InvalidSignature`; also where there is no key.
pub fn check(
    key: Option<&hmac::Key>,
    headers: &HeaderMap,
    path: &str,
    body: &[u8],
    now_ms: i64,
) -> Result<(), ApiError> {
    let wrong = |words: &str| ApiError::InvalidSignature(words.to_owned());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let key = key.ok_or_else(|| wrong("nobody is known here who would sign"))?;
    let timestamp = text("x-timestamp").unwrap_or_default();
    let signature = text("x-signature").unwrap_or_default();
    let signature = hex::decode(signature).map_err(|_| wrong("X-Signature is hexadecimal"))?;
    let signed = [timestamp.as_bytes(), path.as_bytes(), body].join(&b'\n');
    hmac::verify(key, &signed, &signature).map_err(|_| wrong("the signature is wrong"))?;
    let at_ms: i64 = timestamp
        .parse()
        .map_err(|_| wrong("X-Timestamp is a time"))?;
    match now_ms.abs_diff(at_ms) <= WINDOW_MS.unsigned_abs() {
        true => Ok(()),
        false => Err(wrong("the signature is too old or too early")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(timestamp: &str, signature: &str) -> HeaderMap {
        let value = |text: &str| HeaderValue::from_str(text).expect("a value");
        let mut headers = HeaderMap::new();
        headers.insert("x-timestamp", value(timestamp));
        headers.insert("x-signature", value(signature));
        headers
    }

    #[test]
    fn only_the_secret_the_path_the_body_and_the_time_that_were_signed_are_taken() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let good = hex::encode(hmac::sign(&key, b"1000000\n/here\n{}"));
        let try_it = |key: Option<&hmac::Key>, at: &str, sign: &str, body: &[u8], now| {
            check(key, &headers(at, sign), "/here", body, now).is_ok()
        };
        assert!(try_it(Some(&key), "1000000", &good, b"{}", 1_300_000));
        assert!(!try_it(Some(&key), "1000000", &good, b"{}", 1_300_001));
        assert!(!try_it(Some(&key), "1000000", &good, b"{}", 699_999));
        assert!(!try_it(Some(&key), "1000001", &good, b"{}", 1_000_000));
        assert!(!try_it(Some(&key), "1000000", &good, b"{ }", 1_000_000));
        assert!(!try_it(Some(&key), "1000000", "", b"{}", 1_000_000));
        let elsewhere = check(
            Some(&key),
            &headers("1000000", &good),
            "/there",
            b"{}",
            1_000_000,
        );
        assert!(elsewhere.is_err());
        let other = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        assert!(!try_it(Some(&other), "1000000", &good, b"{}", 1_000_000));
        assert!(!try_it(None, "1000000", &good, b"{}", 1_000_000));
    }
}
