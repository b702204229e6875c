//! The operations of staff, with the roles that each takes.

use super::{Access, Needs, OF_MARKET, Operation, operation, public};

/// What any proposal may be refused with.
pub(super) const PROPOSING: &[&str] = &["DUPLICATE_IDEMPOTENCY_KEY", "TOO_MANY_PROPOSALS"];
/// What a decision may be refused with, those of the actions among them.
const DECIDING: &[&str] = &[
    "PROPOSAL_NOT_FOUND",
    "PROPOSAL_DECIDED",
    "PROPOSAL_EXPIRED",
    "SECOND_PERSON_REQUIRED",
    "ACCOUNT_NOT_FOUND",
    "FEE_TIER_NOT_FOUND",
    "MEMBER_NOT_FOUND",
    "MEMBER_NOT_ENROLLED",
    "TOO_FEW_ADMINISTRATORS",
    "UNKNOWN_MARKET",
    "UNKNOWN_ASSET",
    "INVALID_AMOUNT",
    "INVALID_FEE_RATE",
    "INVALID_LIMITS",
    "INSUFFICIENT_BALANCE",
    "INVALID_RULE",
    "TOO_MANY_RULES",
    "RULE_NOT_FOUND",
    "DEPOSIT_NOT_FOUND",
    "DEPOSIT_DECIDED",
    "NOT_CONFIRMED",
    "INVALID_ADDRESS",
    "UNKNOWN_NETWORK",
];
const ADMINISTRATOR: &[&str] = &["administrator"];
const FINANCE: &[&str] = &["finance"];
const REVIEWER: &[&str] = &["reviewer"];
const RISK: &[&str] = &["risk"];
const ACCOUNT_VIEWERS: &[&str] = &["finance", "reviewer", "risk", "support"];
const MONEY_VIEWERS: &[&str] = &["finance", "risk", "support"];
const ACCOUNT_GUARDS: &[&str] = &["risk", "support"];
const MARKET_GUARDS: &[&str] = &["administrator", "risk"];
const WITHDRAWAL_REVIEWERS: &[&str] = &["finance", "reviewer"];
const WITHDRAWAL_VIEWERS: &[&str] = &["finance", "reviewer", "risk"];
const WITHDRAWAL_HALT_VIEWERS: &[&str] = &["administrator", "finance", "reviewer", "risk"];
const WITHDRAWAL_GUARDS: &[&str] = &["administrator", "finance", "risk"];
const HALTING: &[&str] = &["UNKNOWN_ASSET", "UNKNOWN_NETWORK"];
const ANY_ROLE: &[&str] = &["administrator", "finance", "reviewer", "risk", "support"];

