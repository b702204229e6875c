//! Rules and events of the risk engine, for staff.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A version of a rule.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskRule {
    /// Its name.
    pub rule: String,
    /// Counts from 1.
    pub version: i32,
    /// What it guards.
    pub point: String,
    /// Its condition.
    pub kind: String,
    /// What the condition is given.
    pub parameters: Value,
    /// allow, review, deny or hold.
    pub action: String,
    /// Why, for staff.
    pub reason_code: String,
    /// Who proposed it; `None` for the operator.
    pub published_by: Option<i64>,
    /// From when on it counts.
    pub valid_from: OffsetDateTime,
    /// Until when; `None`: now.
    pub valid_until: Option<OffsetDateTime>,
}

/// The rules in force, or all versions of one.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn risk_rules(
    on: &impl Query,
    staff_session_id: i64,
    rule: Option<&str>,
) -> Result<Vec<RiskRule>, Error> {
    const STATEMENT: Statement = Statement::read(
        "risk_rules",
        "select rule, version, point, kind, parameters, action, reason_code, published_by, \
         valid_from, valid_until from risk.list_rules($1, $2)",
    );
    let rows = on.rows(STATEMENT, &[&staff_session_id, &rule]).await?;
    let version = |row| {
        Ok(RiskRule {
            rule: column(row, 0)?,
            version: column(row, 1)?,
            point: column(row, 2)?,
            kind: column(row, 3)?,
            parameters: column(row, 4)?,
            action: column(row, 5)?,
            reason_code: column(row, 6)?,
            published_by: column(row, 7)?,
            valid_from: column(row, 8)?,
            valid_until: column(row, 9)?,
        })
    };
    rows.iter().map(version).collect()
}

/// A rule that was met.
#[derive(Clone, Debug, PartialEq)]
pub struct RiskEvent {
    /// Names it.
    pub event_id: i64,
    /// When.
    pub occurred_at: OffsetDateTime,
    /// What was judged.
    pub point: String,
    /// Whose; `None` for a registration.
    pub account_id: Option<i64>,
    /// The activity; `None` for orders.
    pub activity_id: Option<i64>,
    /// The order that was let through.
    pub order_id: Option<i64>,
    /// The rule.
    pub rule: String,
    /// Its version.
    pub version: i32,
    /// review, deny or hold.
    pub action: String,
    /// The rule's reason.
    pub reason_code: String,
    /// What the rule was given.
    pub facts: Value,
    /// What its condition found.
    pub observed: Value,
    /// released or upheld, where somebody decided.
    pub decision: Option<String>,
    /// Why.
    pub note: Option<String>,
    /// Who decided.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
}

/// Which events to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct RiskEventFilter<'a> {
    /// Before this number.
    pub before: Option<i64>,
    /// Of this account.
    pub account_id: Option<i64>,
    /// Of this rule.
    pub rule: Option<&'a str>,
    /// Only those that wait for a decision.
    pub waiting: bool,
    /// At most so many, 1,000 in any case.
    pub limit: i32,
}

/// Events, the newest first.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn risk_events(
    on: &impl Query,
    staff_session_id: i64,
    filter: RiskEventFilter<'_>,
) -> Result<Vec<RiskEvent>, Error> {
    const STATEMENT: Statement = Statement::read(
        "risk_events",
        "select event_id, occurred_at, point, account_id, activity_id, order_id, rule, version, \
         action, reason_code, facts, observed, decision, note, decided_by, decided_at \
         from risk.list_events($1, $2, $3, $4, $5, $6)",
    );
    let event = |row| {
        Ok(RiskEvent {
            event_id: column(row, 0)?,
            occurred_at: column(row, 1)?,
            point: column(row, 2)?,
            account_id: column(row, 3)?,
            activity_id: column(row, 4)?,
            order_id: column(row, 5)?,
            rule: column(row, 6)?,
            version: column(row, 7)?,
            action: column(row, 8)?,
            reason_code: column(row, 9)?,
            facts: column(row, 10)?,
            observed: column(row, 11)?,
            decision: column(row, 12)?,
            note: column(row, 13)?,
            decided_by: column(row, 14)?,
            decided_at: column(row, 15)?,
        })
    };
    let rows = on
        .rows(
            STATEMENT,
            &[
                &staff_session_id,
                &filter.before,
                &filter.account_id,
                &filter.rule,
                &filter.waiting,
                &filter.limit,
            ],
        )
        .await?;
    rows.iter().map(event).collect()
}

/// Decides about an event that waits; `true` where the same member had decided the same before.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `RISK_EVENT_NOT_FOUND`, `RISK_EVENT_DECIDED`.
pub async fn review_risk_event(
    on: &impl Query,
    staff_session_id: i64,
    event_id: i64,
    decision: &str,
    note: &str,
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "review_risk_event",
        "select risk.review_event($1, $2, $3, $4)",
    );
    let row = on
        .row(STATEMENT, &[&staff_session_id, &event_id, &decision, &note])
        .await?;
    let row = row.ok_or_else(|| Error::Bug("nothing was decided".to_owned()))?;
    column(&row, 0)
}

/// Deletes activities that no rule counts any more, and old events, so many of each at most; gives
/// how many.
///
/// # Errors
/// The database's.
pub async fn forget_activities(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("forget_activities", "select risk.forget_activities($1)");
    on.value(STATEMENT, &[&limit]).await
}
