//! Limits of callers over several servers.

use std::net::Ipv4Addr;

use futures::future::join_all;
use serde_json::json;
use tests::api_server::{ApiServer, Build, login, open_account};
use tests::database::Database;
use tests::fixture;
use tests::raw::{Call, Key, Reply, make_key, now_ms};
use tests::staff;

/// Windows so long that no test sees one end.
const ADDRESS: (&str, &str) = ("EXCHANGE_RATE_ADDRESS", "100/86400");
const OFF: (&str, &str) = ("EXCHANGE_RATE_ADDRESS", "off");

fn nothing() -> Call {
    // Nothing is there, which weighs one.
    Call::get("/api/nothing")
}

async fn sent(call: Call, port: u16) -> Reply {
    call.send(port).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_share_one_limit_to_the_last_request() {
    let database = Database::fresh().await;
    let start = || ApiServer::start_as(&database, Build::Debug, &[ADDRESS]);
    let servers = [
        start().await.expect("a server"),
        start().await.expect("a server"),
    ];
    let calls = (0..240).map(|n| sent(nothing(), servers[n % 2].port()));
    let replies = join_all(calls).await;
    let taken = replies.iter().filter(|reply| reply.status == 404).count();
    assert_eq!(taken, 100);
    for reply in replies.iter().filter(|reply| reply.status != 404) {
        assert_eq!(reply.shown(), "429 RATE_LIMITED");
        let seconds: u64 = reply.headers["retry-after"].parse().expect("seconds");
        assert!((1..=86_400).contains(&seconds), "{seconds}");
    }
    // Another address has a limit of its own; health weighs nothing.
    let other = nothing().from(Ipv4Addr::new(127, 0, 0, 2));
    assert_eq!(sent(other, servers[0].port()).await.status, 404);
    assert_eq!(
        sent(Call::get("/health"), servers[0].port()).await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_says_what_is_left() {
    let database = Database::fresh().await;
    let server = ApiServer::start_as(&database, Build::Debug, &[ADDRESS])
        .await
        .expect("a server");
    for left in [99, 98] {
        let reply = sent(nothing(), server.port()).await;
        assert_eq!(
            reply.headers["ratelimit-policy"],
            "\"address\";q=100;w=86400"
        );
        let limit = &reply.headers["ratelimit"];
        assert!(
            limit.starts_with(&format!("\"address\";r={left};t=")),
            "{limit}"
        );
    }
    let depth = Call::get("/api/market/depth?market=X");
    let limit = &sent(depth, server.port()).await.headers["ratelimit"];
    assert!(
        limit.starts_with("\"address\";r=96;t="),
        "depth weighs two: {limit}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_limited_from_all_its_addresses_together() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let made = owner.batch_execute(fixture::MARKETS).await;
    made.expect("markets");
    let settings = [OFF, ("EXCHANGE_RATE_ACCOUNT", "10/86400")];
    let server = ApiServer::start_as(&database, Build::Debug, &settings)
        .await
        .expect("a server");
    for name in ["alice", "bob"] {
        open_account(&owner, name).await.expect("an account");
    }
    let alice = login(server.port(), "alice").await.expect("a token");
    let bob = login(server.port(), "bob").await.expect("a token");
    let balances = |token: &str, last: u8| {
        Call::get("/api/account/balances")
            .by(token)
            .from(Ipv4Addr::new(127, 0, 0, last))
    };
    for number in 0..12 {
        let reply = sent(balances(&alice, 10 + number), server.port()).await;
        assert_eq!(reply.status, if number < 10 { 200 } else { 429 });
    }
    assert_eq!(sent(balances(&bob, 10), server.port()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_limited_on_all_servers_together_and_its_account_s_other_key_is_not() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let made = owner.batch_execute(fixture::MARKETS).await;
    made.expect("markets");
    let settings = [OFF, ("EXCHANGE_RATE_KEY", "10/86400")];
    let start = || ApiServer::start_as(&database, Build::Debug, &settings);
    let servers = [
        start().await.expect("a server"),
        start().await.expect("a server"),
    ];
    open_account(&owner, "alice").await.expect("an account");
    let token = login(servers[0].port(), "alice").await.expect("a token");
    let request = json!({
        "label": "test", "scheme": "hmac_sha256", "permissions": ["read"], "addresses": [],
    });
    let mut keys = Vec::new();
    for _ in 0..2 {
        let made = make_key(servers[0].port(), &token, &request).await;
        keys.push(made.expect("a key").1);
    }
    // Each signed at a time of its own: the same request twice would be a repeat.
    let read = |key: &Key, number: usize| {
        let call = Call::get("/api/account/balances");
        let at = now_ms() - i64::try_from(number).expect("small");
        sent(call.signed_at(key, at, None), servers[number % 2].port())
    };
    let mut taken = 0;
    for number in 0..20 {
        let reply = read(&keys[0], number).await;
        let is_taken = reply.status == 200;
        assert!(is_taken || reply.shown() == "429 RATE_LIMITED", "{reply:?}");
        taken += usize::from(is_taken);
    }
    assert_eq!(taken, 10);
    assert_eq!(read(&keys[1], 0).await.status, 200);
    let session = Call::get("/api/account/balances").by(&token);
    assert_eq!(sent(session, servers[0].port()).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_of_staff_is_limited_from_all_addresses_together() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let settings = [OFF, ("EXCHANGE_RATE_MEMBER", "10/86400")];
    let server = ApiServer::start_as(&database, Build::Debug, &settings)
        .await
        .expect("a server");
    let port = server.port();
    let mut tokens = Vec::new();
    for role in ["support", "support", "risk"] {
        tokens.push(staff::login(port, &owner, role).await.expect("a token"));
    }
    let session = |token: &str, last: u8| {
        Call::get("/api/admin/session")
            .by(token)
            .from(Ipv4Addr::new(127, 0, 0, last))
    };
    for number in 0..12 {
        let reply = sent(session(&tokens[0], 10 + number), port).await;
        let expected = if number < 10 {
            "200"
        } else {
            "429 RATE_LIMITED"
        };
        assert_eq!(reply.shown(), expected);
        let policy = &reply.headers["ratelimit-policy"];
        assert_eq!(policy, "\"member\";q=10;w=86400");
    }
    // Colleagues have limits of their own.
    for token in &tokens[1..] {
        assert_eq!(sent(session(token, 10), port).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxy_s_clients_are_told_apart() {
    let database = Database::fresh().await;
    let settings = [
        ("EXCHANGE_RATE_ADDRESS", "2/86400"),
        ("EXCHANGE_TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let server = ApiServer::start_as(&database, Build::Debug, &settings)
        .await
        .expect("a server");
    let through = |client: &str| nothing().with("x-forwarded-for", client);
    for (client, status) in [
        ("192.0.2.1", 404),
        ("198.51.100.9, 192.0.2.1", 404),
        ("192.0.2.1", 429),
        ("192.0.2.2", 404),
        ("2001:db8::1", 404),
        ("2001:db8::2", 404),
        ("2001:db8::3", 429),
    ] {
        assert_eq!(
            sent(through(client), server.port()).await.status,
            status,
            "{client}"
        );
    }
    // Who is no proxy speaks for itself alone.
    for status in [404, 404, 429] {
        let own = through("192.0.2.77").from(Ipv4Addr::new(127, 0, 0, 9));
        assert_eq!(sent(own, server.port()).await.status, status);
    }
}
