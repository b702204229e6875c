//! Who may call each operation, and with which codes it may refuse beyond what all have in common.
//!
//! Tests hold the table to the routes: an operation that is missing here is a fault, and one that
//! answers another caller or another code is found by the attack tests and by schemathesis.

/// Who may call an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody with a session or an API key.
    Caller,
    /// A session, or a key with the permission to read.
    Read,
    /// A session, or a key with the permission to trade.
    Trade,
    /// A session alone.
    Owner,
    /// A member of staff with one of these roles; none: any member.
    Staff(&'static [&'static str]),
}

/// What an operation needs of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: it answers while the database is away, and is not limited.
    Nothing,
    /// The database, without a limit on callers: probes.
    Database,
    /// The database; callers are limited.
    All,
}

/// One operation.
#[derive(Clone, Copy, Debug)]
pub struct Operation {
    /// The handler's name.
    pub id: &'static str,
    /// Who may call it.
    pub access: Access,
    /// What it needs.
    pub needs: Needs,
    /// Codes of its own.
    pub codes: &'static [&'static str],
    /// It asks for a second person.
    pub is_proposal: bool,
}

/// Codes of any new order.
const PLACING: &[&str] = &[
    "UNKNOWN_MARKET",
    "INVALID_CLIENT_ORDER_ID",
    "INVALID_PRICE",
    "PRICE_OFF_TICK",
    "INVALID_QUANTITY",
    "QUANTITY_OFF_LOT",
    "INVALID_BUDGET",
    "DUPLICATE_CLIENT_ORDER_ID",
    "MARKET_HALTED",
    "MARKET_CANCEL_ONLY",
    "SELF_TRADE_NOT_ALLOWED",
    "QUANTITY_TOO_SMALL",
    "QUANTITY_TOO_LARGE",
    "PRICE_OUT_OF_BAND",
    "NOTIONAL_TOO_SMALL",
    "NOTIONAL_TOO_LARGE",
    "TOO_MANY_OPEN_ORDERS",
    "NO_LIQUIDITY",
    "POST_ONLY_WOULD_TAKE",
    "FILL_OR_KILL_UNFILLED",
    "INSUFFICIENT_BALANCE",
    "BOOK_FULL",
];
const REPLACING: &[&str] = &[
    "ORDER_NOT_FOUND",
    "ORDER_NOT_OPEN",
    "INVALID_CLIENT_ORDER_ID",
    "INVALID_PRICE",
    "PRICE_OFF_TICK",
    "INVALID_QUANTITY",
    "QUANTITY_OFF_LOT",
    "DUPLICATE_CLIENT_ORDER_ID",
    "MARKET_HALTED",
    "MARKET_CANCEL_ONLY",
    "SELF_TRADE_NOT_ALLOWED",
    "QUANTITY_TOO_SMALL",
    "QUANTITY_TOO_LARGE",
    "PRICE_OUT_OF_BAND",
    "NOTIONAL_TOO_SMALL",
    "NOTIONAL_TOO_LARGE",
    "TOO_MANY_OPEN_ORDERS",
    "NO_LIQUIDITY",
    "POST_ONLY_WOULD_TAKE",
    "FILL_OR_KILL_UNFILLED",
    "INSUFFICIENT_BALANCE",
    "BOOK_FULL",
];
const REDUCING: &[&str] = &[
    "ORDER_NOT_FOUND",
    "ORDER_NOT_OPEN",
    "INVALID_CLIENT_ORDER_ID",
    "INVALID_QUANTITY",
    "QUANTITY_OFF_LOT",
    "NOT_A_REDUCTION",
    "MARKET_HALTED",
    "DUPLICATE_IDEMPOTENCY_KEY",
];
const CANCELLING: &[&str] = &[
    "ORDER_NOT_FOUND",
    "ORDER_NOT_OPEN",
    "INVALID_CLIENT_ORDER_ID",
    "MARKET_HALTED",
];
const CANCELLING_ALL: &[&str] = &[
    "UNKNOWN_MARKET",
    "MARKET_HALTED",
    "DUPLICATE_IDEMPOTENCY_KEY",
];
/// What any proposal may be refused with.
const PROPOSING: &[&str] = &["DUPLICATE_IDEMPOTENCY_KEY", "TOO_MANY_PROPOSALS"];
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
];
const ADMINISTRATOR: &[&str] = &["administrator"];
const FINANCE: &[&str] = &["finance"];
const REVIEWER: &[&str] = &["reviewer"];
const RISK: &[&str] = &["risk"];
const ACCOUNT_VIEWERS: &[&str] = &["finance", "reviewer", "risk", "support"];
const ACCOUNT_GUARDS: &[&str] = &["risk", "support"];
const MARKET_GUARDS: &[&str] = &["administrator", "risk"];
const ANY_ROLE: &[&str] = &["administrator", "finance", "reviewer", "risk", "support"];
const PROVING_LOGIN: &[&str] = &[
    "INVALID_FACTOR",
    "INVALID_TOKEN",
    "FACTOR_BLOCKED",
    "RISK_DENIED",
];
const TRANSFERRING: &[&str] = &[
    "UNKNOWN_ASSET",
    "INVALID_AMOUNT",
    "ACCOUNT_NOT_FOUND",
    "SAME_ACCOUNT",
    "ACCOUNT_FROZEN",
    "INSUFFICIENT_BALANCE",
    "DUPLICATE_IDEMPOTENCY_KEY",
];
const OF_MARKET: &[&str] = &["UNKNOWN_MARKET"];

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    operation("live", Access::Public, Needs::Nothing, &[]),
    operation("ready", Access::Public, Needs::Database, &[]),
    operation("health", Access::Public, Needs::Database, &[]),
    public(
        "login",
        &["INVALID_CREDENTIALS", "LOGIN_PAUSED", "RISK_DENIED"],
    ),
    public("login_second_factor", PROVING_LOGIN),
    public("begin_passkey_login", &[]),
    public("passkey_login", PROVING_LOGIN),
    owner("begin_step_up", &["PASSKEY_NOT_FOUND"]),
    owner(
        "step_up",
        &[
            "INVALID_FACTOR",
            "INVALID_TOKEN",
            "FACTOR_BLOCKED",
            "SECOND_FACTOR_REQUIRED",
        ],
    ),
    owner("factors", &[]),
    owner(
        "begin_totp",
        &["STEP_UP_REQUIRED", "ACCOUNT_FROZEN", "FACTOR_EXISTS"],
    ),
    owner(
        "confirm_totp",
        &[
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "FACTOR_NOT_FOUND",
            "INVALID_FACTOR",
        ],
    ),
    owner(
        "remove_totp",
        &[
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "FACTOR_NOT_FOUND",
        ],
    ),
    owner(
        "recovery_codes",
        &["STEP_UP_REQUIRED", "ACCOUNT_FROZEN", "FACTOR_NOT_FOUND"],
    ),
    owner("begin_passkey", &["STEP_UP_REQUIRED"]),
    owner(
        "add_passkey",
        &[
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "INVALID_TOKEN",
            "INVALID_PASSKEY",
            "DUPLICATE_PASSKEY",
            "TOO_MANY_PASSKEYS",
        ],
    ),
    owner("passkeys", &[]),
    owner(
        "remove_passkey",
        &[
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "PASSKEY_NOT_FOUND",
        ],
    ),
    public("register", &["INVALID_EMAIL"]),
    public("verify", &["INVALID_TOKEN"]),
    public(
        "set_password",
        &[
            "RISK_DENIED",
            "INVALID_TOKEN",
            "INVALID_PASSWORD",
            "WEAK_PASSWORD",
        ],
    ),
    public("reset_password", &["INVALID_EMAIL"]),
    public(
        "confirm_email",
        &[
            "RISK_DENIED",
            "INVALID_TOKEN",
            "ACCOUNT_FROZEN",
            "EMAIL_TAKEN",
        ],
    ),
    public("freeze", &["INVALID_TOKEN"]),
    trade("check", &[]),
    owner("logout", &[]),
    owner("sessions", &[]),
    owner("revoke_session", &["SESSION_NOT_FOUND"]),
    owner("revoke_sessions", &[]),
    owner("devices", &[]),
    owner("forget_device", &["DEVICE_NOT_FOUND"]),
    owner(
        "set_anti_phishing_code",
        &["STEP_UP_REQUIRED", "ACCOUNT_FROZEN"],
    ),
    owner(
        "change_email",
        &[
            "INVALID_EMAIL",
            "INVALID_CREDENTIALS",
            "LOGIN_PAUSED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
        ],
    ),
    owner("profile", &[]),
    owner("api_keys", &[]),
    owner(
        "create_api_key",
        &[
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "ACCOUNT_NOT_FOUND",
            "TOO_MANY_KEYS",
            "DUPLICATE_IDEMPOTENCY_KEY",
        ],
    ),
    owner("revoke_api_key", &["KEY_NOT_FOUND"]),
    public("depth", OF_MARKET),
    public("trades", OF_MARKET),
    public("symbols", &[]),
    public("ticker", OF_MARKET),
    public("klines", OF_MARKET),
    public("time", &[]),
    public("open_socket", &[]),
    trade("create_order", PLACING),
    trade("create_orders", &["BOOK_FULL"]),
    trade("try_order", PLACING),
    trade("replace_order", REPLACING),
    trade("reduce_order", REDUCING),
    trade("cancel_order", CANCELLING),
    trade("cancel_all", CANCELLING_ALL),
    trade("cancel_all_after", &["UNKNOWN_MARKET", "INVALID_TIMEOUT"]),
    read("orders", OF_MARKET),
    read("order", &["ORDER_NOT_FOUND"]),
    read("fills", OF_MARKET),
    read("balances", &[]),
    read("ledger", &["UNKNOWN_ASSET"]),
    read("fees", &[]),
    owner("sub_accounts", &[]),
    owner(
        "open_sub_account",
        &["ACCOUNT_FROZEN", "TOO_MANY_SUB_ACCOUNTS"],
    ),
    owner("transfer", TRANSFERRING),
    owner(
        "submit_kyc",
        &[
            "INVALID_DOCUMENT",
            "DOCUMENT_MISSING",
            "UNKNOWN_LEVEL",
            "LEVEL_REACHED",
            "CASE_OPEN",
            "TOO_MANY_CASES",
            "DUPLICATE_IDEMPOTENCY_KEY",
        ],
    ),
    read("kyc_status", &[]),
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
    public("kyc_callback", &["INVALID_SIGNATURE", "CASE_NOT_FOUND"]),
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
        &["RISK_EVENT_NOT_FOUND", "RISK_EVENT_DECIDED"],
    ),
];

