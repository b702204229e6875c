//! Signed requests against two real servers: what is taken, what is refused, and that a revoked
//! credential is refused everywhere at once.

use std::net::Ipv4Addr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use tests::api_server::{ApiServer, login, open_account};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Key, Reply, Signer, make_key, now_ms};
use tests::trading::{number, rows};

struct Exchange {
    database: Database,
    owner: tokio_postgres::Client,
    servers: [ApiServer; 2],
    account: i64,
    token: String,
}

impl Exchange {
    /// Two servers and a funded account with a session.
    async fn start() -> Exchange {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        owner
            .batch_execute(fixture::MARKETS)
            .await
            .expect("markets");
        let first = ApiServer::start(&database).await.expect("a server");
        let second = ApiServer::start(&database).await.expect("a server");
        let account = open_account(&owner, "alice").await.expect("an account");
        let fund = format!("select exchange.adjust_balance({account}, 'USDT', 1000, 'test', 'a')");
        owner.batch_execute(&fund).await.expect("funded");
        let token = login(first.port(), "alice").await.expect("a token");
        Exchange {
            database,
            owner,
            servers: [first, second],
            account,
            token,
        }
    }

    fn ports(&self) -> [u16; 2] {
        [self.servers[0].port(), self.servers[1].port()]
    }

    async fn key(&self, permissions: &[&str], addresses: &[&str]) -> (i64, Key) {
        let request = json!({
            "label": "test", "scheme": "hmac_sha256", "permissions": permissions,
            "addresses": addresses,
        });
        make_key(self.ports()[0], &self.token, &request)
            .await
            .expect("a key")
    }
}

fn order() -> Value {
    json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "0.1" })
}

fn create() -> Call {
    Call::post("/api/trade/create-order", &order())
}

fn balances() -> Call {
    Call::get("/api/account/balances")
}

async fn sent(call: Call, port: u16) -> Reply {
    call.send(port).await.expect("an answer")
}

