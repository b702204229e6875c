//! Reads the body of a signed request before its handler does, because its bytes are signed.

use axum::RequestExt as _;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::signature::KEY_HEADER;
use crate::extract;

/// The bytes of a signed request's body.
#[derive(Clone, Debug)]
pub(super) struct SignedBody(pub(super) Bytes);

/// Keeps the bytes beside the request; one that is not signed passes untouched.
pub async fn keep(request: Request, next: Next) -> Response {
    if !request.headers().contains_key(KEY_HEADER) {
        return next.run(request).await;
    }
    let (mut parts, body) = request.with_limited_body().into_parts();
    let bytes = Bytes::from_request(Request::new(body), &()).await;
    let bytes = match bytes.map_err(extract::unreadable) {
        Ok(bytes) => bytes,
        Err(error) => return error.into_response(),
    };
    parts.extensions.insert(SignedBody(bytes.clone()));
    next.run(Request::from_parts(parts, Body::from(bytes)))
        .await
}
