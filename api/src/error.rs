//! Every error the API answers: one enum, one `IntoResponse`, one table from code to HTTP status.
//!
//! The body is `{"code","message","field"?}`. Programs decide by the code; the message is for
//! people.

use std::sync::atomic::{AtomicI64, Ordering};

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use time::OffsetDateTime;

use crate::openapi::ErrorBody;

/// Why a request was not done.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request is not of the documented form.
    #[error("{message}")]
    Malformed {
        /// The field at fault, as the client wrote it, where one is known.
        field: Option<String>,
        /// What is wrong with it.
        message: String,
    },
    /// The body is larger than the limit.
    #[error("the body is larger than {limit_bytes} bytes")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// The body came too slowly; nothing was done.
    #[error("the body did not arrive in time; nothing was done")]
    RequestTimeout,
    /// No valid bearer token came with the request.
    #[error("log in first: no valid bearer token came with the request")]
    Unauthenticated,
    /// E-mail address and password do not fit together.
    #[error("e-mail address or password is wrong")]
    InvalidCredentials,
    /// Too many wrong passwords came in a row.
    #[error("too many wrong passwords; the next is taken in {retry_after_seconds} s")]
    LoginPaused {
        /// Until the next attempt is taken.
        retry_after_seconds: u64,
    },
    /// The signature is wrong, late, early, or not of the documented form.
    #[error("{0}")]
    InvalidSignature(String),
    /// The credential was good and is no more.
    #[error("this login or API key was revoked")]
    AccessRevoked,
    /// The credential does not allow it.
    #[error("{0}")]
    PermissionDenied(String),
    /// The API key is not taken from this address.
    #[error("this API key is not taken from your address")]
    AddressNotAllowed,
    /// A limit is used up.
    #[error("the limit of this {policy} is used up; come back in {retry_after_seconds} s")]
    RateLimited {
        /// Whose limit: of the address, the account, the key or the member of staff.
        policy: &'static str,
        /// Until its window ends.
        retry_after_seconds: u64,
    },
    /// No such path.
    #[error("there is nothing at this path")]
    NotFound,
    /// The path exists, not with this method.
    #[error("this path does not take this method")]
    MethodNotAllowed,
    /// The exchange refused a command.
    #[error("{}", .0.message)]
    Rejected(Rejection),
    /// More work is waiting than the server takes; nothing was done.
    #[error("the server is busy; nothing was done, try again")]
    Overloaded,
    /// The database cannot be reached; nothing was done.
    #[error("the database cannot be reached; nothing was done, try again")]
    Unavailable,
    /// The database was lost while it worked on a command.
    #[error(
        "the database was lost and the outcome is unknown; repeat the request with the same \
         Idempotency-Key or client order id, which is safe, or read what became of it"
    )]
    OutcomeUnknown,
    /// A fault of ours; the log has the details under the request's id.
    #[error("internal error; the server's log has the details under this request's id")]
    Internal(String),
}

/// A reject as the exchange gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The reject's name, such as `INSUFFICIENT_BALANCE`.
    pub code: String,
    /// The command's field at fault, in snake case.
    pub field: Option<String>,
    /// What is wrong, for people.
    pub message: String,
}

