//! A real mail server, the real worker that sends to it, and what people do with their mails.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::database::Database;
use crate::mail_server::MailServer;
use crate::raw::{Call, Reply};
use crate::worker::Worker;

/// A password that zxcvbn lets pass.
pub const STRONG: &str = "plural walnut ceiling";

/// Where mails arrive.
pub struct PostOffice {
    server: MailServer,
    _worker: Worker,
}

impl PostOffice {
    /// Sends the database's mails from now on.
    pub async fn open(database: &Database) -> Result<PostOffice> {
        let server = MailServer::start(0).await?;
        let _worker = send_to(&server, database)?;
        Ok(PostOffice { server, _worker })
    }

    /// The next mail, its headers too, once it comes.
    pub async fn next(&mut self) -> Result<String> {
        self.server.next().await
    }

    /// The next mail, which must have that subject.
    pub async fn expect(&mut self, subject: &str) -> Result<String> {
        let mail = self.next().await?;
        let is_it = mail.contains(&format!("Subject: {subject}"));
        anyhow::ensure!(is_it, "not '{subject}' but {mail}");
        Ok(mail)
    }

    /// Whether a mail waits.
    pub fn has_mail(&self) -> bool {
        self.server.has_mail()
    }
}

/// The worker that sends mails to this server.
pub fn send_to(server: &MailServer, database: &Database) -> Result<Worker> {
    let settings = [
        ("EXCHANGE_SMTP_URL", server.url()),
        (
            "EXCHANGE_PUBLIC_URL",
            "https://exchange.example/".to_owned(),
        ),
        (
            "EXCHANGE_MAIL_FROM",
            "Exchange <no-reply@exchange.example>".to_owned(),
        ),
    ];
    Worker::start_with(database, "mail", &settings)
}

/// The link of a mail that leads to this path; without the server's name.
pub fn link(mail: &str, path: &str) -> Result<String> {
    let start = format!("https://exchange.example{path}?token=");
    let found = mail
        .find(&start)
        .with_context(|| format!("no link to {path}: {mail}"))?;
    let rest = &mail[found + "https://exchange.example".len()..];
    let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
    Ok(rest[..end].to_owned())
}

/// Opens the page that a link leads to, and presses its button.
pub async fn press_button(port: u16, link: &str) -> Result<Reply> {
    let page = Call::get(link).send(port).await?;
    anyhow::ensure!(page.status == 200, "{page:?}");
    let action = between(&page.text, "action=\"", "\"")?;
    let form = match between(&page.text, "method=\"", "\"")? {
        "get" => {
            let token = between(&page.text, "name=\"token\" value=\"", "\"")?;
            Call::get(&format!("{action}?token={token}"))
        }
        _ => Call {
            method: "POST",
            ..Call::get(action)
        },
    };
    form.send(port).await
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Result<&'a str> {
    let (_, rest) = text.split_once(start).with_context(|| text.to_owned())?;
    Ok(rest.split_once(end).with_context(|| text.to_owned())?.0)
}

/// What the button of a mail's page to verify asks for.
pub fn verification(mail: &str) -> Result<Call> {
    let page = link(mail, "/verify")?;
    Ok(Call::get(&format!("/api/auth{page}")))
}

/// What somebody of that address sends to register.
pub fn registration(email: &str) -> Value {
    json!({ "email": email, "fullName": "Ada Lovelace", "country": "GB",
        "birthDate": "1990-12-10" })
}

/// Sends a body.
pub async fn post(port: u16, path: &str, body: &Value) -> Result<Reply> {
    Call::post(path, body).send(port).await
}

/// Follows a link of a mail to where a password can be set, and sets it; gives the device's token.
pub async fn set_password(port: u16, mail: &str, password: &str) -> Result<String> {
    let verified = press_button(port, &link(mail, "/verify")?).await?;
    let token = verified.body["setPasswordToken"].as_str();
    let token = token.with_context(|| format!("{verified:?}"))?;
    let body = json!({ "token": token, "password": password });
    let set = post(port, "/api/auth/set-password", &body).await?;
    let device = set.body["deviceToken"].as_str();
    Ok(device.with_context(|| format!("{set:?}"))?.to_owned())
}
