//! The links of mails. Each carries a one-time token, which is made right before its mail goes out
//! and stored as its hash alone.

use client::{Mail, Pool};
use ring::digest;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::config::MailConfig;
use super::letter::Text;

const TOKEN_BYTES: usize = 32;

/// A kind of link.
pub(super) struct Link {
    /// How a text names it.
    pub(super) name: &'static str,
    /// What its token allows.
    purpose: &'static str,
    /// Where it leads, below the public address.
    path: &'static str,
}

/// Every kind of link.
pub(super) const LINKS: &[Link] = &[
    Link {
        name: "verify_link",
        purpose: "verify_email",
        path: "/verify",
    },
    Link {
        name: "reset_link",
        purpose: "reset_password",
        path: "/verify",
    },
    Link {
        name: "confirm_link",
        purpose: "change_email",
        path: "/confirm-email",
    },
    Link {
        name: "freeze_link",
        purpose: "freeze",
        path: "/freeze",
    },
];

/// The links that the text wants, by name.
pub(super) async fn make(
    pool: &Pool,
    config: &MailConfig,
    mail: &Mail,
    text: &Text,
) -> anyhow::Result<Vec<(&'static str, String)>> {
    let base = config.public_url.trim_end_matches('/');
    let mut made = Vec::new();
    for link in LINKS.iter().filter(|link| text.wants(link)) {
        let mut token = [0; TOKEN_BYTES];
        SystemRandom::new()
            .fill(&mut token)
            .map_err(|_| anyhow::anyhow!("the system gave no randomness"))?;
        let hash = digest::digest(&digest::SHA256, &token);
        client::add_mail_token(pool, mail.mail_id, link.purpose, hash.as_ref()).await?;
        let path = link.path;
        made.push((
            link.name,
            format!("{base}{path}?token={}", hex::encode(token)),
        ));
    }
    Ok(made)
}
