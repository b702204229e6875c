//! An account with everything that an account can have, and requests in its name.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::hmac;
use serde_json::{Value, json};
use tests::api_server::{self, Answer};
use tests::database::Database;
use tests::passkey_device::{Device, ORIGIN};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_postgres::Client;

/// An account with funds, an open order, a session, an API key, a sub-account, a passkey, a
/// deposit, a withdrawal and an address book. After the markets and the coins.
pub(super) struct Party {
    pub(super) token: String,
    pub(super) order: String,
    pub(super) session: String,
    pub(super) device: String,
    pub(super) key: Key,
    account: i64,
    sub_account: String,
    passkey: String,
    deposit: String,
    withdrawal: String,
    quote: String,
    target: String,
}

/// An API key.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) public_id: String,
    secret: Vec<u8>,
}

pub(super) async fn join(port: u16, database: &Database, name: &str) -> Party {
    let owner: Client = database.owner().await;
    let account = api_server::open_account(&owner, name)
        .await
        .expect("an account");
    for (asset, amount) in [("BTC", 10), ("USDT", 10_000)] {
        let text = format!(
            "select exchange.adjust_balance({account}, '{asset}', {amount}, 'test', \
             'fund-{name}-{asset}')"
        );
        owner.batch_execute(&text).await.expect("funds");
    }
    // Known to nobody, so that it can submit documents; and it may withdraw all the same.
    let text = "update exchange.kyc_levels set may_withdraw = true where level = 0";
    owner.batch_execute(text).await.expect("a level");
    let body = json!({ "email": format!("{name}@example.com"), "password": api_server::PASSWORD });
    let opened = post(port, "/api/auth/login", &[], &body).await;
    let token = opened.body["token"].as_str().expect("a token").to_owned();
    let key = make_key(port, &token, &["read", "trade"]).await;
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "80", "quantity": "2",
        "clientOrderId": format!("{name}-first") });
    let placed = post(port, "/api/trade/create-order", &[bearer(&token)], &order).await;
    let sub = json!({ "label": format!("{name}'s") });
    let sub = post(port, "/api/account/sub-accounts", &[bearer(&token)], &sub).await;
    let withdrawal = withdraw(port, &token).await;
    let proof = "select proof.liabilities()";
    owner.batch_execute(proof).await.expect("a proof");
    Party {
        deposit: deposit(port, &owner, account, &token).await,
        withdrawal: text_of(&withdrawal.body["withdrawal"]["withdrawalId"]),
        quote: quote(port, &token).await,
        target: add_target(port, &token).await,
        account,
        sub_account: sub.body["accountId"].to_string(),
        passkey: add_passkey(port, &token).await,
        order: placed.body["orderId"]
            .as_str()
            .expect("an order")
            .to_owned(),
        session: opened.body["sessionId"].to_string(),
        device: opened.body["deviceId"].to_string(),
        token,
        key,
    }
}

impl Party {
    pub(super) fn own(&self, name: &str) -> String {
        match name {
            "order" => self.order.clone(),
            "session" => self.session.clone(),
            "account" => self.account.to_string(),
            "sub" => self.sub_account.clone(),
            "passkey" => self.passkey.clone(),
            "device" => self.device.clone(),
            "deposit" => self.deposit.clone(),
            "withdrawal" => self.withdrawal.clone(),
            "quote" => self.quote.clone(),
            "target" => self.target.clone(),
            _ => self.key.id.clone(),
        }
    }
}

/// An address that nobody has; the samples name another one.
const ELSEWHERE: &str = "bcrt1qqypqxpq9qcrsszg2pvxq6rs0zqg3yyc5phstwt";

async fn withdraw(port: u16, token: &str) -> Answer {
    let body = json!({ "asset": "BTC", "amount": "0.1", "address": ELSEWHERE });
    post(port, "/api/wallet/withdraw", &[bearer(token)], &body).await
}

