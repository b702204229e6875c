//! Requests to the API with headers of the test's choice, signed or not, from any address of
//! loopback.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use anyhow::{Context, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;
use ring::signature::Ed25519KeyPair;
use serde_json::Value;
use time::OffsetDateTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// By name in lower case; what comes more than once stands on a line each.
    pub headers: BTreeMap<String, String>,
    /// The body; null where it is no json.
    pub body: Value,
    /// The body as it came.
    pub text: String,
}

impl Reply {
    /// Status and code of an error, or the status alone.
    pub fn shown(&self) -> String {
        match self.body["code"].as_str() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }
}

/// A request.
#[derive(Clone, Debug)]
pub struct Call {
    /// GET or POST.
    pub method: &'static str,
    /// Path and query.
    pub path: String,
    /// Json; empty for none.
    pub body: String,
    /// Besides those of every request.
    pub headers: Vec<(&'static str, String)>,
    /// The client's own address.
    pub from: Ipv4Addr,
}

/// The private side of an API key.
pub enum Signer {
    /// A shared secret.
    Hmac(hmac::Key),
    /// The client's own key.
    Ed25519(Ed25519KeyPair),
}

/// An API key as its program has it.
pub struct Key {
    /// Names it.
    pub public_id: String,
    /// Signs.
    pub signer: Signer,
}

impl Call {
    /// Of a path, without a body.
    pub fn get(path: &str) -> Self {
        Call {
            method: "GET",
            path: path.to_owned(),
            body: String::new(),
            headers: Vec::new(),
            from: Ipv4Addr::LOCALHOST,
        }
    }

    /// With a json body.
    pub fn post(path: &str, body: &Value) -> Self {
        Call {
            method: "POST",
            body: body.to_string(),
            ..Call::get(path)
        }
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// With a bearer token.
    pub fn by(self, token: &str) -> Self {
        self.with("authorization", &format!("Bearer {token}"))
    }

    /// From another address of loopback.
    pub fn from(mut self, from: Ipv4Addr) -> Self {
        self.from = from;
        self
    }

    /// Signed now. Call it last: it signs what is there.
    pub fn signed(self, key: &Key) -> Self {
        self.signed_at(key, now_ms(), None)
    }

    /// Signed at a time, for a window.
    pub fn signed_at(self, key: &Key, timestamp_ms: i64, window: Option<&str>) -> Self {
        let timestamp = timestamp_ms.to_string();
        let idempotency = self
            .headers
            .iter()
            .find(|(name, _)| *name == "idempotency-key");
        let mut text = format!("{timestamp}\n{}\n", window.unwrap_or_default());
        if let Some((_, value)) = idempotency {
            text.push_str(&format!("{value}\n"));
        }
        text.push_str(&format!("{}\n{}\n{}", self.method, self.path, self.body));
        let signature = match &key.signer {
            Signer::Hmac(secret) => hex::encode(hmac::sign(secret, text.as_bytes())),
            Signer::Ed25519(pair) => STANDARD.encode(pair.sign(text.as_bytes())),
        };
        let signed = self
            .with("x-api-key", &key.public_id)
            .with("x-timestamp", &timestamp)
            .with("x-signature", &signature);
        match window {
            Some(window) => signed.with("x-receive-window", window),
            None => signed,
        }
    }

    /// Sends it on a connection of its own.
    pub async fn send(&self, port: u16) -> Result<Reply> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(SocketAddr::from((self.from, 0)))?;
        let mut stream = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await?;
        let Call {
            method, path, body, ..
        } = self;
        let mut text =
            format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !body.is_empty() {
            let length = body.len();
            text.push_str(&format!(
                "content-type: application/json\r\ncontent-length: {length}\r\n"
            ));
        }
        stream
            .write_all(format!("{text}\r\n{body}").as_bytes())
            .await?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await?;
        // A picture is no text; what stands around it is.
        let answer = String::from_utf8_lossy(&bytes);
        let (head, body) = answer
            .split_once("\r\n\r\n")
            .context("the answer was cut off")?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        let status = status.context("no status")?.parse()?;
        let mut headers: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in lines.filter_map(header) {
            let known = headers.entry(name).or_default();
            if !known.is_empty() {
                known.push('\n');
            }
            known.push_str(&value);
        }
        Ok(Reply {
            status,
            headers,
            body: serde_json::from_str(body).unwrap_or(Value::Null),
            text: body.to_owned(),
        })
    }
}

/// Makes a key of HMAC-SHA256 in the name of a session.
pub async fn make_key(port: u16, token: &str, request: &Value) -> Result<(i64, Key)> {
    let made = Call::post("/api/auth/api-keys", request)
        .by(token)
        .send(port)
        .await?;
    let text = |name: &str| {
        let value = made.body[name].as_str();
        value.with_context(|| format!("no {name}: {made:?}"))
    };
    let secret = hex::decode(text("secret")?)?;
    let key = Key {
        public_id: text("publicId")?.to_owned(),
        signer: Signer::Hmac(hmac::Key::new(hmac::HMAC_SHA256, &secret)),
    };
    Ok((made.body["apiKeyId"].as_i64().context("no number")?, key))
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let now = OffsetDateTime::now_utc();
    now.unix_timestamp() * 1000 + i64::from(now.millisecond())
}
