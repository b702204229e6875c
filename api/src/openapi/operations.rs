//! Who may call each operation, and with which codes it may refuse beyond what all have in common.
//!
//! Tests hold the table to the routes: an operation that is missing here is a fault, and one that
//! answers another caller or another code is found by the attack tests and by schemathesis.

mod staff;

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
    /// A session, or a key with the permission to withdraw.
    Withdraw,
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
const OF_ADDRESS: &[&str] = &[
    "UNKNOWN_ASSET",
    "UNKNOWN_NETWORK",
    "NETWORK_REQUIRED",
    "UNKNOWN_ACCOUNT",
    "ADDRESSES_UNAVAILABLE",
];
const WITHDRAWING: &[&str] = &[
    "UNKNOWN_ASSET",
    "UNKNOWN_NETWORK",
    "NETWORK_REQUIRED",
    "NOT_AN_ADDRESS",
    "BAD_CHECKSUM",
    "WRONG_NETWORK",
    "UNSUPPORTED_ADDRESS",
    "INVALID_AMOUNT",
    "STEP_UP_REQUIRED",
    "DUPLICATE_IDEMPOTENCY_KEY",
    "ACCOUNT_FROZEN",
    "WITHDRAWALS_BLOCKED",
    "IN_DEBT",
    "KYC_REQUIRED",
    "WITHDRAWALS_HALTED",
    "BELOW_MINIMUM",
    "SAME_ACCOUNT",
    "ADDRESS_NOT_IN_BOOK",
    "ADDRESS_COOLING_DOWN",
    "FEE_UNKNOWN",
    "QUOTE_NOT_FOUND",
    "QUOTE_EXPIRED",
    "INSUFFICIENT_BALANCE",
    "RISK_DENIED",
];

/// The operations of users and their programs.
const OPERATIONS: &[Operation] = &[
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
    public("proofs", &[]),
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
    read(
        "account_proof",
        &["UNKNOWN_ASSET", "PROOF_NOT_FOUND", "LEAF_NOT_FOUND"],
    ),
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
    read(
        "withdraw_fee",
        &[
            "UNKNOWN_ASSET",
            "UNKNOWN_NETWORK",
            "NETWORK_REQUIRED",
            "FEE_UNKNOWN",
        ],
    ),
    withdraw("withdraw", WITHDRAWING),
    read("withdrawals", &["UNKNOWN_ASSET", "UNKNOWN_NETWORK"]),
    read("withdrawal", &["WITHDRAWAL_NOT_FOUND"]),
    withdraw(
        "cancel_withdrawal",
        &["WITHDRAWAL_NOT_FOUND", "WITHDRAWAL_NOT_CANCELLABLE"],
    ),
    owner("withdrawal_addresses", &[]),
    owner(
        "add_withdrawal_address",
        &[
            "UNKNOWN_NETWORK",
            "NOT_AN_ADDRESS",
            "BAD_CHECKSUM",
            "WRONG_NETWORK",
            "UNSUPPORTED_ADDRESS",
            "RISK_DENIED",
            "STEP_UP_REQUIRED",
            "ACCOUNT_FROZEN",
            "TOO_MANY_ADDRESSES",
        ],
    ),
    owner(
        "remove_withdrawal_address",
        &["STEP_UP_REQUIRED", "ACCOUNT_FROZEN", "ADDRESS_NOT_FOUND"],
    ),
    owner(
        "set_withdrawal_mode",
        &["RISK_DENIED", "STEP_UP_REQUIRED", "ACCOUNT_FROZEN"],
    ),
    read("kyc_status", &[]),
    public("kyc_callback", &["INVALID_SIGNATURE", "CASE_NOT_FOUND"]),
    public("coins", &[]),
    read("deposit_address", OF_ADDRESS),
    read("deposit_qr_svg", OF_ADDRESS),
    read("deposit_qr_png", OF_ADDRESS),
    read("deposits", &["UNKNOWN_ASSET", "UNKNOWN_NETWORK"]),
    read("deposit", &["DEPOSIT_NOT_FOUND"]),
    public(
        "chain_webhook",
        &["INVALID_SIGNATURE", "UNKNOWN_NETWORK", "NOT_FOUND"],
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

const fn withdraw(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Withdraw, Needs::All, codes)
}

const fn trade(id: &'static str, codes: &'static [&'static str]) -> Operation {
    operation(id, Access::Trade, Needs::All, codes)
}

/// Every operation.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().chain(staff::OPERATIONS)
}

impl Operation {
    /// The operation of that id.
    pub fn by_id(id: &str) -> Option<&'static Operation> {
        all().find(|operation| operation.id == id)
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
            codes.extend(staff::PROPOSING);
        }
        if self.access != Access::Public && is_mutating {
            codes.push("INVALID_CSRF_TOKEN");
        }
        if self.access == Access::Trade && is_mutating {
            codes.extend(["REQUEST_EXPIRED", "UNKNOWN_ACCOUNT", "ACCOUNT_FROZEN"]);
            codes.extend(["KYC_REQUIRED", "RISK_DENIED"]);
        }
        if self.access == Access::Withdraw {
            codes.push("REQUEST_EXPIRED");
        }
        codes.extend(self.codes);
        codes.sort_unstable();
        codes.dedup();
        codes
    }
}
