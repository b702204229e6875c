//! `/api/admin/kyc`: what reviewers do. Every look at a case or a file is in the audit log.

pub(crate) mod case;
pub(crate) mod claim;
pub(crate) mod decide;
pub(crate) mod document;
pub(crate) mod levels;
pub(crate) mod queue;
pub(crate) mod release;
