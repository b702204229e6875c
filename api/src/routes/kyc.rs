//! `/api/kyc`: submitting identity documents, and where they stand.

pub(crate) mod callback;
pub(crate) mod form;
pub(crate) mod status;
pub(crate) mod submit;
