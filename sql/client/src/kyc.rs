//! What owners submit to be known, and what they see of it. Files come here encrypted only.

use time::{Date, OffsetDateTime};
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A file to store.
pub struct NewKycDocument {
    /// `front`, `back` or `selfie`.
    pub kind: &'static str,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: &'static str,
    /// Authenticated with the content.
    pub seal_id: [u8; 16],
    /// The key of the HSM that wrapped the data key.
    pub key_label: String,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// The file, encrypted.
    pub content: Vec<u8>,
    /// What the review asks of a picture.
    pub facts: Option<serde_json::Value>,
}

/// Documents to submit, in the name of a session.
pub struct KycSubmission<'a> {
    /// Whose they are.
    pub account_id: i64,
    /// Who asks; refused once it has ended.
    pub session_id: i64,
    /// The level asked for.
    pub level: i32,
    /// `passport`, `identity_card`, `residence_permit` or `driving_licence`.
    pub document_type: &'a str,
    /// Three letters.
    pub issuer: &'a str,
    /// Letters and digits.
    pub document_number: &'a str,
    /// As its owner wrote it.
    pub full_name: &'a str,
    /// As its owner wrote it.
    pub birth_date: Date,
    /// As its owner wrote it.
    pub expires_on: Date,
    /// The machine-readable zone, lines joined, and the name in it.
    pub mrz: Option<(&'a str, &'a str)>,
    /// SHA-256 of everything submitted.
    pub content_hash: &'a [u8],
    /// The files.
    pub documents: &'a [NewKycDocument],
    /// A repeat gives the first case.
    pub request_key: Option<&'a str>,
}

/// What was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedKyc {
    /// Names the case.
    pub case_id: i64,
    /// When.
    pub submitted_at: OffsetDateTime,
    /// It was submitted by an earlier request of the same request key.
    pub repeated: bool,
}

/// Submits documents.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `DUPLICATE_IDEMPOTENCY_KEY`, `UNKNOWN_LEVEL`, `LEVEL_REACHED`,
/// `DOCUMENT_MISSING`, `CASE_OPEN`, `TOO_MANY_CASES`.
pub async fn submit_kyc(
    on: &impl Query,
    submission: &KycSubmission<'_>,
) -> Result<SubmittedKyc, Error> {
    const STATEMENT: Statement = Statement::write(
        "submit_kyc",
        "select case_id, submitted_at, repeated from exchange.submit_kyc($1, $2, $3, $4, $5, $6, \
         $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20) limit 1",
    );
    let files = submission.documents;
    let kinds: Vec<&str> = files.iter().map(|file| file.kind).collect();
    let media_types: Vec<&str> = files.iter().map(|file| file.media_type).collect();
    let seal_ids: Vec<&[u8]> = files.iter().map(|file| file.seal_id.as_slice()).collect();
    let key_labels: Vec<&str> = files.iter().map(|file| file.key_label.as_str()).collect();
    let wrapped: Vec<&[u8]> = files
        .iter()
        .map(|file| file.wrapped_key.as_slice())
        .collect();
    let contents: Vec<&[u8]> = files.iter().map(|file| file.content.as_slice()).collect();
    let facts: Vec<Option<Json<&serde_json::Value>>> = files
        .iter()
        .map(|file| file.facts.as_ref().map(Json))
        .collect();
    let (mrz, mrz_name) = submission.mrz.unzip();
    let row = on
        .row(
            STATEMENT,
            &[
                &submission.account_id,
                &submission.session_id,
                &submission.level,
                &submission.document_type,
                &submission.issuer,
                &submission.document_number,
                &submission.full_name,
                &submission.birth_date,
                &submission.expires_on,
                &mrz,
                &mrz_name,
                &submission.content_hash,
                &kinds,
                &media_types,
                &seal_ids,
                &key_labels,
                &wrapped,
                &contents,
                &facts,
                &submission.request_key,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("nothing was submitted".to_owned()))?;
    Ok(SubmittedKyc {
        case_id: column(&row, 0)?,
        submitted_at: column(&row, 1)?,
        repeated: column(&row, 2)?,
    })
}

/// An account's level, and its newest case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KycCase {
    /// The level.
    pub level: i32,
    /// Its name.
    pub level_name: String,
    /// Whether orders may be placed.
    pub may_trade: bool,
    /// Whether anything may be withdrawn.
    pub may_withdraw: bool,
    /// Most in 24 hours, in USDT.
    pub daily_withdrawal: String,
    /// Most in 30 days, in USDT.
    pub monthly_withdrawal: String,
    /// Last good day of the document that the level rests on.
    pub expires_on: Option<Date>,
    /// The newest case.
    pub newest: Option<NewestCase>,
}

