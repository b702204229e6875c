//! Reviewing what owners submitted: by a worker, and by people.

use time::{Date, OffsetDateTime};
use tokio_postgres::types::Json;

use crate::error::Error;
use crate::kyc::SealedDocument;
use crate::query::{Query, Statement, column};

/// The bell's number that says that a review is due; no stream has it.
pub const KYC_BELL: i32 = 10_902;

/// A case that this worker, and nobody else, has to review now.
#[derive(Clone, Debug, PartialEq)]
pub struct ReviewCase {
    /// Names it.
    pub case_id: i64,
    /// Whose it is.
    pub account_id: i64,
    /// The level asked for.
    pub level: i32,
    /// Which document.
    pub document_type: String,
    /// Three letters.
    pub issuer: String,
    /// Letters and digits.
    pub document_number: String,
    /// As its owner wrote it.
    pub full_name: String,
    /// As its owner wrote it.
    pub birth_date: Date,
    /// As its owner wrote it.
    pub expires_on: Date,
    /// The machine-readable zone.
    pub mrz: Option<String>,
    /// Facts of the pictures by kind; null of a PDF.
    pub pictures: serde_json::Value,
    /// How an outside provider is to name the case.
    pub reference: String,
    /// The how-manieth review this is.
    pub review: i32,
}

/// What a rule says of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub rule: &'static str,
    /// 0 is no doubt, 100 is certainty that something is wrong.
    pub score: u8,
    /// What it saw.
    pub detail: String,
}

/// Takes cases whose review is due.
///
/// # Errors
/// The database's.
pub async fn claim_kyc_reviews(
    on: &impl Query,
    max_reviews: i32,
    limit: i32,
) -> Result<Vec<ReviewCase>, Error> {
    const STATEMENT: Statement = Statement::write(
        "claim_kyc_reviews",
        "select case_id, account_id, level, document_type, issuer, document_number, full_name, \
         birth_date, expires_on, mrz, pictures, reference, review \
         from exchange.claim_kyc_reviews($1, $2)",
    );
    let case = |row| {
        Ok(ReviewCase {
            case_id: column(row, 0)?,
            account_id: column(row, 1)?,
            level: column(row, 2)?,
            document_type: column(row, 3)?,
            issuer: column(row, 4)?,
            document_number: column(row, 5)?,
            full_name: column(row, 6)?,
            birth_date: column(row, 7)?,
            expires_on: column(row, 8)?,
            mrz: column(row, 9)?,
            pictures: column(row, 10)?,
            reference: column(row, 11)?,
            review: column(row, 12)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&max_reviews, &limit]).await?;
    rows.iter().map(case).collect()
}

fn json(found: &[Finding]) -> Json<serde_json::Value> {
    let one = |finding: &Finding| {
        serde_json::json!({
            "rule": finding.rule, "score": finding.score, "detail": finding.detail })
    };
    Json(found.iter().map(one).collect())
}

/// Keeps what was found, for the decision.
///
/// # Errors
/// The database's.
pub async fn note_kyc_findings(
    on: &impl Query,
    case_id: i64,
    found: &[Finding],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "note_kyc_findings",
        "select exchange.note_kyc_findings($1, $2)",
    );
    on.rows(STATEMENT, &[&case_id, &json(found)])
        .await
        .map(drop)
}

/// Decides a case by what was found and by what tables say; gives `approved`, `rejected` or
/// `manual`.
///
/// # Errors
/// Rejected: `CASE_NOT_FOUND`.
pub async fn decide_kyc(on: &impl Query, case_id: i64, found: &[Finding]) -> Result<String, Error> {
    const STATEMENT: Statement = Statement::write(
        "decide_kyc",
        "select outcome from exchange.decide_kyc($1, $2, 'automatic') limit 1",
    );
    on.value(STATEMENT, &[&case_id, &json(found)]).await
}

/// Notes that a provider has taken a case; false where it is decided already.
///
/// # Errors
/// The database's.
pub async fn await_kyc_provider(on: &impl Query, case_id: i64) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "await_kyc_provider",
        "select exchange.await_kyc_provider($1)",
    );
    on.value(STATEMENT, &[&case_id]).await
}

/// Notes why a review failed.
///
/// # Errors
/// The database's.
pub async fn fail_kyc_review(on: &impl Query, case_id: i64, failure: &str) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("fail_kyc_review", "select exchange.fail_kyc_review($1, $2)");
    on.rows(STATEMENT, &[&case_id, &failure]).await.map(drop)
}

/// The encrypted files of a case whose review is under way.
///
/// # Errors
/// The database's.
pub async fn kyc_documents_of(on: &impl Query, case_id: i64) -> Result<Vec<SealedDocument>, Error> {
    const STATEMENT: Statement = Statement::write(
        "kyc_documents_of",
        "select kind, media_type, account_id, seal_id, key_label, wrapped_key, content \
         from exchange.kyc_documents_of($1)",
    );
    let rows = on.rows(STATEMENT, &[&case_id]).await?;
    rows.iter().map(SealedDocument::of).collect()
}

