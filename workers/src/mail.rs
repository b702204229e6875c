//! Sends the mails that are due: by SMTP, or into files and the log where no SMTP is configured.

mod config;
mod letter;
mod links;
mod outlet;

use std::time::Duration;

use client::{MAIL_BELL, Mail, Pool, Ring};

pub use config::MailConfig;
use outlet::Outlet;

/// A mail is tried so often; pauses between the attempts double from 30 seconds.
pub const MAX_ATTEMPTS: i32 = 8;
/// Mails taken at once.
const AT_ONCE: i32 = 20;
/// Requests answered in one transaction.
const REQUESTS_AT_ONCE: i32 = 100;
/// The longest sleep: then a mail whose attempt failed may be due again.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Works until it is dropped. A database that is away is waited for.
///
/// # Errors
/// The configuration cannot be used.
pub async fn run(
    pool: &Pool,
    database: &client::Config,
    config: &MailConfig,
) -> anyhow::Result<()> {
    let outlet = Outlet::new(config)?;
    let mut bell = client::listen(database)?;
    loop {
        if let Err(error) = once(pool, config, &outlet).await {
            tracing::error!("cannot see to the mails: {error}");
        }
        let rung = async {
            while !matches!(
                bell.next().await,
                Ring::Stream(MAIL_BELL) | Ring::Everything
            ) {}
        };
        // Passing in silence is as good as a ring.
        let _ = tokio::time::timeout(LONGEST_PAUSE, rung).await;
    }
}

/// Answers what was asked for, and sends what is due.
async fn once(pool: &Pool, config: &MailConfig, outlet: &Outlet) -> Result<(), client::Error> {
    while client::answer_mail_requests(pool, REQUESTS_AT_ONCE).await? == REQUESTS_AT_ONCE {}
    loop {
        let mails = client::claim_mails(pool, MAX_ATTEMPTS, AT_ONCE).await?;
        if mails.is_empty() {
            return Ok(());
        }
        for mail in mails {
            let failure = match attempt(pool, config, outlet, &mail).await {
                Ok(()) => None,
                Err(error) => Some(format!("{error:#}")),
            };
            let failed = failure.as_deref();
            let again = client::finish_mail(pool, mail.mail_id, MAX_ATTEMPTS, failed).await?;
            match failure {
                None => tracing::info!(mail = mail.mail_id, kind = mail.kind, "mail sent"),
                Some(error) => tracing::warn!(
                    mail = mail.mail_id,
                    attempt = mail.attempt,
                    again,
                    "mail not sent: {error}"
                ),
            }
        }
    }
}

async fn attempt(
    pool: &Pool,
    config: &MailConfig,
    outlet: &Outlet,
    mail: &Mail,
) -> anyhow::Result<()> {
    let text = letter::text(&mail.kind)?;
    let links = links::make(pool, config, mail, &text).await?;
    let letter = text.write(config, mail, &links)?;
    outlet.send(mail, &letter, &links).await
}
