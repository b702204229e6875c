//! `POST /api/kyc/callback`: an outside provider's answer, signed with the secret that both have.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::HeaderMap;
use ring::hmac;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{parse_json, unreadable};
use crate::openapi::Refusals;
use crate::wire::millis;

/// A signature is good for so long, before and after.
const WINDOW_MS: i64 = 300_000;

/// What the provider found.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ProviderAnswer {
    /// As the case was sent.
    #[schema(
        pattern = "^[0-9a-f]{32}$",
        examples("00112233445566778899aabbccddeeff")
    )]
    reference: String,
    /// 0: nothing wrong; 100: certainly wrong. `exchange.kyc_rules` says what follows.
    #[schema(minimum = 0, maximum = 100, examples(0))]
    score: u8,
    /// What was seen, for reviewers.
    #[schema(max_length = 500, examples("faces match"))]
    #[serde(default)]
    detail: String,
}

/// The answer is noted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Noted {
    status: &'static str,
}

/// Takes a provider's answer; a repeat changes nothing. Headers `X-Timestamp` (milliseconds) and
/// `X-Signature`: HMAC-SHA256 of timestamp, line feed and body, in hexadecimal digits.
#[utoipa::path(post, path = "/api/kyc/callback", tag = "kyc", request_body = ProviderAnswer,
    responses((status = 200, body = Noted), Refusals))]
pub(crate) async fn kyc_callback(
    State(app): State<App>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<Json<Noted>, ApiError> {
    let body = body.map_err(unreadable)?;
    let now_ms = millis(OffsetDateTime::now_utc());
    check(app.documents.provider(), &headers, &body, now_ms)?;
    let answer: ProviderAnswer = parse_json(&body)?;
    if answer.score > 100 {
        return Err(ApiError::malformed("score", "score is 0 to 100"));
    }
    let score = i32::from(answer.score);
    let pool = &app.documents.pool;
    let outcome =
        client::answer_kyc_provider(pool, &answer.reference, score, &answer.detail).await?;
    tracing::info!(answer.reference, outcome, "a provider answered");
    Ok(Json(Noted { status: "noted" }))
}

fn check(
    key: Option<&hmac::Key>,
    headers: &HeaderMap,
    body: &[u8],
    now_ms: i64,
) -> Result<(), ApiError> {
    let wrong = |words: &str| ApiError::InvalidSignature(words.to_owned());
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let key = key.ok_or_else(|| wrong("no provider is known here"))?;
    let timestamp = text("x-timestamp").unwrap_or_default();
    let signature = text("x-signature").unwrap_or_default();
    let signature = hex::decode(signature).map_err(|_| wrong("X-Signature is hexadecimal"))?;
    let signed = [timestamp.as_bytes(), b"\n", body].concat();
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
    fn only_the_secret_the_body_and_the_time_that_were_signed_are_taken() {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &[7; 32]);
        let good = hex::encode(hmac::sign(&key, b"1000000\n{}"));
        let try_it = |key: Option<&hmac::Key>, at: &str, sign: &str, body: &[u8], now| {
            check(key, &headers(at, sign), body, now).is_ok()
        };
        assert!(try_it(Some(&key), "1000000", &good, b"{}", 1_300_000));
        assert!(!try_it(Some(&key), "1000000", &good, b"{}", 1_300_001));
        assert!(!try_it(Some(&key), "1000000", &good, b"{}", 699_999));
        assert!(!try_it(Some(&key), "1000001", &good, b"{}", 1_000_000));
        assert!(!try_it(Some(&key), "1000000", &good, b"{ }", 1_000_000));
        assert!(!try_it(Some(&key), "1000000", "", b"{}", 1_000_000));
        let other = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
        assert!(!try_it(Some(&other), "1000000", &good, b"{}", 1_000_000));
        assert!(!try_it(None, "1000000", &good, b"{}", 1_000_000));
    }
}
