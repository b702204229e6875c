//! A trader's program: an API key, a connection, and an endless mix of signed requests.

use anyhow::{Context, Result, ensure};
use engine::decimal;
use engine::mix::Step;
use ring::hmac;
use serde_json::json;
use time::OffsetDateTime;

use super::connection::Connection;
use crate::api_server::{self, PASSWORD};
use crate::bench::load::{Stream, client_order_id, terms};
use crate::bench::stage::{Exchange, MARKETS};

/// A signed request is taken for so long.
const WINDOW_MS: i64 = 30_000;

/// Signs with an API key of its own.
#[derive(Debug)]
pub struct Signer {
    public_id: String,
    key: hmac::Key,
}

impl Signer {
    /// Gives the account a password, logs in, and makes a key that may trade.
    pub async fn open(exchange: &Exchange, port: u16, index: u64) -> Result<Signer> {
        let account = i64::try_from(exchange.before_accounts + 1 + index)?;
        let owner = exchange.database.connect("postgres").await?;
        let hash = bcrypt::hash(PASSWORD, 4)?;
        let text = "select exchange.set_password_hash($1, $2)";
        owner.execute(text, &[&account, &hash]).await?;
        let text = "update exchange.accounts set email_verified_at = now() where account_id = $1";
        owner.execute(text, &[&account]).await?;
        let token = api_server::login(port, &format!("user{}", index + 1)).await?;
        let body = json!({ "label": "bench", "scheme": "hmac_sha256",
            "permissions": ["read", "trade"] });
        let (path, body) = ("/api/auth/api-keys", body.to_string());
        let made = api_server::request(port, "POST", path, Some(&token), Some(&body)).await?;
        let text = |name: &str| made.body[name].as_str().map(str::to_owned);
        let public_id = text("publicId").with_context(|| format!("no key: {made:?}"))?;
        let secret = hex::decode(text("secret").context("no secret")?)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        Ok(Signer { public_id, key })
    }

    /// Writes a whole signed request.
    pub fn request(&self, method: &str, path: &str, body: &str) -> Vec<u8> {
        let now_ms = OffsetDateTime::now_utc().unix_timestamp_nanos() / 1_000_000;
        let signed = format!("{now_ms}\n{WINDOW_MS}\n{method}\n{path}\n{body}");
        let signature = hex::encode(hmac::sign(&self.key, signed.as_bytes()));
        let (id, length) = (&self.public_id, body.len());
        format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\nx-api-key: {id}\r\n\
             x-timestamp: {now_ms}\r\nx-receive-window: {WINDOW_MS}\r\nx-signature: {signature}\r\n\
             content-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }
}

/// One connection with its own account and its own part of the mix.
#[derive(Debug)]
pub struct Trader {
    connection: Connection,
    signer: Signer,
    stream: Stream,
}

impl Trader {
    /// The trader of this number; all of them trade in the same market.
    pub async fn open(exchange: &Exchange, port: u16, index: u64, resting: u64) -> Result<Trader> {
        let signer = Signer::open(exchange, port, index).await?;
        let stream = Stream::new(&format!("http{index}"), 1 + index, 0, resting, exchange);
        let connection = Connection::open(port).await?;
        Ok(Trader {
            connection,
            signer,
            stream,
        })
    }

    /// Sends the next command of the mix; whether it was accepted. Its account is this trader's,
    /// whichever the mix thought of. A refusal is an answer; a failing server is an error.
    pub async fn step(&mut self) -> Result<bool> {
        let step = self.stream.steps(1).pop().context("the mix is endless")?;
        let (path, body) = command(&step, &self.stream);
        self.send(path, &body).await
    }

    /// Sends a request and says whether it was accepted.
    pub async fn send(&mut self, path: &str, body: &str) -> Result<bool> {
        let request = self.signer.request("POST", path, body);
        let answer = self.connection.exchange(&request).await?;
        let text = || String::from_utf8_lossy(answer.body).into_owned();
        ensure!(
            answer.status == 200 || answer.status == 409 || answer.status == 422,
            "{path}: {} {}",
            answer.status,
            text()
        );
        Ok(answer.status == 200)
    }

    /// Places an order; gives its place in its market's sequence.
    pub async fn place(&mut self, body: &str) -> Result<u64> {
        const NUMBERS_PER_MARKET: u64 = 100_000_000_000_000;
        let request = self.signer.request("POST", "/api/trade/create-order", body);
        let answer = self.connection.exchange(&request).await?;
        let value: serde_json::Value = serde_json::from_slice(answer.body)?;
        let number = value["orderId"]
            .as_str()
            .with_context(|| value.to_string())?;
        Ok(number.parse::<u64>()? % NUMBERS_PER_MARKET)
    }
}

fn command(step: &Step, stream: &Stream) -> (&'static str, String) {
    let market = &MARKETS[stream.market];
    match step {
        Step::Cancel { serial, .. } => {
            let name = client_order_id(&stream.name, *serial);
            let body = format!("{{\"clientOrderId\":\"{name}\"}}");
            ("/api/trade/cancel-order", body)
        }
        Step::Place { serial, order } => {
            let (price, quantity, time_in_force) = terms(order);
            let body = format!(
                "{{\"market\":\"{}\",\"side\":\"{}\",\"price\":\"{}\",\"quantity\":\"{}\",\
                 \"timeInForce\":\"{}\",\"clientOrderId\":\"{}\"}}",
                market.symbol,
                order.side.name(),
                decimal::format(price.into(), market.tick_scale),
                decimal::format(quantity.into(), market.lot_scale),
                time_in_force.name(),
                client_order_id(&stream.name, *serial)
            );
            ("/api/trade/create-order", body)
        }
    }
}
