//! How mails go out.

use std::path::PathBuf;

use anyhow::Context;
use lettre::message::Mailbox;

/// How mails go out.
#[derive(Clone)]
pub struct MailConfig {
    /// `EXCHANGE_SMTP_URL`: such as `smtps://user:password@mail.example.com`; where unset, mails
    /// go into files and the log.
    pub smtp_url: Option<String>,
    /// `EXCHANGE_MAIL_DIR`: the folder for these files; where unset, the log alone has the link.
    pub folder: Option<PathBuf>,
    /// `EXCHANGE_MAIL_FROM`: the sender.
    pub from: Mailbox,
    /// `EXCHANGE_PUBLIC_URL`: where clients reach the API; links begin with it.
    pub public_url: String,
}

impl MailConfig {
    /// From the environment.
    ///
    /// # Errors
    /// A value cannot be used.
    pub fn from_env() -> anyhow::Result<Self> {
        let value = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let from = value("EXCHANGE_MAIL_FROM");
        let from = from.unwrap_or_else(|| "Exchange <exchange@localhost>".to_owned());
        let public_url = value("EXCHANGE_PUBLIC_URL");
        Ok(MailConfig {
            smtp_url: value("EXCHANGE_SMTP_URL"),
            folder: value("EXCHANGE_MAIL_DIR").map(PathBuf::from),
            from: from
                .parse()
                .with_context(|| format!("EXCHANGE_MAIL_FROM: '{from}' is no sender"))?,
            public_url: public_url.unwrap_or_else(|| "http://127.0.0.1:8080".to_owned()),
        })
    }
}
