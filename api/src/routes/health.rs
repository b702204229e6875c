//! `/health`, `/health/live`, `/health/ready`: for load balancers and supervisors.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::app::App;
use crate::error::ApiError;

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
}

/// The process answers; says nothing about the database, so that nobody restarts the server because
/// the database is away.
pub(super) async fn live() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The database answers too.
pub(super) async fn ready(State(app): State<App>) -> Result<Json<Health>, ApiError> {
    client::ping(&app.reads).await?;
    Ok(Json(Health { status: "ok" }))
}