const fn operation(
    id: &'static str,
    access: Access,
    needs: Needs,
    codes: &'static [&'static str],
) -> Operation {
    Operation {
        id,
        access,
        needs,
        codes,
        is_proposal: false,
    }
}

const fn public(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Public, Needs::All, codes)
}

const fn read(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Read, Needs::All, codes)
}

const fn owner(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Owner, Needs::All, codes)
}

const fn trade(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Trade, Needs::All, codes)
}

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

impl Operation {
    /// The operation of that id.
    pub fn by_id(id: &str) -> Option<&'static Operation> {
        OPERATIONS.iter().find(|operation| operation.id == id)
    }

    /// Every code it may answer. `has_body`: the request has one.
    pub fn all_codes(&self, is_mutating: bool, has_body: bool) -> Vec<&'static str> {
        let mut codes = vec!["INTERNAL"];
        if self.needs != Needs::Nothing {
            codes.extend(["OVERLOADED", "UNAVAILABLE"]);
        }
        if self.needs == Needs::All {
            codes.extend(["MALFORMED", "RATE_LIMITED"]);
        }
        if has_body {
            codes.extend(["BODY_TOO_LARGE", "REQUEST_TIMEOUT"]);
        }
        if self.access != Access::Public {
            codes.extend(["UNAUTHENTICATED", "ACCESS_REVOKED", "PERMISSION_DENIED"]);
            if !matches!(self.access, Access::Staff(_)) {
                codes.extend(["INVALID_SIGNATURE", "ADDRESS_NOT_ALLOWED"]);
            }
        }
        if self.is_proposal {
            codes.extend(PROPOSING);
        }
        if self.access != Access::Public && is_mutating {
            codes.push("INVALID_CSRF_TOKEN");
        }
        if self.access == Access::Trade && is_mutating {
            codes.extend(["REQUEST_EXPIRED", "UNKNOWN_ACCOUNT", "ACCOUNT_FROZEN"]);
            codes.extend(["KYC_REQUIRED", "RISK_DENIED"]);
        }
        codes.extend(self.codes);
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}
