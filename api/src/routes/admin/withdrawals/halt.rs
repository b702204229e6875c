//! `POST /api/admin/withdrawals/halts`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::WithdrawalGuard;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::admin::{check_reason, refused};

/// What shall be halted.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HaltWithdrawals {
    /// Only this asset.
    asset: Option<String>,
    /// Only on this network. Without both, everything.
    network: Option<String>,
    reason: String,
}

/// What was halted.
#[derive(Serialize, ToSchema)]
pub(crate) struct Halted {
    /// How many assets or networks were not halted before.
    #[schema(minimum = 0, maximum = 100_000, examples(1))]
    halted: i32,
}

/// Halts withdrawals at once: of an asset, of a network, or all. One member is enough; the way back
/// needs a second one.
#[utoipa::path(post, path = "/api/admin/withdrawals/halts", tag = "admin",
    request_body = HaltWithdrawals, responses((status = 200, body = Halted), Refusals))]
pub(crate) async fn halt_withdrawals(
    State(app): State<App>,
    staff: WithdrawalGuard,
    Body(request): Body<HaltWithdrawals>,
) -> Result<Json<Halted>, ApiError> {
    check_reason(&request.reason)?;
    let (asset, network) = (request.asset.as_deref(), request.network.as_deref());
    let session = staff.staff_session_id;
    let halted = client::halt_withdrawals(&app.reads, session, asset, network, &request.reason)
        .await
        .map_err(refused)?;
    Ok(Json(Halted { halted }))
}
