//! Gives every request an id, or takes the client's, and hands it back; logs one line a request.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

/// The header, in and out.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A client's id is taken up to this length.
const LENGTH_LIMIT: usize = 64;

/// Runs a request under its id.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let taken = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|id| is_harmless(id.as_bytes()))
        .cloned();
    let id = taken.unwrap_or_else(random);
    request.headers_mut().insert(REQUEST_ID, id.clone());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map(|path| path.as_str().to_owned());
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    response.headers_mut().insert(REQUEST_ID, id);
    let (status, micros) = (response.status().as_u16(), started.elapsed().as_micros());
    let route = route.as_deref().unwrap_or("no such path");
    span.in_scope(|| tracing::debug!("{method} {route} {status} in {micros} µs"));
    response
}

/// It goes into logs and headers.
fn is_harmless(id: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !id.is_empty() && id.len() <= LENGTH_LIMIT && id.iter().all(allowed)
}

fn random() -> HeaderValue {
    let text = format!("{:032x}", rand::random::<u128>());
    // Hexadecimal digits always make a header value.
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken() {
        assert!(is_harmless(b"4f0c-1_x.Z"));
        for wrong in [&b""[..], b"a b", b"a\"b", &[b'a'; LENGTH_LIMIT + 1]] {
            assert!(!is_harmless(wrong));
        }
    }

    #[test]
    fn our_own_ids_are_harmless_and_differ() {
        assert!(is_harmless(random().as_bytes()));
        assert_ne!(random(), random());
    }
}
