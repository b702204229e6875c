//! Actions that need a second person: proposing, deciding, listing.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// An action to propose.
#[derive(Clone, Copy, Debug)]
pub struct NewProposal<'a> {
    /// By which login.
    pub staff_session_id: i64,
    /// One of `staff.actions`.
    pub action: &'a str,
    /// A JSON object; its names are those that `staff.run_action` reads.
    pub arguments: &'a Value,
    /// Why, in words.
    pub reason: Option<&'a str>,
    /// A repeat gives the first proposal.
    pub request_key: Option<&'a str>,
}

/// A proposal that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeProposal {
    /// Names it.
    pub proposal_id: i64,
    /// pending; approved where nobody else could decide it.
    pub state: String,
    /// From when on it cannot be approved.
    pub expires_at: OffsetDateTime,
    /// An earlier request of the same request key made it.
    pub repeated: bool,
}

/// Asks for a second person.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `DUPLICATE_IDEMPOTENCY_KEY`,
/// `TOO_MANY_PROPOSALS`, and what the action rejects.
pub async fn propose(on: &impl Query, proposal: NewProposal<'_>) -> Result<MadeProposal, Error> {
    const STATEMENT: Statement = Statement::write(
        "propose",
        "select proposal_id, state, expires_at, repeated \
         from staff.propose($1, $2, $3, $4, $5) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &proposal.staff_session_id,
                &proposal.action,
                proposal.arguments,
                &proposal.reason,
                &proposal.request_key,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("nothing was proposed".to_owned()))?;
    Ok(MadeProposal {
        proposal_id: column(&row, 0)?,
        state: column(&row, 1)?,
        expires_at: column(&row, 2)?,
        repeated: column(&row, 3)?,
    })
}

/// A decision about a proposal.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// By which login.
    pub staff_session_id: i64,
    /// About which proposal.
    pub proposal_id: i64,
    /// Done now, or never.
    pub approve: bool,
    /// Why, in words.
    pub reason: Option<&'a str>,
    /// A repeat gives the first outcome.
    pub request_key: Option<&'a str>,
}

/// What a decision came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// approved or rejected.
    pub state: String,
    /// What the action gave.
    pub outcome: Option<Value>,
    /// An earlier request of the same request key decided it.
    pub repeated: bool,
}

/// Decides a proposal; an approved one is done in the same transaction.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `PROPOSAL_NOT_FOUND`,
/// `SECOND_PERSON_REQUIRED`, `PROPOSAL_DECIDED`, `PROPOSAL_EXPIRED`, and what the action rejects.
pub async fn decide(on: &impl Query, decision: Decision<'_>) -> Result<Decided, Error> {
    const STATEMENT: Statement = Statement::write(
        "decide",
        "select state, outcome, repeated from staff.decide($1, $2, $3, $4, $5) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &decision.staff_session_id,
                &decision.proposal_id,
                &decision.approve,
                &decision.reason,
                &decision.request_key,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("nothing was decided".to_owned()))?;
    Ok(Decided {
        state: column(&row, 0)?,
        outcome: column(&row, 1)?,
        repeated: column(&row, 2)?,
    })
}

/// A proposal as staff see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Names it.
    pub proposal_id: i64,
    /// What shall be done.
    pub action: String,
    /// To what, and how.
    pub arguments: Value,
    /// Why, in words.
    pub reason: Option<String>,
    /// pending, expired, approved or rejected.
    pub state: String,
    /// Who proposes.
    pub proposed_by: i64,
    /// When.
    pub proposed_at: OffsetDateTime,
    /// From when on it cannot be approved.
    pub expires_at: OffsetDateTime,
    /// Who decided.
    pub decided_by: Option<i64>,
    /// When.
    pub decided_at: Option<OffsetDateTime>,
    /// Why so, in words.
    pub decision_reason: Option<String>,
    /// What the action gave.
    pub outcome: Option<Value>,
    /// Whether who asks may decide it.
    pub may_decide: bool,
}

/// Proposals before a number, the newest first, that concern the member's roles.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn proposals(
    on: &impl Query,
    staff_session_id: i64,
    state: Option<&str>,
    before: Option<i64>,
    limit: i32,
) -> Result<Vec<Proposal>, Error> {
    const STATEMENT: Statement = Statement::read(
        "proposals",
        "select proposal_id, action, arguments, reason, state, proposed_by, proposed_at, \
         expires_at, decided_by, decided_at, decision_reason, outcome, may_decide \
         from staff.list_proposals($1, $2, $3, $4)",
    );
    let proposal = |row| {
        Ok(Proposal {
            proposal_id: column(row, 0)?,
            action: column(row, 1)?,
            arguments: column(row, 2)?,
            reason: column(row, 3)?,
            state: column(row, 4)?,
            proposed_by: column(row, 5)?,
            proposed_at: column(row, 6)?,
            expires_at: column(row, 7)?,
            decided_by: column(row, 8)?,
            decided_at: column(row, 9)?,
            decision_reason: column(row, 10)?,
            outcome: column(row, 11)?,
            may_decide: column(row, 12)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&staff_session_id, &state, &before, &limit])
        .await?;
    rows.iter().map(proposal).collect()
}
