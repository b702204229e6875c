//! `POST /api/admin/fee-tiers/rates`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, check_decimal, propose};
use crate::app::App;
use crate::auth::staff::FinanceOfficer;
use crate::error::ApiError;
use crate::extract::Body;
use crate::openapi::Refusals;

/// The rates that a fee tier shall have.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct FeeRates {
    fee_tier_id: i32,
    maker_rate: String,
    taker_rate: String,
    reason: String,
}

/// Proposes the rates of a fee tier, for all of its accounts, each 0 to 0.1 with at most 6
/// decimals; orders that are placed already keep theirs.
#[utoipa::path(post, path = "/api/admin/fee-tiers/rates", tag = "admin",
    request_body = FeeRates, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_fee_rates(
    State(app): State<App>,
    staff: FinanceOfficer,
    Body(request): Body<FeeRates>,
) -> Result<Json<Proposed>, ApiError> {
    check_decimal("makerRate", &request.maker_rate)?;
    check_decimal("takerRate", &request.taker_rate)?;
    let arguments = json!({
        "fee_tier_id": request.fee_tier_id,
        "maker_rate": request.maker_rate,
        "taker_rate": request.taker_rate,
    });
    propose(&app, &staff, "set_fee_rates", &arguments, &request.reason).await
}