/// Tells owners whose documents expire, and takes levels whose documents have; gives how many.
///
/// # Errors
/// The database's.
pub async fn expire_kyc(on: &impl Query, limit: i32) -> Result<(i32, i32), Error> {
    const STATEMENT: Statement = Statement::write(
        "expire_kyc",
        "select noticed, lowered from exchange.expire_kyc($1) limit 1",
    );
    let row = on.row(STATEMENT, &[&limit]).await?;
    let row = row.ok_or_else(|| Error::Bug("expire_kyc gave no row".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}

/// Loads names of a list: `[{name, birth_year, country}]`; gives how many.
///
/// # Errors
/// The database's.
pub async fn load_sanctions(
    on: &impl Query,
    list: &str,
    entries: &serde_json::Value,
    replaces: bool,
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "load_sanctions",
        "select exchange.load_sanctions($1, $2, $3)",
    );
    on.value(STATEMENT, &[&list, &Json(entries), &replaces])
        .await
}

/// A case in the queue of reviewers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KycStaffCase {
    /// Names it.
    pub case_id: i64,
    /// Whose it is.
    pub account_id: i64,
    /// The level asked for.
    pub level: i32,
    /// Which document.
    pub document_type: String,
    /// When it was submitted.
    pub submitted_at: OffsetDateTime,
    /// The reviewer at work on it.
    pub claimed_by: Option<i64>,
    /// Until when.
    pub claimed_until: Option<OffsetDateTime>,
    /// Who approved first, where two must.
    pub first_approved_by: Option<i64>,
    /// The rules that made it a matter for people.
    pub doubts: Vec<String>,
}

/// Cases that wait for reviewers, after a number.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`.
pub async fn kyc_queue(
    on: &impl Query,
    staff_session_id: i64,
    after_case_id: Option<i64>,
    limit: i32,
) -> Result<Vec<KycStaffCase>, Error> {
    const STATEMENT: Statement = Statement::write(
        "kyc_queue",
        "select case_id, account_id, level, document_type, submitted_at, claimed_by, \
         claimed_until, first_approved_by, doubts from exchange.kyc_queue($1, $2, $3)",
    );
    let case = |row| {
        Ok(KycStaffCase {
            case_id: column(row, 0)?,
            account_id: column(row, 1)?,
            level: column(row, 2)?,
            document_type: column(row, 3)?,
            submitted_at: column(row, 4)?,
            claimed_by: column(row, 5)?,
            claimed_until: column(row, 6)?,
            first_approved_by: column(row, 7)?,
            doubts: column(row, 8)?,
        })
    };
    let rows = on
        .rows(STATEMENT, &[&staff_session_id, &after_case_id, &limit])
        .await?;
    rows.iter().map(case).collect()
}

/// Takes a case, or the oldest that waits; gives its number, and until when.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `CASE_NOT_FOUND`, `CASE_DECIDED`,
/// `CASE_CLAIMED`, `SECOND_PERSON_REQUIRED`.
pub async fn claim_kyc_case(
    on: &impl Query,
    staff_session_id: i64,
    case_id: Option<i64>,
) -> Result<(i64, OffsetDateTime), Error> {
    const STATEMENT: Statement = Statement::write(
        "claim_kyc_case",
        "select claimed_case_id, claimed_until from exchange.claim_kyc_case($1, $2) limit 1",
    );
    let row = on.row(STATEMENT, &[&staff_session_id, &case_id]).await?;
    let row = row.ok_or_else(|| Error::Bug("no case was claimed".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}

/// Gives a case back.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `CASE_NOT_CLAIMED`.
pub async fn release_kyc_case(
    on: &impl Query,
    staff_session_id: i64,
    case_id: i64,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "release_kyc_case",
        "select exchange.release_kyc_case($1, $2)",
    );
    on.rows(STATEMENT, &[&staff_session_id, &case_id])
        .await
        .map(drop)
}

/// All that is known of a case, as JSON in the form of the API.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `CASE_NOT_FOUND`.
pub async fn kyc_case(
    on: &impl Query,
    staff_session_id: i64,
    case_id: i64,
) -> Result<serde_json::Value, Error> {
    const STATEMENT: Statement = Statement::write("kyc_case", "select exchange.kyc_case($1, $2)");
    on.value(STATEMENT, &[&staff_session_id, &case_id]).await
}

/// A file, encrypted; the read is logged.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `DOCUMENT_NOT_FOUND`.
pub async fn read_kyc_document(
    on: &impl Query,
    staff_session_id: i64,
    document_id: i64,
) -> Result<SealedDocument, Error> {
    const STATEMENT: Statement = Statement::write(
        "read_kyc_document",
        "select kind, media_type, account_id, seal_id, key_label, wrapped_key, content \
         from exchange.read_kyc_document($1, $2) limit 1",
    );
    let row = on
        .row(STATEMENT, &[&staff_session_id, &document_id])
        .await?;
    let row = row.ok_or_else(|| Error::Bug("no document was read".to_owned()))?;
    SealedDocument::of(&row)
}

/// A reviewer's decision; gives the case's state and whether it was so already.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `PERMISSION_DENIED`, `CASE_NOT_FOUND`, `CASE_DECIDED`,
/// `CASE_NOT_CLAIMED`, `INVALID_REASON`, `SECOND_PERSON_REQUIRED`.
pub async fn decide_kyc_case(
    on: &impl Query,
    staff_session_id: i64,
    case_id: i64,
    approve: bool,
    reasons: &[String],
    note: Option<&str>,
) -> Result<(String, bool), Error> {
    const STATEMENT: Statement = Statement::write(
        "decide_kyc_case",
        "select state, repeated from exchange.decide_kyc_case($1, $2, $3, $4, $5) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[&staff_session_id, &case_id, &approve, &reasons, &note],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("nothing was decided".to_owned()))?;
    Ok((column(&row, 0)?, column(&row, 1)?))
}
