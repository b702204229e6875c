//! `POST /api/wallet/withdrawal-mode`.

use axum::Json;
use axum::extract::State;
use client::WithdrawalMode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::destination::refused;
use crate::app::App;
use crate::auth::SteppedUp;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::wire::millis;

/// What is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SetMode {
    book_only: bool,
}

/// Where withdrawals go.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mode {
    book_only: bool,
    /// Until then, where the owner took it back.
    book_only_ends_at: Option<i64>,
}

impl From<WithdrawalMode> for Mode {
    fn from(mode: WithdrawalMode) -> Self {
        Mode {
            book_only: mode.book_only,
            book_only_ends_at: mode.ends_at.map(millis),
        }
    }
}

/// Has withdrawals go to addresses of the book alone: from now on; or takes that back, which counts
/// a day later, and of which the owner gets a mail.
#[utoipa::path(post, path = "/api/wallet/withdrawal-mode", tag = "wallet",
    request_body = SetMode, responses((status = 200, body = Mode), Refusals))]
pub(crate) async fn set_withdrawal_mode(
    State(app): State<App>,
    owner: SteppedUp,
    Body(request): Body<SetMode>,
) -> Result<Json<Mode>, ApiError> {
    let (account_id, session_id) = (owner.caller.account_id, owner.session_id);
    let mode = client::set_withdrawal_mode(&app.reads, account_id, session_id, request.book_only)
        .await
        .map_err(refused)?;
    Ok(Json(Mode::from(mode)))
}
