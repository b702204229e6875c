//! `GET /api/admin/withdrawals/halts`.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::WithdrawalHaltViewer;
use crate::error::ApiError;
use crate::openapi::Refusals;
use crate::routes::admin::refused;

/// What is halted.
#[derive(Serialize, ToSchema)]
pub(crate) struct WithdrawalHalts {
    /// The halts, by network.
    halts: Vec<WithdrawalHalt>,
}

/// A halt.
#[derive(Serialize, ToSchema)]
struct WithdrawalHalt {
    /// Null: the whole network.
    asset: Option<String>,
    network: String,
    /// Why.
    #[schema(max_length = 500, examples("the node is odd"))]
    reason: String,
}

/// Which withdrawals are halted, and why.
#[utoipa::path(get, path = "/api/admin/withdrawals/halts", tag = "admin",
    responses((status = 200, body = WithdrawalHalts), Refusals))]
pub(crate) async fn withdrawal_halts(
    State(app): State<App>,
    staff: WithdrawalHaltViewer,
) -> Result<Json<WithdrawalHalts>, ApiError> {
    let rows = client::withdrawal_halts(&app.reads, staff.staff_session_id)
        .await
        .map_err(refused)?;
    let halt = |row: client::WithdrawalHalt| WithdrawalHalt {
        asset: row.asset,
        network: row.network,
        reason: row.reason,
    };
    let halts = rows.into_iter().map(halt).collect();
    Ok(Json(WithdrawalHalts { halts }))
}
