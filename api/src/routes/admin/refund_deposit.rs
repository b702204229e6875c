//! `POST /api/admin/deposits/refund`.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Proposed, propose};
use crate::app::App;
use crate::auth::staff::RiskOfficer;
use crate::error::{ApiError, Rejection};
use crate::extract::Body;
use crate::openapi::Refusals;
use crate::routes::wallet::destination;
use crate::wire::number;

/// A deposit that goes back.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefundDeposit {
    deposit_id: String,
    /// The deposit's network.
    network: String,
    /// To where, as the sender named it: what a chain calls the source is often not the sender's
    /// own.
    #[schema(
        pattern = "^[0-9A-Za-z]{1,100}$",
        max_length = 100,
        example = "bcrt1qcr8te4kr609gcawutmrza0j4xv80jy8zeqchgx"
    )]
    address: String,
    reason: String,
}

/// Proposes to send a suspicious deposit back, all of it.
#[utoipa::path(post, path = "/api/admin/deposits/refund", tag = "admin",
    request_body = RefundDeposit, responses((status = 200, body = Proposed), Refusals))]
pub(crate) async fn propose_refund(
    State(app): State<App>,
    staff: RiskOfficer,
    Body(request): Body<RefundDeposit>,
) -> Result<Json<Proposed>, ApiError> {
    let deposit_id = number("depositId", &request.deposit_id)?;
    let network = client::network_named(&app.reads, &request.network).await?;
    let network = network.ok_or_else(|| unknown_network(&request.network))?;
    let to = destination::read(&network.family, &network.chain, &request.address)?;
    let arguments = json!({
        "deposit_id": deposit_id,
        "network": network.name,
        "address": to.address,
        "script": hex::encode(to.script),
    });
    propose(&app, &staff, "refund_deposit", &arguments, &request.reason).await
}

fn unknown_network(name: &str) -> ApiError {
    ApiError::Rejected(Rejection {
        code: "UNKNOWN_NETWORK".to_owned(),
        field: Some("network".to_owned()),
        message: format!("no network {name}"),
    })
}
