//! The log of what staff did: reading it, and making and proving its chain.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// The bell's number that says that an entry waits for its link; no stream has it.
pub const AUDIT_BELL: i32 = 10_901;

/// An entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEntry {
    /// Names it.
    pub entry_id: i64,
    /// Who; `None` for the operator's own commands.
    pub staff_id: Option<i64>,
    /// The member's login name.
    pub staff_email: Option<String>,
    /// What.
    pub action: String,
    /// To what: kind and number.
    pub subject: String,
    /// How.
    pub detail: Value,
    /// When.
    pub recorded_at: OffsetDateTime,
    /// Its place in the chain; `None` until it is linked.
    pub link_number: Option<i64>,
    /// The link's hash.
    pub hash: Option<Vec<u8>>,
}

/// Which entries to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct AuditFilter<'a> {
    /// Before this number.
    pub before: Option<i64>,
    /// Of this member.
    pub staff_id: Option<i64>,
    /// Of this action.
    pub action: Option<&'a str>,
    /// Of this subject.
    pub subject: Option<&'a str>,
    /// At most so many, 1,000 in any case.
    pub limit: i32,
}

/// Entries of the log, the newest first.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn audit_entries(
    on: &impl Query,
    staff_session_id: i64,
    filter: AuditFilter<'_>,
) -> Result<Vec<AuditEntry>, Error> {
    const STATEMENT: Statement = Statement::read(
        "audit_entries",
        "select entry_id, staff_id, staff_email, action, subject, detail, recorded_at, \
         link_number, hash from audit.list_entries($1, $2, $3, $4, $5, $6)",
    );
    let entry = |row| {
        Ok(AuditEntry {
            entry_id: column(row, 0)?,
            staff_id: column(row, 1)?,
            staff_email: column(row, 2)?,
            action: column(row, 3)?,
            subject: column(row, 4)?,
            detail: column(row, 5)?,
            recorded_at: column(row, 6)?,
            link_number: column(row, 7)?,
            hash: column(row, 8)?,
        })
    };
    let rows = on
        .rows(
            STATEMENT,
            &[
                &staff_session_id,
                &filter.before,
                &filter.staff_id,
                &filter.action,
                &filter.subject,
                &filter.limit,
            ],
        )
        .await?;
    rows.iter().map(entry).collect()
}

/// Where the chain ends after a piece of work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linked {
    /// Entries that were linked now.
    pub linked: i32,
    /// The last link; 0 before the first.
    pub link_number: i64,
    /// Its hash.
    pub hash: Vec<u8>,
}

/// Links entries that wait, so many at most.
///
/// # Errors
/// The database's.
pub async fn link_entries(on: &impl Query, at_most: i32) -> Result<Linked, Error> {
    const STATEMENT: Statement = Statement::write(
        "link_entries",
        "select linked, link_number, hash from audit.link_entries($1)",
    );
    let row = on.row(STATEMENT, &[&at_most]).await?;
    let row = row.ok_or_else(|| Error::Bug("link_entries gave no row".to_owned()))?;
    Ok(Linked {
        linked: column(&row, 0)?,
        link_number: column(&row, 1)?,
        hash: column(&row, 2)?,
    })
}