/// Seen, as a watcher would have written it.
async fn deposit(port: u16, owner: &Client, account: i64, token: &str) -> String {
    let target = "/api/wallet/deposit-address?currency=BTC";
    let given = send(port, "GET", target, &[bearer(token)], None).await;
    assert_eq!(given.status, 200, "{given:?}");
    let text = "insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
            address_id, amount, required_confirmations, state)
        select network_id, sha256(address::bytea), 'output:0', asset_id, account_id, address_id, 1,
            2, 'seen'
        from chain.addresses where account_id = $1
        returning deposit_id::text";
    let made = owner.query_one(text, &[&account]).await;
    made.expect("a deposit").get(0)
}

async fn quote(port: u16, token: &str) -> String {
    let target = "/api/wallet/withdraw-fee?asset=BTC";
    let quote = send(port, "GET", target, &[bearer(token)], None).await;
    text_of(&quote.body["quoteId"])
}

async fn add_target(port: u16, token: &str) -> String {
    let body = json!({ "network": "bitcoin", "label": "mine", "address": ELSEWHERE });
    let added = post(port, "/api/wallet/addresses", &[bearer(token)], &body).await;
    added.body["addressId"].to_string()
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

async fn add_passkey(port: u16, token: &str) -> String {
    let headers = [bearer(token)];
    let asked = post(port, "/api/auth/passkeys/begin", &headers, &json!({})).await;
    let options = &asked.body["passkeyOptions"];
    let made = Device::default().create(ORIGIN, options);
    let body = json!({ "token": asked.body["token"], "label": "phone",
        "passkey": made.expect("a passkey") });
    let added = post(port, "/api/auth/passkeys", &headers, &body).await;
    added.body["passkeyId"].to_string()
}

pub(super) async fn make_key(port: u16, token: &str, permissions: &[&str]) -> Key {
    let body = json!({ "label": "key", "scheme": "hmac_sha256", "permissions": permissions });
    let made = post(port, "/api/auth/api-keys", &[bearer(token)], &body).await;
    let text = |name: &str| {
        made.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("{made:?}"))
    };
    Key {
        id: made.body["apiKeyId"].to_string(),
        public_id: text("publicId").to_owned(),
        secret: hex::decode(text("secret")).expect("hexadecimal"),
    }
}

pub(super) type Header = (&'static str, String);

pub(super) fn bearer(token: &str) -> Header {
    ("authorization", format!("Bearer {token}"))
}

impl Key {
    /// The headers of a request that this key signs, `shift_ms` from now.
    pub(super) fn sign(
        &self,
        method: &str,
        target: &str,
        body: &str,
        shift_ms: i64,
    ) -> Vec<Header> {
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .expect("after 1970");
        let at = i64::try_from(now.as_millis()).expect("milliseconds") + shift_ms;
        let text = format!("{at}\n\n{method}\n{target}\n{body}");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.secret);
        let signature = hex::encode(hmac::sign(&key, text.as_bytes()));
        vec![
            ("x-api-key", self.public_id.clone()),
            ("x-timestamp", at.to_string()),
            ("x-signature", signature),
        ]
    }
}

pub(super) async fn post(port: u16, path: &str, headers: &[Header], body: &Value) -> Answer {
    send(port, "POST", path, headers, Some(&body.to_string())).await
}

/// One request on a connection of its own.
pub(super) async fn send(
    port: u16,
    method: &str,
    target: &str,
    headers: &[Header],
    body: Option<&str>,
) -> Answer {
    let mut text = format!("{method} {target} HTTP/1.1\r\nhost: here\r\nconnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    if let Some(body) = body {
        let length = body.len();
        let kind = match body.starts_with("--x\r\n") {
            true => "multipart/form-data; boundary=x",
            false => "application/json",
        };
        text.push_str(&format!(
            "content-type: {kind}\r\ncontent-length: {length}\r\n"
        ));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or_default());
    let mut stream = TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("connected");
    stream.write_all(text.as_bytes()).await.expect("sent");
    read(&mut stream).await
}

/// The first answer until the connection ends; status 0 where there is none.
pub(super) async fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // A reset after the answer is an end too.
    let _ = stream.read_to_end(&mut bytes).await;
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
    Answer {
        status: status.unwrap_or_default(),
        body: serde_json::from_str(body).unwrap_or(Value::Null),
    }
}
