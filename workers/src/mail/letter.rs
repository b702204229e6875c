//! What the mails say: a text a kind under `letters/`, its first line the subject, filled with the
//! mail's facts. A line that names a fact which the mail does not have is left out.

use anyhow::Context;
use client::Mail;
use lettre::Message;
use lettre::message::header::ContentType;
use serde_json::Value;

use super::config::MailConfig;
use super::links::Link;

/// Longest fact that is repeated; some are a stranger's own words.
const FACT_LENGTH: usize = 120;

/// Every kind, and its text.
const LETTERS: &[(&str, &str)] = &[
    ("account_frozen", include_str!("letters/account_frozen.txt")),
    (
        "already_registered",
        include_str!("letters/already_registered.txt"),
    ),
    (
        "anti_phishing_changed",
        include_str!("letters/anti_phishing_changed.txt"),
    ),
    ("api_key_made", include_str!("letters/api_key_made.txt")),
    (
        "confirm_email_change",
        include_str!("letters/confirm_email_change.txt"),
    ),
    (
        "deposit_credited",
        include_str!("letters/deposit_credited.txt"),
    ),
    (
        "deposit_reversed",
        include_str!("letters/deposit_reversed.txt"),
    ),
    (
        "document_expires",
        include_str!("letters/document_expires.txt"),
    ),
    (
        "email_change_asked",
        include_str!("letters/email_change_asked.txt"),
    ),
    ("email_changed", include_str!("letters/email_changed.txt")),
    ("factor_changed", include_str!("letters/factor_changed.txt")),
    ("kyc_decided", include_str!("letters/kyc_decided.txt")),
    ("new_device", include_str!("letters/new_device.txt")),
    (
        "password_changed",
        include_str!("letters/password_changed.txt"),
    ),
    ("reset_password", include_str!("letters/reset_password.txt")),
    ("verify_email", include_str!("letters/verify_email.txt")),
    (
        "withdrawal_address_added",
        include_str!("letters/withdrawal_address_added.txt"),
    ),
    (
        "withdrawal_ended",
        include_str!("letters/withdrawal_ended.txt"),
    ),
    (
        "withdrawal_requested",
        include_str!("letters/withdrawal_requested.txt"),
    ),
    (
        "withdrawals_blocked",
        include_str!("letters/withdrawals_blocked.txt"),
    ),
];

/// Under what somebody else may have done.
const FREEZE: &str = include_str!("letters/freeze.part.txt");

/// Whose text ends with the way to freeze the account.
const SECURITY: &[&str] = &[
    "anti_phishing_changed",
    "api_key_made",
    "email_change_asked",
    "email_changed",
    "factor_changed",
    "new_device",
    "password_changed",
    "withdrawal_address_added",
    "withdrawal_ended",
    "withdrawal_requested",
    "withdrawals_blocked",
];

/// A kind's text before it is filled.
pub(super) struct Text {
    subject: &'static str,
    body: String,
}

/// The text of that kind.
pub(super) fn text(kind: &str) -> anyhow::Result<Text> {
    let known = LETTERS.iter().find(|(name, _)| *name == kind);
    let (_, whole) = known.with_context(|| format!("no text for mails of kind {kind}"))?;
    let (subject, body) = whole.split_once("\n\n").context("a text has no subject")?;
    let end = match SECURITY.contains(&kind) {
        true => FREEZE,
        false => "",
    };
    let body = format!("{body}{end}");
    Ok(Text { subject, body })
}

impl Text {
    /// Whether this link goes into it.
    pub(super) fn wants(&self, link: &Link) -> bool {
        self.body.contains(&format!("{{{}}}", link.name))
    }

    /// The mail as it goes out. Links by name.
    pub(super) fn write(
        &self,
        config: &MailConfig,
        mail: &Mail,
        links: &[(&'static str, String)],
    ) -> anyhow::Result<Message> {
        let mut body = String::new();
        if let Some(code) = &mail.anti_phishing_code {
            body.push_str(&format!("Your anti-phishing code: {code}\n\n"));
        }
        for line in self.body.lines() {
            if let Some(line) = fill(line, &mail.facts, links) {
                body.push_str(&line);
                body.push('\n');
            }
        }
        let to = mail.recipient.parse().context("the address is none")?;
        let letter = Message::builder()
            .from(config.from.clone())
            .to(to)
            .subject(self.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(body);
        letter.context("the mail cannot be written")
    }
}

/// The line with its facts; `None` where one is missing.
fn fill(line: &str, facts: &Value, links: &[(&'static str, String)]) -> Option<String> {
    let mut filled = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        let link = links.iter().find(|(known, _)| *known == name);
        filled.push_str(before);
        match link {
            Some((_, link)) => filled.push_str(link),
            None => filled.push_str(&words(&facts[name])?),
        }
        rest = after;
    }
    filled.push_str(rest);
    Some(filled)
}

/// A fact as words on one line: no control characters, no more than so many.
fn words(fact: &Value) -> Option<String> {
    let text = match fact {
        Value::String(text) if !text.is_empty() => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(several) if !several.is_empty() => {
            let several: Option<Vec<String>> = several.iter().map(words).collect();
            several?.join(", ")
        }
        _ => return None,
    };
    let plain = text.chars().filter(|character| !character.is_control());
    Some(plain.take(FACT_LENGTH).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::links::LINKS;
    use serde_json::json;

    fn filled(line: &str) -> Option<String> {
        let facts = json!({ "at": "now", "level": 2, "reasons": ["a", "b"],
            "program": "x\r\nBcc: y", "none": null });
        fill(line, &facts, &[("freeze_link", "https://here".to_owned())])
    }

    #[test]
    fn a_line_is_filled_or_left_out() {
        assert_eq!(filled("At {at}, {level}.").as_deref(), Some("At now, 2."));
        assert_eq!(filled("{reasons}").as_deref(), Some("a, b"));
        assert_eq!(filled("{freeze_link}").as_deref(), Some("https://here"));
        assert_eq!(filled("").as_deref(), Some(""));
        assert_eq!(filled("At {none}"), None);
        assert_eq!(filled("At {address}"), None);
    }

    #[test]
    fn a_fact_begins_no_line_of_its_own() {
        assert_eq!(filled("{program}").as_deref(), Some("xBcc: y"));
    }

    #[test]
    fn every_text_has_a_subject_and_its_links_are_known() {
        for (kind, _) in LETTERS {
            let text = text(kind).expect("a text");
            assert!(
                !text.subject.contains('\n') && text.subject.len() < 70,
                "{kind}"
            );
            let named = text.body.matches("_link}").count();
            let known = LINKS.iter().filter(|link| text.wants(link)).count();
            assert_eq!(named, known, "{kind}");
        }
    }
}
