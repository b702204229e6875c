//! `POST /api/admin/accounts/unfreeze`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::AccountGuard;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// Whose account, and why.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UnfreezeAccount {
    account_id: i64,
    reason: String,
}

/// Proposes that a frozen account may trade again.
#[utoipa::path(post, path = "/api/admin/accounts/unfreeze", tag = "admin",
    request_body = UnfreezeAccount, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_unfreeze(
    State(app): State<App>,
    staff: AccountGuard,
    Body(request): Body<UnfreezeAccount>,
) -> Result<Json<Proposed>, ApiError> {
    let arguments = json!({ "account_id": request.account_id, "status": "active" });
    let action = "set_account_status";
    propose(&app, &staff, action, &arguments, &request.reason).await
}
