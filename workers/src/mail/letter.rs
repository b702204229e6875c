//! What the mails say.

use anyhow::Context;
use client::Mail;
use lettre::Message;
use lettre::message::header::ContentType;

use super::config::MailConfig;

/// The mail as it goes out.
pub(super) fn write(
    config: &MailConfig,
    mail: &Mail,
    link: Option<&str>,
) -> anyhow::Result<Message> {
    let (subject, text) = match link {
        Some(link) => (
            "Confirm your e-mail address",
            format!(
                "Somebody, most likely you, wants an account with this address.\n\n\
                 Open this link within a day to confirm it and to set a password:\n\n{link}\n\n\
                 If it was not you, ignore this mail.\n"
            ),
        ),
        None => (
            "You have an account already",
            "Somebody, most likely you, wanted an account with this address, which has one \
             already.\n\nLog in with your password. If it was not you, ignore this mail.\n"
                .to_owned(),
        ),
    };
    let to = mail.email.parse().context("the address is none")?;
    let letter = Message::builder()
        .from(config.from.clone())
        .to(to)
        .subject(subject)
        .header(ContentType::TEXT_PLAIN)
        .body(text);
    letter.context("the mail cannot be written")
}
