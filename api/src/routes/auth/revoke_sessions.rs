//! `POST /api/auth/revoke-sessions`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Which sessions.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RevokeSessions {
    /// The one that asks, too; otherwise it stays.
    #[serde(default)]
    include_current: bool,
}

/// How many ended.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EndedSessions {
    ended: i32,
}

/// Ends all other sessions of the account, or all, on every server at once.
#[utoipa::path(post, path = "/api/auth/revoke-sessions", tag = "auth",
    request_body = RevokeSessions, responses((status = 200, body = EndedSessions), Refusals))]
pub(crate) async fn revoke_sessions(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<RevokeSessions>,
) -> Result<Json<EndedSessions>, ApiError> {
    let account_id = owner.caller.account_id;
    let include_current = request.include_current;
    let ended =
        client::close_sessions(&app.reads, account_id, owner.session_id, include_current).await?;
    Ok(Json(EndedSessions { ended }))
}
