//! The OpenAPI document: what the handlers say of themselves, and what is common to all of them.
//!
//! `operations.rs` says who may call what and which codes it answers; `fields.rs` what a field of
//! a name means wherever it stands; `complete.rs` puts both into the document; `queries.rs` holds
//! requests to it.

mod complete;
mod fields;
pub mod operations;
pub mod page;
pub mod queries;

use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::OpenApi;
use utoipa::{IntoResponses, OpenApi as _, ToSchema};

/// What an error looks like, everywhere.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Error)]
pub struct ErrorBody {
    /// Which error: programs decide by it.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// The field of the request at fault, where one is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// What an endpoint may refuse with. A handler names it; which statuses are left in the document
/// is said by the operation's codes.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only its description is used")]
pub enum Refusals {
    /// The request is not of the documented form; the field at fault is named.
    #[response(status = 400)]
    Malformed(ErrorBody),
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Exchange",
        description = "Spot exchange on PostgreSQL. Decimals are strings, times are milliseconds \
            UTC, errors are `{code, message, field?}`. Conventions, signing and streams: \
            docs/api.md."
    ),
    servers((url = "/", description = "The server that gave this document")),
    tags(
        (name = "auth", description = "Registration, logins and API keys"),
        (name = "trade", description = "Placing, changing and listing orders"),
        (name = "account", description = "What the caller has, had and pays"),
        (name = "wallet", description = "Money that comes and goes by the chains"),
        (name = "kyc", description = "Identity documents and levels"),
        (name = "market", description = "What everybody may know"),
        (name = "stream", description = "The WebSocket"),
        (name = "admin", description = "What staff do; `x-staff-roles` says who may"),
        (name = "health", description = "For load balancers and supervisors"),
    )
)]
struct Base;

/// The document before any route.
pub fn base() -> OpenApi {
    Base::openapi()
}

/// The whole document, from what the routes say.
///
/// # Errors
/// An operation that is missing from the table of operations, or a document that is no JSON.
pub fn document(said: &OpenApi) -> Result<Value, String> {
    let mut document = serde_json::to_value(said).map_err(|error| error.to_string())?;
    complete::complete(&mut document)?;
    Ok(document)
}

#[cfg(test)]
mod tests;
