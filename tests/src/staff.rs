//! People of the exchange: made in the database, logged in by the real API with password and code.

use anyhow::{Context, Result};
use ring::hmac;
use serde_json::json;
use time::OffsetDateTime;
use tokio_postgres::Client;

use crate::raw::{Call, Reply};

/// The password of every member that these make.
pub const PASSWORD: &str = "correct horse battery";
/// Every role.
pub const ROLES: [&str; 5] = ["reviewer", "risk", "finance", "support", "administrator"];

/// Seconds for which a code is shown.
const STEP_SECONDS: i64 = 30;

/// A member with an authenticator app.
#[derive(Clone, Debug)]
pub struct Person {
    /// The member's number.
    pub staff_id: i64,
    /// Login name.
    pub email: String,
    /// What the app knows.
    pub secret: Vec<u8>,
    last_step: i64,
}

impl Person {
    /// Accepts an invitation as a browser would.
    pub async fn accept(port: u16, staff_id: i64, invitation: &str) -> Result<Person> {
        let body = json!({ "token": invitation, "password": PASSWORD });
        let accepted = Call::post("/api/admin/accept-invitation", &body)
            .send(port)
            .await?;
        let text = |name: &str| {
            let value = accepted.body[name].as_str();
            value.with_context(|| format!("no {name}: {accepted:?}"))
        };
        Ok(Person {
            staff_id,
            email: text("email")?.to_owned(),
            secret: base32(text("secret")?)?,
            last_step: 0,
        })
    }

    /// A code that was not used yet. A step ahead of the clock at most: a third one within half a
    /// minute is refused.
    pub fn code(&mut self) -> String {
        let now = OffsetDateTime::now_utc().unix_timestamp() / STEP_SECONDS;
        self.last_step = now.max(self.last_step + 1);
        code(&self.secret, self.last_step)
    }

    /// A login with a code.
    pub async fn try_login(&self, port: u16, code: &str) -> Result<Reply> {
        let body = json!({ "email": self.email, "password": PASSWORD, "code": code });
        Call::post("/api/admin/login", &body).send(port).await
    }

    /// A login; gives the token.
    pub async fn login(&mut self, port: u16) -> Result<String> {
        let code = self.code();
        let reply = self.try_login(port, &code).await?;
        let token = reply.body["token"].as_str();
        Ok(token
            .with_context(|| format!("no token: {reply:?}"))?
            .to_owned())
    }
}

/// A new member with these roles, enrolled and logged in once: by a real invitation, password and
/// code. Only the making and the roles are written into the database.
pub async fn join(port: u16, owner: &Client, roles: &[&str]) -> Result<(Person, String)> {
    let text =
        "with invited as (select sha256(convert_to(gen_random_uuid()::text, 'UTF8')) as token)
        insert into staff.members (email, name, roles, invitation_hash, invited_until)
        select 'member' || (select count(*) from staff.members) || '@staff.example', 'Member',
            $1, sha256(token), now() + interval '1 day' from invited
        returning staff_id, (select encode(token, 'hex') from invited)";
    let made = owner.query_one(text, &[&roles]).await?;
    let mut person = Person::accept(port, made.get(0), made.get(1)).await?;
    let token = person.login(port).await?;
    Ok((person, token))
}

/// The bearer token of a new member with that role.
pub async fn login(port: u16, owner: &Client, role: &str) -> Result<String> {
    Ok(join(port, owner, &[role]).await?.1)
}

/// The code of a time step: RFC 6238 with SHA-1, written a second time to test the first.
pub fn code(secret: &[u8], step: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let bytes = tag.as_ref();
    let offset = usize::from(bytes[19] & 15);
    let four = bytes[offset..offset + 4]
        .iter()
        .fold(0, |number: u32, byte| number << 8 | u32::from(*byte));
    format!("{:06}", (four & 0x7fff_ffff) % 1_000_000)
}

fn base32(text: &str) -> Result<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for digit in text.bytes() {
        let value = ALPHABET.iter().position(|known| *known == digit);
        let value = value.with_context(|| format!("no base32: {text}"))?;
        bits = bits << 5 | u32::try_from(value)?;
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 255)?);
        }
    }
    Ok(bytes)
}
