//! Mails that are due, and what became of them.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// The bell's number that says that a mail is due; no stream has it.
pub const MAIL_BELL: i32 = 10_900;

/// A mail that this worker, and nobody else, has to send now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// Its number.
    pub mail_id: i64,
    /// `verify_email` or `already_registered`.
    pub kind: String,
    /// To whom.
    pub email: String,
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
        "select mail_id, kind, email, attempt from exchange.claim_mails($1, $2)",
    );
    let mail = |row| {
        Ok(Mail {
            mail_id: column(row, 0)?,
            kind: column(row, 1)?,
            email: column(row, 2)?,
            attempt: column(row, 3)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&max_attempts, &limit]).await?;
    rows.iter().map(mail).collect()
}

/// Stores the hash of the token in a mail that is about to be sent.
///
/// # Errors
/// The database's.
pub async fn add_verification_token(
    on: &impl Query,
    mail_id: i64,
    token_hash: &[u8],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "add_verification_token",
        "select exchange.add_verification_token($1, $2)",
    );
    on.rows(STATEMENT, &[&mail_id, &token_hash]).await.map(drop)
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