/// The newest case of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewestCase {
    /// Names it.
    pub case_id: i64,
    /// The level asked for.
    pub level: i32,
    /// `under_review`, `approved` or `rejected`.
    pub state: String,
    /// Which document.
    pub document_type: String,
    /// When it was submitted.
    pub submitted_at: OffsetDateTime,
    /// When it was decided.
    pub decided_at: Option<OffsetDateTime>,
    /// Why it was rejected: codes.
    pub reasons: Vec<String>,
    /// The same in words.
    pub words: Vec<String>,
}

/// What an account's owner sees; `None` where there is no such account.
///
/// # Errors
/// The database's.
pub async fn kyc_status(on: &impl Query, account_id: i64) -> Result<Option<KycCase>, Error> {
    const STATEMENT: Statement = Statement::read(
        "kyc_status_of",
        "select level, level_name, may_trade, may_withdraw, daily_withdrawal::text, \
         monthly_withdrawal::text, expires_on, case_id, case_level, case_state, document_type, \
         submitted_at, decided_at, reasons, words from exchange.kyc_status_of($1) limit 1",
    );
    let newest = |row: &Row| {
        let Some(case_id) = column::<Option<i64>>(row, 7)? else {
            return Ok(None);
        };
        Ok(Some(NewestCase {
            case_id,
            level: column(row, 8)?,
            state: column(row, 9)?,
            document_type: column(row, 10)?,
            submitted_at: column(row, 11)?,
            decided_at: column(row, 12)?,
            reasons: column(row, 13)?,
            words: column(row, 14)?,
        }))
    };
    let status = |row: Row| {
        Ok(KycCase {
            level: column(&row, 0)?,
            level_name: column(&row, 1)?,
            may_trade: column(&row, 2)?,
            may_withdraw: column(&row, 3)?,
            daily_withdrawal: column(&row, 4)?,
            monthly_withdrawal: column(&row, 5)?,
            expires_on: column(&row, 6)?,
            newest: newest(&row)?,
        })
    };
    on.row(STATEMENT, &[&account_id])
        .await?
        .map(status)
        .transpose()
}

/// An outside provider's answer, whose signature was checked; gives the case's state.
///
/// # Errors
/// Rejected: `CASE_NOT_FOUND`.
pub async fn answer_kyc_provider(
    on: &impl Query,
    reference: &str,
    score: i32,
    detail: &str,
) -> Result<String, Error> {
    const STATEMENT: Statement = Statement::write(
        "answer_kyc_provider",
        "select exchange.answer_kyc_provider($1, $2, $3)",
    );
    on.value(STATEMENT, &[&reference, &score, &detail]).await
}

/// A file as it is stored.
pub struct SealedDocument {
    /// `front`, `back` or `selfie`.
    pub kind: String,
    /// `image/jpeg` or `application/pdf`.
    pub media_type: String,
    /// Whose it is.
    pub account_id: i64,
    /// Authenticated with the content.
    pub seal_id: Vec<u8>,
    /// The key of the HSM that wrapped the data key.
    pub key_label: String,
    /// The data key, wrapped.
    pub wrapped_key: Vec<u8>,
    /// The file, encrypted.
    pub content: Vec<u8>,
}

impl SealedDocument {
    pub(crate) fn of(row: &Row) -> Result<Self, Error> {
        Ok(SealedDocument {
            kind: column(row, 0)?,
            media_type: column(row, 1)?,
            account_id: column(row, 2)?,
            seal_id: column(row, 3)?,
            key_label: column(row, 4)?,
            wrapped_key: column(row, 5)?,
            content: column(row, 6)?,
        })
    }
}
