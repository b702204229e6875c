//! Mails that are due, and what became of them.

use serde_json::Value;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// The bell's number that says that a mail is due; no stream has it.
pub const MAIL_BELL: i32 = 10_900;

/// A mail that this worker, and nobody else, has to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number.
    pub mail_id: i64,
    /// Which text.
    pub kind: String,
    /// To which address.
    pub recipient: String,
    /// What the text fills in: an object.
    pub facts: Value,
    /// The owner's words, which every mail repeats.
    pub anti_phishing_code: Option<String>,
    /// The how-manieth attempt this is.
    pub attempt: i32,
}

/// Takes mails that are due.
///
/// # Errors
/// The database's.
pub async fn claim_mails(
    on: &impl Query,
    max_attempts: i32,
    limit: i32,
) -> Result<Vec<Mail>, Error> {
    const STATEMENT: Statement = Statement::write(
        "claim_mails",
        "select mail_id, kind, recipient, facts, anti_phishing_code, attempt \
         from exchange.claim_mails($1, $2)",
    );
    let mail = |row| {
        Ok(Mail {
            mail_id: column(row, 0)?,
            kind: column(row, 1)?,
            recipient: column(row, 2)?,
            facts: column(row, 3)?,
            anti_phishing_code: column(row, 4)?,
            attempt: column(row, 5)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&max_attempts, &limit]).await?;
    rows.iter().map(mail).collect()
}

/// Stores the hash of a token in a mail that is about to be sent. `purpose` is what it allows:
/// `verify_email`, `reset_password`, `change_email` or `freeze`.
///
/// # Errors
/// The database's.
pub async fn add_mail_token(
    on: &impl Query,
    mail_id: i64,
    purpose: &str,
    token_hash: &[u8],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "add_mail_token",
        "select exchange.add_mail_token($1, $2, $3)",
    );
    on.rows(STATEMENT, &[&mail_id, &purpose, &token_hash])
        .await
        .map(drop)
}

/// Says what became of an attempt: sent, where there is no failure. Gives whether it will be tried
/// again.
///
/// # Errors
/// The database's.
pub async fn finish_mail(
    on: &impl Query,
    mail_id: i64,
    max_attempts: i32,
    failure: Option<&str>,
) -> Result<bool, Error> {
    const STATEMENT: Statement =
        Statement::write("finish_mail", "select exchange.finish_mail($1, $2, $3)");
    on.value(STATEMENT, &[&mail_id, &max_attempts, &failure])
        .await
}
