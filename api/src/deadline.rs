//! A read is answered in time or refused: whatever it waits for, one thing after the other, all of
//! it together has one limit. What changes something has limits of its own, because it cannot be
//! left off.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::error::ApiError;

/// Refuses a read as `Unavailable` once its time is over.
pub async fn limit_reads(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() {
        return next.run(request).await;
    }
    match tokio::time::timeout(app.answer_limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => ApiError::Unavailable.into_response(),
    }
}