async fn shown(call: Call, port: u16) -> String {
    sent(call, port).await.shown()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_is_a_repeat_on_any_server() {
    let exchange = Exchange::start().await;
    let [first, second] = exchange.ports();
    let (_, key) = exchange.key(&["trade"], &[]).await;
    let signed = create().signed(&key);
    let placed = sent(signed.clone(), first).await;
    assert_eq!(placed.body["repeated"], false, "{placed:?}");
    for port in [first, second] {
        let replayed = sent(signed.clone(), port).await;
        assert_eq!(replayed.body["repeated"], true, "{replayed:?}");
        assert_eq!(replayed.body["orderId"], placed.body["orderId"]);
        // A replay cannot become another request by another idempotency key.
        let changed = signed.clone().with("idempotency-key", "another");
        assert_eq!(shown(changed, port).await, "401 INVALID_SIGNATURE");
    }
    let named = create().with("idempotency-key", "mine").signed(&key);
    assert_eq!(sent(named, second).await.body["repeated"], false);
    let orders = "select count(*) from exchange.orders";
    assert_eq!(number(&exchange.owner, orders).await, 2);
    drop(exchange.database);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn late_early_and_changed_requests_are_refused() {
    let exchange = Exchange::start().await;
    let [port, _] = exchange.ports();
    let (_, key) = exchange.key(&["read", "trade"], &[]).await;
    let now = now_ms();
    for (timestamp, window) in [
        (now - 6_000, None),
        (now - 70_000, Some("60000")),
        (now + 9_000, None),
    ] {
        let refused = balances().signed_at(&key, timestamp, window);
        assert_eq!(shown(refused, port).await, "401 INVALID_SIGNATURE");
    }
    let wide = balances().signed_at(&key, now - 6_000, Some("60000"));
    assert_eq!(shown(wide, port).await, "200");
    let too_wide = balances().signed_at(&key, now, Some("60001"));
    assert_eq!(shown(too_wide, port).await, "401 INVALID_SIGNATURE");
    let mut changed = create().signed(&key);
    changed.body = changed.body.replace("0.1", "0.2");
    assert_eq!(shown(changed, port).await, "401 INVALID_SIGNATURE");
    let mut elsewhere = Call::get("/api/trade/orders?limit=5").signed(&key);
    elsewhere.path = elsewhere.path.replace("limit=5", "limit=6");
    assert_eq!(shown(elsewhere, port).await, "401 INVALID_SIGNATURE");
    let both = balances().by(&exchange.token).signed(&key);
    assert_eq!(shown(both, port).await, "400 MALFORMED");
    let stranger = Key {
        public_id: "ab".repeat(16),
        ..key
    };
    assert_eq!(
        shown(balances().signed(&stranger), port).await,
        "401 INVALID_SIGNATURE"
    );
    let bare = balances().with("x-api-key", &stranger.public_id);
    assert_eq!(shown(bare, port).await, "401 INVALID_SIGNATURE");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_may_what_its_owner_chose_from_where_its_owner_chose() {
    let exchange = Exchange::start().await;
    let [port, _] = exchange.ports();
    let (_, reader) = exchange.key(&["read"], &[]).await;
    let (_, trader) = exchange.key(&["trade"], &[]).await;
    assert_eq!(shown(balances().signed(&reader), port).await, "200");
    assert_eq!(
        shown(create().signed(&reader), port).await,
        "403 PERMISSION_DENIED"
    );
    assert_eq!(shown(create().signed(&trader), port).await, "200");
    assert_eq!(
        shown(balances().signed(&trader), port).await,
        "403 PERMISSION_DENIED"
    );
    for path in ["/api/auth/sessions", "/api/auth/api-keys"] {
        let managing = Call::get(path).signed(&trader);
        assert_eq!(
            shown(managing, port).await,
            "403 PERMISSION_DENIED",
            "{path}"
        );
    }
    let (_, bound) = exchange
        .key(&["read"], &["127.0.0.7", "192.0.2.0/24"])
        .await;
    assert_eq!(
        shown(balances().signed(&bound), port).await,
        "403 ADDRESS_NOT_ALLOWED"
    );
    let there = balances().from(Ipv4Addr::new(127, 0, 0, 7));
    assert_eq!(shown(there.signed(&bound), port).await, "200");
    // Nobody asked a proxy to speak here.
    let claimed = balances()
        .with("x-forwarded-for", "192.0.2.1")
        .signed(&bound);
    assert_eq!(shown(claimed, port).await, "403 ADDRESS_NOT_ALLOWED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_is_refused_at_once_on_another_server() {
    let exchange = Exchange::start().await;
    let [first, second] = exchange.ports();
    let (number, key) = exchange.key(&["read", "trade"], &[]).await;
    // The other server remembers the key now.
    assert_eq!(shown(create().signed(&key), second).await, "200");
    assert_eq!(shown(balances().signed(&key), second).await, "200");
    let revoke = Call::post("/api/auth/api-keys/revoke", &json!({ "apiKeyId": number }));
    for _ in 0..2 {
        assert_eq!(
            shown(revoke.clone().by(&exchange.token), first).await,
            "200"
        );
    }
    assert_eq!(
        shown(create().signed(&key), second).await,
        "401 ACCESS_REVOKED"
    );
    for port in [first, second] {
        assert_eq!(
            shown(balances().signed(&key), port).await,
            "401 ACCESS_REVOKED"
        );
        assert_eq!(
            shown(create().signed(&key), port).await,
            "401 ACCESS_REVOKED"
        );
    }
    let text = "select payload::text from exchange.events where stream_id = 10003";
    let said = rows(&exchange.owner, text).await;
    assert_eq!(said.len(), 1);
    let said: Value = serde_json::from_str(&said[0]).expect("json");
    let account = exchange.account.to_string();
    assert_eq!(
        said,
        json!({"change": "revoked", "account_id": account, "session_ids": [],
            "api_key_ids": [number]})
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ended_is_refused_at_once_on_another_server() {
    let exchange = Exchange::start().await;
    let [first, second] = exchange.ports();
    let token = &exchange.token;
    assert_eq!(shown(create().by(token), second).await, "200");
    assert_eq!(shown(balances().by(token), second).await, "200");
    let other = login(second, "alice").await.expect("a token");
    let listed = sent(Call::get("/api/auth/sessions").by(&other), first).await;
    let sessions = listed.body["sessions"].as_array().expect("a list");
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["address"], "127.0.0.1");
    let ended = sessions
        .iter()
        .find(|session| session["current"] == false)
        .expect("the first");
    let revoke = json!({ "sessionId": ended["sessionId"] });
    let revoke = Call::post("/api/auth/revoke-session", &revoke).by(&other);
    assert_eq!(shown(revoke.clone(), first).await, "200");
    assert_eq!(shown(revoke, first).await, "404 SESSION_NOT_FOUND");
    assert_eq!(
        shown(create().by(token), second).await,
        "401 ACCESS_REVOKED"
    );
    assert_eq!(
        shown(balances().by(token), second).await,
        "401 UNAUTHENTICATED"
    );
    let logout = Call::post("/api/auth/logout", &json!({})).by(&other);
    assert_eq!(shown(logout.clone(), second).await, "200");
    assert_eq!(shown(logout, first).await, "401 UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_made_once_listed_without_secrets_and_limited() {
    let exchange = Exchange::start().await;
    let [port, _] = exchange.ports();
    let token = &exchange.token;
    let make = |request: &Value| Call::post("/api/auth/api-keys", request).by(token);
    let pair = Ed25519KeyPair::from_seed_unchecked(&[5; 32]).expect("a pair");
    let public = STANDARD.encode(pair.public_key());
    let request = json!({ "label": "own", "scheme": "ed25519", "publicKey": public,
        "permissions": ["read"] });
    let made = sent(make(&request).with("idempotency-key", "k"), port).await;
    assert_eq!(
        (made.status, made.body.get("secret")),
        (200, None),
        "{made:?}"
    );
    let again = sent(make(&request).with("idempotency-key", "k"), port).await;
    assert_eq!(again.body["repeated"], true);
    assert_eq!(again.body["publicId"], made.body["publicId"]);
    let mut other = request.clone();
    other["label"] = "other".into();
    let other = make(&other).with("idempotency-key", "k");
    assert_eq!(shown(other, port).await, "409 DUPLICATE_IDEMPOTENCY_KEY");
    let public_id = made.body["publicId"].as_str().expect("an id").to_owned();
    let key = Key {
        public_id,
        signer: Signer::Ed25519(pair),
    };
    assert_eq!(shown(balances().signed(&key), port).await, "200");
    let good = json!({ "label": "x", "scheme": "hmac_sha256", "permissions": ["read"] });
    for (field, value) in [
        ("label", json!("")),
        ("label", json!("x".repeat(65))),
        ("scheme", json!("rsa")),
        ("permissions", json!([])),
        ("permissions[0]", json!(["fly"])),
        ("publicKey", json!(public)),
        ("addresses", json!(["here"])),
        ("colour", json!("red")),
    ] {
        let mut bad = good.clone();
        bad[field.trim_end_matches("[0]")] = value;
        let refused = sent(make(&bad), port).await;
        assert_eq!(refused.shown(), "400 MALFORMED", "{field}");
        assert_eq!(refused.body["field"], field);
    }
    for _ in 0..49 {
        assert_eq!(shown(make(&good), port).await, "200");
    }
    assert_eq!(shown(make(&good), port).await, "422 TOO_MANY_KEYS");
    let listed = sent(Call::get("/api/auth/api-keys").by(token), port).await;
    assert_eq!(listed.body["apiKeys"].as_array().map(Vec::len), Some(50));
    assert!(!listed.body.to_string().contains("secret"));
    let stranger = json!({ "apiKeyId": 999 });
    let stranger = Call::post("/api/auth/api-keys/revoke", &stranger).by(token);
    assert_eq!(shown(stranger, port).await, "404 KEY_NOT_FOUND");
}
