//! `POST /api/account/sub-accounts`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::Owner;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::auth::check_label;
use crate::wire::millis;

/// A sub-account to open.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OpenSubAccount {
    /// The owner's name for it, 1 to 64 characters.
    label: String,
}

/// A sub-account that was opened.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OpenedSubAccount {
    account_id: i64,
    label: String,
    created_at: i64,
    /// `true`: there was one of this name already, and this is it.
    repeated: bool,
}

/// Opens a sub-account: it has balances and orders of its own, and trades by an API key that the
/// account makes for it. An account has at most 20.
#[utoipa::path(post, path = "/api/account/sub-accounts", tag = "account",
    request_body = OpenSubAccount, responses((status = 200, body = OpenedSubAccount), Refusals))]
pub(crate) async fn open_sub_account(
    State(app): State<App>,
    owner: Owner,
    Body(request): Body<OpenSubAccount>,
) -> Result<Json<OpenedSubAccount>, ApiError> {
    check_label(&request.label)?;
    let account_id = owner.caller.account_id;
    let opened =
        client::open_sub_account(&app.reads, account_id, owner.session_id, &request.label).await?;
    Ok(Json(OpenedSubAccount {
        account_id: opened.account_id,
        label: request.label,
        created_at: millis(opened.created_at),
        repeated: opened.repeated,
    }))
}
