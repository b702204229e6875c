//! A socket is as good as what it was opened with: a signed key, a session that runs out.

use tests::raw::{Call, Key, make_key, now_ms};

use super::*;

/// What a program sends to authenticate by its key.
fn signed(key: &Key, timestamp_ms: i64) -> Value {
    let call = Call::get("/api/ws").signed_at(key, timestamp_ms, None);
    let header = |name: &str| {
        let found = call.headers.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone()).expect("signed")
    };
    json!({ "op": "authenticate", "apiKey": header("x-api-key"), "timestamp": timestamp_ms,
        "signature": header("x-signature") })
}

async fn key_of(port: u16, token: &str, permissions: &[&str]) -> (i64, Key) {
    let request = json!({ "label": "socket", "scheme": "hmac_sha256", "permissions": permissions });
    make_key(port, token, &request).await.expect("a key")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_opens_a_socket_by_its_signature_and_its_revocation_closes_it_everywhere() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let servers = [server(&database, &[]).await, server(&database, &[]).await];
    let (_, token) = trader(&owner, servers[0].port(), "alice").await;
    let (key_id, key) = key_of(servers[0].port(), &token, &["read", "trade"]).await;
    let mut sockets = Vec::new();
    for server in &servers {
        let mut socket = connect(server.port()).await;
        let late = socket.refused(signed(&key, now_ms() - 600_000)).await;
        assert_eq!(late.expect("refused").0, "INVALID_SIGNATURE");
        let mut forged = signed(&key, now_ms());
        forged["signature"] = json!("0".repeat(64));
        let forged = socket.refused(forged).await.expect("refused");
        assert_eq!(forged.0, "INVALID_SIGNATURE");
        socket.must(signed(&key, now_ms())).await.expect("good");
        let op = json!({ "op": "createOrder", "order": order("buy", "90", "1") });
        socket.must(op).await.expect("placed");
        sockets.push(socket);
    }
    let body = json!({ "apiKeyId": key_id }).to_string();
    let path = "/api/auth/api-keys/revoke";
    let revoked = request(servers[0].port(), "POST", path, Some(&token), Some(&body)).await;
    assert_eq!(revoked.expect("answered").status, 200);
    for mut socket in sockets {
        let end = socket.end().await.expect("an end").expect("a frame");
        assert_eq!(end, (1008, "the credential was revoked".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_that_may_only_read_places_nothing_over_a_socket() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let server = server(&database, &[]).await;
    let (_, token) = trader(&owner, server.port(), "alice").await;
    let (_, key) = key_of(server.port(), &token, &["read"]).await;
    let mut socket = connect(server.port()).await;
    socket.must(signed(&key, now_ms())).await.expect("good");
    let follow = json!({ "op": "subscribe", "channels": [{ "channel": "orders" }] });
    socket.must(follow).await.expect("it may read");
    for op in [
        json!({ "op": "createOrder", "order": order("buy", "90", "1") }),
        json!({ "op": "cancelAll" }),
        json!({ "op": "cancelOnDisconnect", "enabled": true }),
    ] {
        let refused = socket.refused(op).await.expect("refused");
        assert_eq!(refused.0, "PERMISSION_DENIED");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_ends_when_its_session_runs_out() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let server = server(&database, &[]).await;
    let (account, token) = trader(&owner, server.port(), "alice").await;
    let text = format!(
        "update exchange.sessions set expires_at = now() + interval '3 seconds'
         where account_id = {account}"
    );
    owner.batch_execute(&text).await.expect("shortened");
    let mut socket = authenticated(server.port(), &token).await;
    let end = socket.end().await.expect("an end").expect("a frame");
    assert_eq!(
        end,
        (1008, "the session has ended: log in again".to_owned())
    );
    let mut late = connect(server.port()).await;
    let op = json!({ "op": "authenticate", "token": token });
    assert_eq!(
        late.refused(op).await.expect("refused").0,
        "UNAUTHENTICATED"
    );
}