/// The operations under `/api/admin`.
pub(super) const OPERATIONS: &[Operation] = &[
    staff("kyc_queue", REVIEWER, &[]),
    staff(
        "claim_kyc_case",
        REVIEWER,
        &[
            "CASE_NOT_FOUND",
            "CASE_DECIDED",
            "CASE_CLAIMED",
            "SECOND_PERSON_REQUIRED",
        ],
    ),
    staff("release_kyc_case", REVIEWER, &["CASE_NOT_CLAIMED"]),
    staff("kyc_case", REVIEWER, &["CASE_NOT_FOUND"]),
    staff("kyc_document", REVIEWER, &["DOCUMENT_NOT_FOUND"]),
    staff(
        "decide_kyc_case",
        REVIEWER,
        &[
            "CASE_NOT_FOUND",
            "CASE_DECIDED",
            "CASE_NOT_CLAIMED",
            "INVALID_REASON",
            "SECOND_PERSON_REQUIRED",
        ],
    ),
    proposal(
        "propose_kyc_limits",
        RISK,
        &["UNKNOWN_LEVEL", "INVALID_LIMITS"],
    ),
    public("staff_login", &["INVALID_CREDENTIALS"]),
    public(
        "accept_invitation",
        &["INVALID_TOKEN", "INVALID_PASSWORD", "WEAK_PASSWORD"],
    ),
    staff("staff_logout", &[], &[]),
    staff("staff_session", &[], &[]),
    staff("members", ADMINISTRATOR, &[]),
    staff(
        "create_member",
        ADMINISTRATOR,
        &["MEMBER_EXISTS", "DUPLICATE_IDEMPOTENCY_KEY"],
    ),
    staff(
        "invite_member",
        ADMINISTRATOR,
        &["MEMBER_NOT_FOUND", "MEMBER_ENROLLED"],
    ),
    staff(
        "disable_member",
        ADMINISTRATOR,
        &["MEMBER_NOT_FOUND", "SECOND_PERSON_REQUIRED"],
    ),
    proposal(
        "propose_roles",
        ADMINISTRATOR,
        &[
            "MEMBER_NOT_FOUND",
            "MEMBER_NOT_ENROLLED",
            "TOO_FEW_ADMINISTRATORS",
        ],
    ),
    proposal(
        "propose_reset",
        ADMINISTRATOR,
        &["MEMBER_NOT_FOUND", "TOO_FEW_ADMINISTRATORS"],
    ),
    staff("proposals", ANY_ROLE, &[]),
    staff("decide", ANY_ROLE, DECIDING),
    staff("audit", ADMINISTRATOR, &[]),
    staff("find_accounts", ACCOUNT_VIEWERS, &[]),
    staff("show_account", ACCOUNT_VIEWERS, &["ACCOUNT_NOT_FOUND"]),
    staff("freeze_account", ACCOUNT_GUARDS, &["ACCOUNT_NOT_FOUND"]),
    proposal("propose_unfreeze", ACCOUNT_GUARDS, &["ACCOUNT_NOT_FOUND"]),
    proposal(
        "propose_fee_tier",
        FINANCE,
        &["ACCOUNT_NOT_FOUND", "FEE_TIER_NOT_FOUND"],
    ),
    proposal(
        "propose_fee_rates",
        FINANCE,
        &["FEE_TIER_NOT_FOUND", "INVALID_FEE_RATE"],
    ),
    proposal(
        "propose_adjustment",
        FINANCE,
        &[
            "ACCOUNT_NOT_FOUND",
            "UNKNOWN_ASSET",
            "INVALID_AMOUNT",
            "INSUFFICIENT_BALANCE",
        ],
    ),
    proposal("propose_market_status", MARKET_GUARDS, OF_MARKET),
    proposal(
        "propose_market_limits",
        RISK,
        &["UNKNOWN_MARKET", "INVALID_LIMITS"],
    ),
    staff("staff_deposits", MONEY_VIEWERS, &[]),
    staff(
        "release_deposit",
        RISK,
        &["DEPOSIT_NOT_FOUND", "DEPOSIT_DECIDED", "NOT_CONFIRMED"],
    ),
    proposal(
        "propose_refund",
        RISK,
        &[
            "UNKNOWN_NETWORK",
            "NOT_AN_ADDRESS",
            "BAD_CHECKSUM",
            "WRONG_NETWORK",
            "UNSUPPORTED_ADDRESS",
            "INVALID_ADDRESS",
            "DEPOSIT_NOT_FOUND",
            "DEPOSIT_DECIDED",
            "NOT_CONFIRMED",
        ],
    ),
    staff("debts", MONEY_VIEWERS, &[]),
    staff("withdrawal_queue", WITHDRAWAL_VIEWERS, &[]),
    staff(
        "review_withdrawal",
        WITHDRAWAL_REVIEWERS,
        &[
            "WITHDRAWAL_NOT_FOUND",
            "WITHDRAWAL_DECIDED",
            "SECOND_PERSON_REQUIRED",
            "ACCOUNT_FROZEN",
            "IN_DEBT",
        ],
    ),
    staff("withdrawal_halts", WITHDRAWAL_HALT_VIEWERS, &[]),
    staff("halt_withdrawals", WITHDRAWAL_GUARDS, HALTING),
    proposal("propose_lift", WITHDRAWAL_GUARDS, HALTING),
    staff("risk_rules", RISK, &[]),
    proposal(
        "propose_risk_rule",
        RISK,
        &["INVALID_RULE", "TOO_MANY_RULES"],
    ),
    proposal("propose_rule_end", RISK, &["RULE_NOT_FOUND"]),
    staff("risk_events", RISK, &[]),
    staff(
        "decide_risk_event",
        RISK,
        &[
            "RISK_EVENT_NOT_FOUND",
            "RISK_EVENT_DECIDED",
            "ACCOUNT_FROZEN",
            "IN_DEBT",
        ],
    ),
];

const fn staff(
    id: &'static str,
    roles: &'static [&'static str],
    codes: &'static [&'static str],
) -> Operation {
    operation(id, Access::Staff(roles), Needs::All, codes)
}

/// An operation of staff that asks for a second person.
const fn proposal(
    id: &'static str,
    roles: &'static [&'static str],
    codes: &'static [&'static str],
) -> Operation {
    Operation {
        is_proposal: true,
        ..staff(id, roles, codes)
    }
}
