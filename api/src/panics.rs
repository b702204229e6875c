//! A handler that panics is a fault of ours, answered like any other: 500 with a body, and the
//! connection lives on.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;

use crate::error::ApiError;

/// Runs a request; a panic in it becomes an answer. What the handler had begun in the database is
/// rolled back with its connection.
pub async fn answer(request: Request, next: Next) -> Response {
    // Nothing that the handler could have left half done is used again.
    let outcome = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    outcome.unwrap_or_else(|panic| ApiError::Internal(words(&*panic)).into_response())
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("a handler panicked: {}", text.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use axum::http::StatusCode;
    use axum::routing::get;
    use axum::{Router, middleware};
    use tower::ServiceExt as _;

    async fn breaks() -> &'static str {
        panic!("out of order")
    }

    #[tokio::test]
    async fn a_panic_is_answered_in_the_documented_form() {
        let router = Router::new().route("/", get(breaks));
        let router: Router = router.layer(middleware::from_fn(answer));
        let request = Request::get("/").body(Body::empty()).expect("a request");
        let response = router.oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 1 << 16).await;
        let text = String::from_utf8(body.expect("a body").to_vec()).expect("text");
        assert!(
            text.contains("INTERNAL") && !text.contains("out of order"),
            "{text}"
        );
    }
}
