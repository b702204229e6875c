//! `/api/admin`: what staff do. Sensitive actions are proposals, which another member decides.

pub(crate) mod accept_invitation;
pub(crate) mod account;
pub(crate) mod accounts;
pub(crate) mod adjust_balance;
pub(crate) mod audit;
pub(crate) mod create_member;
pub(crate) mod debts;
pub(crate) mod decide;
pub(crate) mod deposits;
pub(crate) mod disable_member;
pub(crate) mod fee_rates;
pub(crate) mod fee_tier;
pub(crate) mod freeze_account;
pub(crate) mod invite_member;
pub(crate) mod kyc;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod market_limits;
pub(crate) mod market_status;
pub(crate) mod member_reset;
pub(crate) mod member_roles;
pub(crate) mod members;
pub(crate) mod proposals;
pub(crate) mod refund_deposit;
pub(crate) mod release_deposit;
pub(crate) mod risk_decision;
pub(crate) mod risk_events;
pub(crate) mod risk_rule;
pub(crate) mod risk_rule_end;
pub(crate) mod risk_rules;
pub(crate) mod session;
pub(crate) mod unfreeze_account;
pub(crate) mod withdrawals;

use axum::Json;
use client::NewProposal;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::staff::{Permit, Staff};
use crate::error::{ApiError, Rejection};
use crate::wire::millis;

/// Characters of a reason at most.
const REASON_LENGTH: usize = 500;

/// Nothing more to say.
#[derive(Serialize, ToSchema)]
#[schema(as = StaffDone)]
pub(crate) struct Done {
    status: &'static str,
}

impl Done {
    fn of(status: &'static str) -> Self {
        Done { status }
    }
}

/// A proposal that waits for a second person.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Proposed {
    proposal_id: i64,
    /// pending; approved where it was the founder's making of the second administrator.
    state: String,
    expires_at: i64,
    repeated: bool,
}

/// Asks for a second person. What the action refuses is refused here already.
async fn propose<P: Permit>(
    app: &App,
    staff: &Staff<P>,
    action: &str,
    arguments: &Value,
    reason: &str,
) -> Result<Json<Proposed>, ApiError> {
    check_reason(reason)?;
    let proposal = NewProposal {
        staff_session_id: staff.staff_session_id,
        action,
        arguments,
        reason: Some(reason),
        request_key: staff.request_key.as_deref(),
    };
    let made = client::propose(&app.reads, proposal)
        .await
        .map_err(refused)?;
    Ok(Json(Proposed {
        proposal_id: made.proposal_id,
        state: made.state,
        expires_at: millis(made.expires_at),
        repeated: made.repeated,
    }))
}

/// A reject of a function of staff, with the field that it is about.
pub(crate) fn refused(error: client::Error) -> ApiError {
    let error = ApiError::from(error);
    let ApiError::Rejected(rejection) = error else {
        return error;
    };
    let (code, field) = match rejection.code.as_str() {
        "ACCESS_REVOKED" => return ApiError::AccessRevoked,
        "PERMISSION_DENIED" => return ApiError::PermissionDenied(rejection.message),
        // To a user this means the own account; here it is somebody else's.
        "UNKNOWN_ACCOUNT" | "ACCOUNT_NOT_FOUND" => ("ACCOUNT_NOT_FOUND", Some("accountId")),
        "UNKNOWN_FEE_TIER" => ("FEE_TIER_NOT_FOUND", Some("feeTierId")),
        "MEMBER_NOT_FOUND" | "MEMBER_ENROLLED" | "MEMBER_NOT_ENROLLED" => {
            (rejection.code.as_str(), Some("staffId"))
        }
        "MEMBER_EXISTS" => ("MEMBER_EXISTS", Some("email")),
        "PROPOSAL_NOT_FOUND" => ("PROPOSAL_NOT_FOUND", Some("proposalId")),
        "CASE_NOT_FOUND" | "CASE_DECIDED" | "CASE_CLAIMED" | "CASE_NOT_CLAIMED" => {
            (rejection.code.as_str(), Some("caseId"))
        }
        "DOCUMENT_NOT_FOUND" => ("DOCUMENT_NOT_FOUND", Some("documentId")),
        "UNKNOWN_LEVEL" => ("UNKNOWN_LEVEL", Some("level")),
        "INVALID_AMOUNT" => ("INVALID_AMOUNT", Some("amount")),
        "DEPOSIT_NOT_FOUND" | "DEPOSIT_DECIDED" | "NOT_CONFIRMED" => {
            (rejection.code.as_str(), Some("depositId"))
        }
        "INVALID_ADDRESS" => ("INVALID_ADDRESS", Some("address")),
        "RULE_NOT_FOUND" => ("RULE_NOT_FOUND", Some("rule")),
        "INVALID_RULE" => ("INVALID_RULE", rule_field(&rejection.message)),
        "WITHDRAWAL_NOT_FOUND" | "WITHDRAWAL_DECIDED" => {
            (rejection.code.as_str(), Some("withdrawalId"))
        }
        "RISK_EVENT_NOT_FOUND" | "RISK_EVENT_DECIDED" => (rejection.code.as_str(), Some("eventId")),
        code => (code, rejection.field.as_deref()),
    };
    ApiError::Rejected(Rejection {
        code: code.to_owned(),
        field: field.map(str::to_owned),
        message: rejection.message,
    })
}

/// The field of a rule that a message begins with.
fn rule_field(message: &str) -> Option<&'static str> {
    const FIELDS: [(&str, &str); 6] = [
        ("rule", "rule"),
        ("point", "point"),
        ("kind", "kind"),
        ("parameters", "parameters"),
        ("action", "action"),
        ("reason_code", "reasonCode"),
    ];
    let (name, _) = message.split_once(':')?;
    let found = FIELDS.iter().find(|(known, _)| *known == name);
    found.map(|(_, field)| *field)
}

fn check_reason(reason: &str) -> Result<(), ApiError> {
    let length = reason.chars().count();
    if (1..=REASON_LENGTH).contains(&length) && !reason.chars().any(char::is_control) {
        return Ok(());
    }
    Err(ApiError::malformed(
        "reason",
        "reason is 1 to 500 characters of plain text",
    ))
}

/// Decimal text that Postgres reads as a number.
fn check_decimal(field: &str, text: &str) -> Result<(), ApiError> {
    if client::is_decimal(text) {
        return Ok(());
    }
    Err(ApiError::malformed(
        field,
        format!("{field} is a decimal number of at most 60 characters"),
    ))
}
