//! `POST /api/auth/revoke-session`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::logout::Ended;
use super::refusal;
use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which session.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RevokeSession {
    session_id: i64,
}

/// Ends a session of the account, on every server at once.
#[utoipa::path(post, path = "/api/auth/revoke-session", tag = "auth", request_body = RevokeSession,
    responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn revoke_session(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<RevokeSession>,
) -> Result<Json<Ended>, ApiError> {
    let account_id = owner.caller.account_id;
    if client::close_session(&app.reads, account_id, request.session_id).await? {
        return Ok(Json(Ended {}));
    }
    let words = "the account has no such session, or it has ended";
    Err(refusal("SESSION_NOT_FOUND", "sessionId", words))
}
