//! Proof of reserves: what everybody is shown, and the caller's own part of it, a file an endpoint.

pub(crate) mod account_proof;
pub(crate) mod published;
