//! `/health`, `/health/live`, `/health/ready`: for load balancers and supervisors.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::error::ApiError;
use crate::openapi::Refusals;

/// How the server is.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    status: &'static str,
}

/// The process answers; says nothing about the database, so that nobody restarts the server because
/// the database is away.
#[utoipa::path(get, path = "/health/live", tag = "health",
    responses((status = 200, body = Health)))]
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The same as `/health/ready`.
#[utoipa::path(get, path = "/health", tag = "health",
    responses((status = 200, body = Health), Refusals))]
pub(super) async fn health(state: State<App>) -> Result<Json<Health>, ApiError> {
    ready(state).await
}

/// The database answers too.
#[utoipa::path(get, path = "/health/ready", tag = "health",
    responses((status = 200, body = Health), Refusals))]
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    client::ping(&app.reads).await?;
    Ok(Json(Health { status: "ok" }))
}
