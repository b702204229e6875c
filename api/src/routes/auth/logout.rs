//! `POST /api/auth/logout`.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Owner, cookie};
use crate::error::ApiError;
use crate::openapi::Refusals;

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ended {}

/// Ends the session whose token comes with the request, on every server at once.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth",
    responses((status = 200, body = Ended), Refusals))]
pub(crate) async fn logout(
    State(app): State<App>,
    owner: Owner,
) -> Result<(HeaderMap, Json<Ended>), ApiError> {
    // False where another request ended it meanwhile, which is as well.
    client::close_session(&app.reads, owner.caller.account_id, owner.session_id).await?;
    let headers = match owner.caller.is_by_cookie {
        true => cookie::clear(),
        false => HeaderMap::new(),
    };
    Ok((headers, Json(Ended {})))
}
