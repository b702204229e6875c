//! Where mails go: a mail server, or files.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use client::Mail;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::config::MailConfig;

/// How long the mail server may take for each step.
const SMTP_WAIT: Duration = Duration::from_secs(20);

/// Where mails go.
pub(super) enum Outlet {
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    Files(Option<PathBuf>),
}

impl Outlet {
    pub(super) fn new(config: &MailConfig) -> anyhow::Result<Self> {
        let Some(url) = &config.smtp_url else {
            tracing::info!("EXCHANGE_SMTP_URL is not set: mails go into files and the log");
            return Ok(Outlet::Files(config.folder.clone()));
        };
        // The URL may hold a password: no line repeats it.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .context("EXCHANGE_SMTP_URL cannot be used")?;
        Ok(Outlet::Smtp(transport.timeout(Some(SMTP_WAIT)).build()))
    }

    pub(super) async fn send(
        &self,
        mail: &Mail,
        letter: &Message,
        links: &[(&'static str, String)],
    ) -> anyhow::Result<()> {
        let folder = match self {
            Outlet::Smtp(transport) => {
                let sent = transport.send(letter.clone()).await;
                return sent.map(drop).context("the mail server did not take it");
            }
            Outlet::Files(folder) => folder,
        };
        if let Some(folder) = folder {
            let path = folder.join(format!("{}.eml", mail.mail_id));
            std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&path, letter.formatted()))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let shown: Vec<&str> = links.iter().map(|(_, link)| link.as_str()).collect();
        tracing::info!(
            mail = mail.mail_id,
            to = mail.recipient,
            kind = mail.kind,
            "{}",
            shown.join(" ")
        );
        Ok(())
    }
}
