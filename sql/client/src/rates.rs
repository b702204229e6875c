//! Reserves parts of callers' limits.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// What a server asks for. The lists are of one length; each subject stands once.
#[derive(Clone, Debug, Default)]
pub struct RateRequest {
    /// Such as `account:7`.
    pub subjects: Vec<String>,
    /// How much of the limit.
    pub amounts: Vec<i64>,
    /// The limit of a window.
    pub limits: Vec<i64>,
    /// The length of a window.
    pub seconds: Vec<i32>,
}

/// What a server is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateGrant {
    /// For whom.
    pub subject: String,
    /// How much of what was asked for.
    pub granted: i64,
    /// What no server has reserved yet.
    pub remaining: i64,
    /// When the window ends; a little below zero where it ended on the way.
    pub ends_in_ms: i64,
}

/// Reserves parts of limits, in any order of subjects.
///
/// # Errors
/// The database's.
pub async fn take_rate(on: &impl Query, request: &RateRequest) -> Result<Vec<RateGrant>, Error> {
    const STATEMENT: Statement = Statement::write(
        "take_rate",
        "select subject, granted, remaining, ends_in_ms from exchange.take_rate($1, $2, $3, $4)",
    );
    let RateRequest {
        subjects,
        amounts,
        limits,
        seconds,
    } = request;
    let grant = |row| {
        Ok(RateGrant {
            subject: column(row, 0)?,
            granted: column(row, 1)?,
            remaining: column(row, 2)?,
            ends_in_ms: column(row, 3)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[subjects, amounts, limits, seconds])
        .await?;
    rows.iter().map(grant).collect()
}