/// HTTP status of every code that a client can see. A reject that is missing here would be a 500,
/// and a test compares the table with the engine's list.
pub const STATUSES: &[(&str, StatusCode)] = &[
    ("MALFORMED", StatusCode::BAD_REQUEST),
    ("BODY_TOO_LARGE", StatusCode::BAD_REQUEST),
    ("INVALID_CLIENT_ORDER_ID", StatusCode::BAD_REQUEST),
    ("INVALID_PRICE", StatusCode::BAD_REQUEST),
    ("PRICE_OFF_TICK", StatusCode::BAD_REQUEST),
    ("INVALID_QUANTITY", StatusCode::BAD_REQUEST),
    ("QUANTITY_OFF_LOT", StatusCode::BAD_REQUEST),
    ("INVALID_BUDGET", StatusCode::BAD_REQUEST),
    ("INVALID_TIMEOUT", StatusCode::BAD_REQUEST),
    ("UNAUTHENTICATED", StatusCode::UNAUTHORIZED),
    ("INVALID_CREDENTIALS", StatusCode::UNAUTHORIZED),
    ("INVALID_SIGNATURE", StatusCode::UNAUTHORIZED),
    ("REQUEST_EXPIRED", StatusCode::UNAUTHORIZED),
    ("ACCESS_REVOKED", StatusCode::UNAUTHORIZED),
    ("INVALID_FACTOR", StatusCode::UNAUTHORIZED),
    ("INVALID_TOKEN", StatusCode::BAD_REQUEST),
    ("INVALID_PASSKEY", StatusCode::BAD_REQUEST),
    ("INVALID_AMOUNT", StatusCode::BAD_REQUEST),
    ("INVALID_EMAIL", StatusCode::BAD_REQUEST),
    ("INVALID_PASSWORD", StatusCode::BAD_REQUEST),
    ("INVALID_DOCUMENT", StatusCode::BAD_REQUEST),
    ("DOCUMENT_MISSING", StatusCode::BAD_REQUEST),
    ("INVALID_REASON", StatusCode::BAD_REQUEST),
    ("WEAK_PASSWORD", StatusCode::BAD_REQUEST),
    ("PERMISSION_DENIED", StatusCode::FORBIDDEN),
    ("ADDRESS_NOT_ALLOWED", StatusCode::FORBIDDEN),
    ("INVALID_CSRF_TOKEN", StatusCode::FORBIDDEN),
    ("STEP_UP_REQUIRED", StatusCode::FORBIDDEN),
    ("SECOND_FACTOR_REQUIRED", StatusCode::FORBIDDEN),
    ("FACTOR_BLOCKED", StatusCode::FORBIDDEN),
    ("UNKNOWN_ACCOUNT", StatusCode::FORBIDDEN),
    ("ACCOUNT_FROZEN", StatusCode::FORBIDDEN),
    ("KYC_REQUIRED", StatusCode::FORBIDDEN),
    ("RISK_DENIED", StatusCode::FORBIDDEN),
    ("WITHDRAWALS_BLOCKED", StatusCode::FORBIDDEN),
    ("IN_DEBT", StatusCode::FORBIDDEN),
    ("ADDRESS_NOT_IN_BOOK", StatusCode::FORBIDDEN),
    ("ADDRESS_COOLING_DOWN", StatusCode::FORBIDDEN),
    ("NOT_AN_ADDRESS", StatusCode::BAD_REQUEST),
    ("BAD_CHECKSUM", StatusCode::BAD_REQUEST),
    ("WRONG_NETWORK", StatusCode::BAD_REQUEST),
    ("UNSUPPORTED_ADDRESS", StatusCode::BAD_REQUEST),
    ("WITHDRAWAL_NOT_FOUND", StatusCode::NOT_FOUND),
    ("QUOTE_NOT_FOUND", StatusCode::NOT_FOUND),
    ("ADDRESS_NOT_FOUND", StatusCode::NOT_FOUND),
    ("UNKNOWN_NETWORK", StatusCode::NOT_FOUND),
    ("NETWORK_REQUIRED", StatusCode::BAD_REQUEST),
    ("QUOTE_EXPIRED", StatusCode::CONFLICT),
    ("WITHDRAWALS_HALTED", StatusCode::CONFLICT),
    ("WITHDRAWAL_NOT_CANCELLABLE", StatusCode::CONFLICT),
    ("WITHDRAWAL_DECIDED", StatusCode::CONFLICT),
    ("BELOW_MINIMUM", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_ADDRESSES", StatusCode::UNPROCESSABLE_ENTITY),
    ("FEE_UNKNOWN", StatusCode::SERVICE_UNAVAILABLE),
    ("NOT_FOUND", StatusCode::NOT_FOUND),
    ("UNKNOWN_MARKET", StatusCode::NOT_FOUND),
    ("UNKNOWN_ASSET", StatusCode::NOT_FOUND),
    ("DEPOSIT_NOT_FOUND", StatusCode::NOT_FOUND),
    ("DEPOSIT_DECIDED", StatusCode::CONFLICT),
    ("NOT_CONFIRMED", StatusCode::CONFLICT),
    ("INVALID_ADDRESS", StatusCode::BAD_REQUEST),
    ("ORDER_NOT_FOUND", StatusCode::NOT_FOUND),
    ("RULE_NOT_FOUND", StatusCode::NOT_FOUND),
    ("RISK_EVENT_NOT_FOUND", StatusCode::NOT_FOUND),
    ("RISK_EVENT_DECIDED", StatusCode::CONFLICT),
    ("INVALID_RULE", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_RULES", StatusCode::UNPROCESSABLE_ENTITY),
    ("KEY_NOT_FOUND", StatusCode::NOT_FOUND),
    ("SESSION_NOT_FOUND", StatusCode::NOT_FOUND),
    ("FACTOR_NOT_FOUND", StatusCode::NOT_FOUND),
    ("PASSKEY_NOT_FOUND", StatusCode::NOT_FOUND),
    ("ACCOUNT_NOT_FOUND", StatusCode::NOT_FOUND),
    ("UNKNOWN_LEVEL", StatusCode::NOT_FOUND),
    ("CASE_NOT_FOUND", StatusCode::NOT_FOUND),
    ("DOCUMENT_NOT_FOUND", StatusCode::NOT_FOUND),
    ("FEE_TIER_NOT_FOUND", StatusCode::NOT_FOUND),
    ("MEMBER_NOT_FOUND", StatusCode::NOT_FOUND),
    ("PROPOSAL_NOT_FOUND", StatusCode::NOT_FOUND),
    ("DEVICE_NOT_FOUND", StatusCode::NOT_FOUND),
    ("PROOF_NOT_FOUND", StatusCode::NOT_FOUND),
    ("LEAF_NOT_FOUND", StatusCode::NOT_FOUND),
    ("METHOD_NOT_ALLOWED", StatusCode::METHOD_NOT_ALLOWED),
    ("REQUEST_TIMEOUT", StatusCode::REQUEST_TIMEOUT),
    ("SECOND_PERSON_REQUIRED", StatusCode::FORBIDDEN),
    ("MEMBER_EXISTS", StatusCode::CONFLICT),
    ("MEMBER_ENROLLED", StatusCode::CONFLICT),
    ("MEMBER_NOT_ENROLLED", StatusCode::CONFLICT),
    ("TOO_FEW_ADMINISTRATORS", StatusCode::CONFLICT),
    ("PROPOSAL_DECIDED", StatusCode::CONFLICT),
    ("PROPOSAL_EXPIRED", StatusCode::CONFLICT),
    ("TOO_MANY_PROPOSALS", StatusCode::UNPROCESSABLE_ENTITY),
    ("INVALID_FEE_RATE", StatusCode::BAD_REQUEST),
    ("INVALID_LIMITS", StatusCode::BAD_REQUEST),
    ("NOT_SUBSCRIBED", StatusCode::NOT_FOUND),
    ("DUPLICATE_SUBSCRIPTION", StatusCode::CONFLICT),
    ("ALREADY_AUTHENTICATED", StatusCode::CONFLICT),
    ("TOO_MANY_SUBSCRIPTIONS", StatusCode::UNPROCESSABLE_ENTITY),
    ("DUPLICATE_CLIENT_ORDER_ID", StatusCode::CONFLICT),
    ("DUPLICATE_IDEMPOTENCY_KEY", StatusCode::CONFLICT),
    ("EMAIL_TAKEN", StatusCode::CONFLICT),
    ("MARKET_HALTED", StatusCode::CONFLICT),
    ("MARKET_CANCEL_ONLY", StatusCode::CONFLICT),
    ("ORDER_NOT_OPEN", StatusCode::CONFLICT),
    ("FACTOR_EXISTS", StatusCode::CONFLICT),
    ("DUPLICATE_PASSKEY", StatusCode::CONFLICT),
    ("LEVEL_REACHED", StatusCode::CONFLICT),
    ("CASE_OPEN", StatusCode::CONFLICT),
    ("CASE_DECIDED", StatusCode::CONFLICT),
    ("CASE_CLAIMED", StatusCode::CONFLICT),
    ("CASE_NOT_CLAIMED", StatusCode::CONFLICT),
    ("TOO_MANY_CASES", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_KEYS", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_PASSKEYS", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_SUB_ACCOUNTS", StatusCode::UNPROCESSABLE_ENTITY),
    ("SAME_ACCOUNT", StatusCode::UNPROCESSABLE_ENTITY),
    ("NOT_A_REDUCTION", StatusCode::UNPROCESSABLE_ENTITY),
    ("SELF_TRADE_NOT_ALLOWED", StatusCode::UNPROCESSABLE_ENTITY),
    ("QUANTITY_TOO_SMALL", StatusCode::UNPROCESSABLE_ENTITY),
    ("QUANTITY_TOO_LARGE", StatusCode::UNPROCESSABLE_ENTITY),
    ("PRICE_OUT_OF_BAND", StatusCode::UNPROCESSABLE_ENTITY),
    ("NOTIONAL_TOO_SMALL", StatusCode::UNPROCESSABLE_ENTITY),
    ("NOTIONAL_TOO_LARGE", StatusCode::UNPROCESSABLE_ENTITY),
    ("TOO_MANY_OPEN_ORDERS", StatusCode::UNPROCESSABLE_ENTITY),
    ("NO_LIQUIDITY", StatusCode::UNPROCESSABLE_ENTITY),
    ("POST_ONLY_WOULD_TAKE", StatusCode::UNPROCESSABLE_ENTITY),
    ("FILL_OR_KILL_UNFILLED", StatusCode::UNPROCESSABLE_ENTITY),
    ("INSUFFICIENT_BALANCE", StatusCode::UNPROCESSABLE_ENTITY),
    ("RATE_LIMITED", StatusCode::TOO_MANY_REQUESTS),
    ("LOGIN_PAUSED", StatusCode::TOO_MANY_REQUESTS),
    ("ADDRESSES_UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE),
    ("BOOK_FULL", StatusCode::SERVICE_UNAVAILABLE),
    ("OVERLOADED", StatusCode::SERVICE_UNAVAILABLE),
    ("UNAVAILABLE", StatusCode::SERVICE_UNAVAILABLE),
    ("INTERNAL", StatusCode::INTERNAL_SERVER_ERROR),
];

/// What a client waits before it tries again.
const RETRY_AFTER_SECONDS: &str = "1";

impl ApiError {
    /// A request of the wrong form, with the field at fault.
    pub fn malformed(field: &str, message: impl Into<String>) -> Self {
        ApiError::Malformed {
            field: Some(field.to_owned()),
            message: message.into(),
        }
    }

    /// After so many milliseconds the next attempt is taken.
    pub fn login_paused(wait_ms: i64) -> Self {
        let seconds = wait_ms.unsigned_abs().div_ceil(1000);
        ApiError::LoginPaused {
            retry_after_seconds: seconds,
        }
    }

    /// The code on the wire.
    pub fn code(&self) -> &str {
        match self {
            ApiError::Malformed { .. } => "MALFORMED",
            ApiError::BodyTooLarge { .. } => "BODY_TOO_LARGE",
            ApiError::RequestTimeout => "REQUEST_TIMEOUT",
            ApiError::Unauthenticated => "UNAUTHENTICATED",
            ApiError::InvalidCredentials => "INVALID_CREDENTIALS",
            ApiError::LoginPaused { .. } => "LOGIN_PAUSED",
            ApiError::InvalidSignature(_) => "INVALID_SIGNATURE",
            ApiError::AccessRevoked => "ACCESS_REVOKED",
            ApiError::PermissionDenied(_) => "PERMISSION_DENIED",
            ApiError::AddressNotAllowed => "ADDRESS_NOT_ALLOWED",
            ApiError::RateLimited { .. } => "RATE_LIMITED",
            ApiError::NotFound => "NOT_FOUND",
            ApiError::MethodNotAllowed => "METHOD_NOT_ALLOWED",
            ApiError::Rejected(rejection) => &rejection.code,
            ApiError::Overloaded => "OVERLOADED",
            ApiError::Unavailable | ApiError::OutcomeUnknown => "UNAVAILABLE",
            ApiError::Internal(_) => "INTERNAL",
        }
    }

    /// What the client reads of it.
    pub fn body(&self) -> ErrorBody {
        ErrorBody {
            code: self.code().to_owned(),
            message: self.to_string(),
            field: self.field(),
        }
    }

    fn field(&self) -> Option<String> {
        match self {
            ApiError::Malformed { field, .. } => field.clone(),
            ApiError::Rejected(rejection) => rejection.field.as_deref().map(camel_case),
            _ => None,
        }
    }
}

impl From<client::Error> for ApiError {
    fn from(error: client::Error) -> Self {
        match error {
            client::Error::Busy(_) | client::Error::Overloaded(_) => ApiError::Overloaded,
            client::Error::Unavailable(details) => {
                tell_seldom(&details);
                ApiError::Unavailable
            }
            client::Error::OutcomeUnknown(_) => ApiError::OutcomeUnknown,
            client::Error::Rejected { code, message } => ApiError::Rejected(Rejection {
                field: named_by(&code).map(str::to_owned),
                code,
                message,
            }),
            client::Error::Bug(details) => ApiError::Internal(details),
        }
    }
}

/// The field of a read that such a reject is always about.
fn named_by(code: &str) -> Option<&'static str> {
    match code {
        "UNKNOWN_MARKET" => Some("market"),
        "UNKNOWN_ASSET" => Some("asset"),
        "UNKNOWN_NETWORK" | "NETWORK_REQUIRED" => Some("network"),
        "DEPOSIT_NOT_FOUND" => Some("depositId"),
        _ => None,
    }
}

/// While the database is away every request fails: one line a second tells it.
fn tell_seldom(details: &str) {
    static TOLD_AT_SECOND: AtomicI64 = AtomicI64::new(0);
    let now = OffsetDateTime::now_utc().unix_timestamp();
    if TOLD_AT_SECOND.swap(now, Ordering::Relaxed) != now {
        tracing::warn!(details, "the database cannot be reached");
    }
}

impl From<client::Reject> for ApiError {
    fn from(reject: client::Reject) -> Self {
        let client::Reject {
            code,
            field,
            message,
        } = reject;
        ApiError::Rejected(Rejection {
            code,
            field,
            message,
        })
    }
}

/// The HTTP status of a code; 500 for one that is not in the table.
pub fn status_of(code: &str) -> StatusCode {
    let known = STATUSES.iter().find(|(name, _)| *name == code);
    known.map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, status)| *status)
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        if let ApiError::Internal(details) = &self {
            tracing::error!(details, "internal error");
        }
        let status = status_of(self.code());
        let retry_after_seconds = match &self {
            ApiError::RateLimited {
                retry_after_seconds,
                ..
            }
            | ApiError::LoginPaused {
                retry_after_seconds,
            } => Some(HeaderValue::from(*retry_after_seconds)),
            _ if status == StatusCode::SERVICE_UNAVAILABLE => {
                Some(HeaderValue::from_static(RETRY_AFTER_SECONDS))
            }
            _ => None,
        };
        let mut response = (status, Json(self.body())).into_response();
        if let Some(seconds) = retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// `client_order_id` as it is spelled on the wire: `clientOrderId`.
fn camel_case(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len());
    let mut upper = false;
    for character in name.chars() {
        match character {
            '_' => upper = true,
            _ if upper => {
                spelled.push(character.to_ascii_uppercase());
                upper = false;
            }
            _ => spelled.push(character),
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::reject::Reject;

    #[test]
    fn every_reject_has_a_status() {
        for reject in Reject::ALL {
            let rows = STATUSES
                .iter()
                .filter(|(code, _)| *code == reject.code())
                .count();
            assert_eq!(rows, 1, "{}", reject.code());
        }
    }

    #[test]
    fn every_code_stands_once() {
        for (code, _) in STATUSES {
            assert_eq!(
                STATUSES.iter().filter(|(other, _)| other == code).count(),
                1,
                "{code}"
            );
        }
    }

    #[test]
    fn fields_are_spelled_as_on_the_wire() {
        assert_eq!(camel_case("client_order_id"), "clientOrderId");
        assert_eq!(camel_case("price"), "price");
    }

    #[test]
    fn a_full_server_says_when_to_come_back() {
        let response = ApiError::Overloaded.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], RETRY_AFTER_SECONDS);
    }
}
