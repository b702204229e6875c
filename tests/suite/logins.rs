//! Logins: pauses after wrong passwords over several servers, devices, sessions, the cost of
//! hashes.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, PASSWORD, open_account};
use tests::database::Database;
use tests::post_office::{PostOffice, STRONG, link, post, press_button, set_password};
use tests::raw::{Call, Reply};
use tests::trading::{number, rows};
use tests::{fixture, raw};
use tokio_postgres::Client;

/// Weights would end these tests, which log in again and again.
const UNLIMITED: (&str, &str) = ("EXCHANGE_RATE_ADDRESS", "off");

/// Wrong passwords in a row without a pause.
const FREE: usize = 5;

struct Stage {
    database: Database,
    owner: Client,
    server: ApiServer,
}

async fn stage(settings: &[(&str, &str)]) -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    let settings: Vec<_> = settings.iter().copied().chain([UNLIMITED]).collect();
    let server = ApiServer::start_as(&database, Build::Debug, &settings).await;
    for name in ["alice", "bob"] {
        open_account(&owner, name).await.expect("an account");
    }
    Stage {
        server: server.expect("a server"),
        database,
        owner,
    }
}

fn attempt(name: &str, password: &str) -> Call {
    let body = json!({ "email": format!("{name}@example.com"), "password": password });
    Call::post("/api/auth/login", &body)
}

fn from_device(name: &str, password: &str, device: &str) -> Call {
    let body = json!({ "email": format!("{name}@example.com"), "password": password,
        "deviceToken": device });
    Call::post("/api/auth/login", &body)
}

async fn sent(call: &Call, port: u16) -> Reply {
    call.send(port).await.expect("an answer")
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value}"))
        .to_owned()
}

async fn logged_in(call: &Call, port: u16) -> Reply {
    let reply = sent(call, port).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    reply
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_passwords_pause_an_address_on_all_servers_whether_anybody_has_it_or_not() {
    let stage = stage(&[]).await;
    let other = ApiServer::start_as(&stage.database, Build::Debug, &[UNLIMITED]).await;
    let ports = [
        stage.server.port(),
        other.as_ref().expect("a server").port(),
    ];
    for name in ["alice", "nobody"] {
        for number in 0..FREE {
            let reply = sent(&attempt(name, "wrong"), ports[number % 2]).await;
            assert_eq!(reply.shown(), "401 INVALID_CREDENTIALS", "{name} {number}");
        }
        for port in ports {
            // The right password is not taken either, nor from elsewhere.
            let right = attempt(name, PASSWORD).from(Ipv4Addr::new(127, 0, 0, 9));
            let paused = sent(&right, port).await;
            assert_eq!(paused.shown(), "429 LOGIN_PAUSED", "{name}");
            assert_eq!(paused.headers["retry-after"], "1");
        }
    }
    logged_in(&attempt("bob", PASSWORD), ports[0]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_guesses_at_once_only_the_free_ones_are_tried() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let call = attempt("alice", "wrong");
    let replies = join_all((0..20).map(|_| sent(&call, port))).await;
    let tried = replies.iter().filter(|reply| reply.status == 401).count();
    assert_eq!(tried, FREE);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_double_to_a_quarter_of_an_hour_and_end() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let wait = "select ceil(extract(epoch from max(paused_until) - max(last_attempt_at)))::bigint
        from exchange.login_pauses where subject like 'account:%'";
    let over = "update exchange.login_pauses set paused_until = now()";
    let mut pauses = Vec::new();
    for _ in 0..FREE + 12 {
        assert_eq!(sent(&attempt("alice", "wrong"), port).await.status, 401);
        pauses.push(number(&stage.owner, wait).await);
        stage
            .owner
            .batch_execute(over)
            .await
            .expect("the pause passes");
    }
    let expected = [
        0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900,
    ];
    assert_eq!(pauses, expected);
    // A right one clears the account.
    logged_in(&attempt("alice", PASSWORD), port).await;
    assert_eq!(sent(&attempt("alice", "wrong"), port).await.status, 401);
    assert_eq!(number(&stage.owner, wait).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_s_guesses_keep_an_owner_out() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let mut mails = PostOffice::open(&stage.database).await.expect("mails");
    let first = logged_in(&attempt("alice", PASSWORD), port).await;
    let device = text(&first.body["deviceToken"]);
    let robber = Ipv4Addr::new(127, 0, 0, 66);
    let guess = |number: usize| attempt("alice", &format!("guess {number}")).from(robber);
    for number in 0..FREE {
        assert_eq!(sent(&guess(number), port).await.status, 401);
    }
    assert_eq!(sent(&attempt("alice", PASSWORD), port).await.status, 429);
    // A device of the owner's is not concerned.
    let known = logged_in(&from_device("alice", PASSWORD, &device), port).await;
    assert!(known.body["deviceToken"].is_null(), "{known:?}");
    assert_eq!(known.body["deviceId"], first.body["deviceId"]);
    assert_eq!(
        sent(&attempt("alice", PASSWORD), port).await.status,
        429,
        "the robber's pause stays"
    );
    // Nor is somebody who reads the owner's mails: a new password makes a known device.
    let email = json!({ "email": "alice@example.com" });
    let verified = "update exchange.accounts set email_verified_at = now()";
    stage.owner.batch_execute(verified).await.expect("verified");
    post(port, "/api/auth/reset-password", &email)
        .await
        .expect("an answer");
    let mail = mails.expect("Set a new password").await.expect("a mail");
    let device = set_password(port, &mail, STRONG).await.expect("it is set");
    for number in 0..FREE {
        assert_eq!(sent(&guess(number), port).await.status, 401);
    }
    logged_in(&from_device("alice", STRONG, &device), port).await;
    let devices = "select count(*) from exchange.devices d
        join exchange.accounts a using (account_id) where email = 'alice@example.com'";
    assert_eq!(
        number(&stage.owner, devices).await,
        1,
        "the older one is forgotten"
    );
    // A device has pauses of its own; another account's device is none.
    for _ in 0..FREE {
        let wrong = from_device("alice", "wrong", &device);
        assert_eq!(sent(&wrong, port).await.status, 401);
    }
    let paused = sent(&from_device("alice", STRONG, &device), port).await;
    assert_eq!(paused.shown(), "429 LOGIN_PAUSED");
    let foreign = logged_in(&from_device("bob", PASSWORD, &device), port).await;
    assert!(foreign.body["deviceToken"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_network_that_tries_many_accounts_is_paused_and_an_own_account_buys_no_guesses() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let robber = Ipv4Addr::new(127, 0, 0, 66);
    let count = "select failures::bigint from exchange.login_pauses
        where subject = 'network:127.0.0.66'";
    let guess = async |number: usize| {
        let call = attempt(&format!("victim{number}"), "password1").from(robber);
        sent(&call, port).await.status
    };
    for number in 0..50 {
        assert_eq!(guess(number).await, 401);
    }
    // The own login gives back what it took itself, and no more.
    logged_in(&attempt("bob", PASSWORD).from(robber), port).await;
    assert_eq!(number(&stage.owner, count).await, 50);
    for number in 50..100 {
        assert_eq!(guess(number).await, 401);
    }
    assert_eq!(guess(100).await, 429);
    let own = sent(&attempt("bob", PASSWORD).from(robber), port).await;
    assert_eq!(own.shown(), "429 LOGIN_PAUSED");
    logged_in(&attempt("alice", PASSWORD), port).await;
    // Neighbours of one IPv6 network are one.
    let same = "select count(distinct s) from (values ('2001:db8::1'), ('2001:db8::ffff:1'),
        ('2001:db8:0:0:1::')) a (address),
        lateral unnest(exchange.login_subjects('a', null, a.address::inet)) s
        where s like 'network:%'";
    assert_eq!(number(&stage.owner, same).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_device_is_told_by_mail_and_frozen_by_its_link() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let mut mails = PostOffice::open(&stage.database).await.expect("mails");
    let first = logged_in(&attempt("alice", PASSWORD), port).await;
    let device = text(&first.body["deviceToken"]);
    logged_in(&from_device("alice", PASSWORD, &device), port).await;
    assert!(!mails.has_mail());
    let thief = attempt("alice", PASSWORD)
        .from(Ipv4Addr::new(127, 0, 0, 66))
        .with("user-agent", "robber/1.0 https://evil.example/");
    let thief = logged_in(&thief, port).await;
    let bearer = text(&thief.body["token"]);
    let key = json!({ "label": "x", "scheme": "hmac_sha256", "permissions": ["trade"] });
    let (_, key) = raw::make_key(port, &bearer, &key).await.expect("a key");
    let mail = mails
        .expect("Login from a new device")
        .await
        .expect("a mail");
    assert!(
        mail.contains("127.0.0.66") && mail.contains("robber 1.0"),
        "{mail}"
    );
    assert!(!mail.contains("evil.example/"), "{mail}");
    mails.expect("A new API key").await.expect("a mail");
    let freeze = link(&mail, "/freeze").expect("a link");
    // Following the link alone does nothing.
    for _ in 0..2 {
        assert_eq!(sent(&Call::get(&freeze), port).await.status, 200);
    }
    let balances = Call::get("/api/account/balances");
    assert_eq!(sent(&balances.clone().by(&bearer), port).await.status, 200);
    let pressed = press_button(port, &freeze).await.expect("an answer");
    assert_eq!(pressed.shown(), "200", "{pressed:?}");
    let again = press_button(port, &freeze).await.expect("an answer");
    assert_eq!(again.shown(), "400 INVALID_TOKEN");
    assert_eq!(sent(&balances.clone().by(&bearer), port).await.status, 401);
    assert_eq!(sent(&balances.signed(&key), port).await.status, 401);
    mails
        .expect("Your account is frozen")
        .await
        .expect("a mail");
    // Who still has the password sees, and changes nothing.
    let inside = logged_in(&attempt("alice", PASSWORD), port).await;
    let bearer = text(&inside.body["token"]);
    mails
        .expect("Login from a new device")
        .await
        .expect("a mail");
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "1" });
    let moved = json!({ "email": "thief@example.com", "password": PASSWORD });
    let code = json!({ "antiPhishingCode": "thief" });
    for (path, body) in [
        ("/api/trade/create-order", order),
        ("/api/auth/change-email", moved),
        ("/api/auth/anti-phishing-code", code),
    ] {
        let refused = sent(&Call::post(path, &body).by(&bearer), port).await;
        assert_eq!(refused.shown(), "403 ACCOUNT_FROZEN", "{path}");
    }
    assert!(!mails.has_mail());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_and_sessions_are_listed_and_ended_one_or_all() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let mut logins = Vec::new();
    for _ in 0..4 {
        logins.push(logged_in(&attempt("alice", PASSWORD), port).await.body);
    }
    let own = text(&logins[0]["token"]);
    let list = async |what: &str| {
        let call = Call::get(&format!("/api/auth/{what}")).by(&own);
        sent(&call, port).await.body[what].clone()
    };
    let length = |list: Value| list.as_array().expect("a list").len();
    assert_eq!(length(list("devices").await), 4);
    let act = async |path: &str, body: Value| sent(&Call::post(path, &body).by(&own), port).await;
    // A device goes with its sessions.
    let body = json!({ "deviceId": logins[1]["deviceId"] });
    assert_eq!(
        act("/api/auth/devices/forget", body.clone()).await.shown(),
        "200"
    );
    let again = act("/api/auth/devices/forget", body).await;
    assert_eq!(again.shown(), "404 DEVICE_NOT_FOUND");
    assert_eq!(length(list("devices").await), 3);
    assert_eq!(length(list("sessions").await), 3);
    let ended = act("/api/auth/revoke-sessions", json!({})).await;
    assert_eq!(ended.body, json!({ "ended": 2 }));
    let sessions = list("sessions").await;
    assert_eq!(sessions[0]["current"], true);
    assert_eq!(sessions[0]["deviceId"], logins[0]["deviceId"]);
    assert_eq!(length(sessions), 1);
    for other in &logins[1..] {
        let call = Call::get("/api/account/balances").by(&text(&other["token"]));
        assert_eq!(sent(&call, port).await.status, 401);
    }
    let all = act(
        "/api/auth/revoke-sessions",
        json!({ "includeCurrent": true }),
    )
    .await;
    assert_eq!(all.body, json!({ "ended": 1 }));
    assert_eq!(
        act("/api/auth/revoke-sessions", json!({})).await.status,
        401
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn devices_are_limited_and_the_one_longest_away_is_forgotten() {
    let stage = stage(&[]).await;
    let text = "
        select exchange.add_device(account_id, sha256(n::text::bytea), null, repeat('x', 300))
        from exchange.accounts, generate_series(1, 60) n where email = 'alice@example.com'";
    stage.owner.batch_execute(text).await.expect("devices");
    let left = "select count(*) from exchange.devices";
    assert_eq!(number(&stage.owner, left).await, 50);
    let first = "select count(*) from exchange.devices where token_hash = sha256('10')";
    assert_eq!(number(&stage.owner, first).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_makes_a_cheaper_hash_anew_and_ends_nothing() {
    let stage = stage(&[("EXCHANGE_BCRYPT_COST", "6")]).await;
    let port = stage.server.port();
    let cost = "select substr(password_hash, 5, 2)::bigint from exchange.accounts
        where email = 'alice@example.com'";
    assert_eq!(number(&stage.owner, cost).await, 4);
    assert_eq!(sent(&attempt("alice", "wrong"), port).await.status, 401);
    assert_eq!(number(&stage.owner, cost).await, 4);
    let bearer = text(&logged_in(&attempt("alice", PASSWORD), port).await.body["token"]);
    assert_eq!(number(&stage.owner, cost).await, 6);
    logged_in(&attempt("alice", PASSWORD), port).await;
    let balances = Call::get("/api/account/balances").by(&bearer);
    assert_eq!(sent(&balances, port).await.status, 200);
    // A cost that falls leaves dearer hashes as they are.
    let cheap = ApiServer::start_as(&stage.database, Build::Debug, &[UNLIMITED]).await;
    let cheap = cheap.expect("a server");
    logged_in(&attempt("alice", PASSWORD), cheap.port()).await;
    assert_eq!(number(&stage.owner, cost).await, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn hashing_never_holds_up_other_requests() {
    // Each hash takes seconds, and there are as many at once as the server has threads and more.
    let settings = [
        ("EXCHANGE_BCRYPT_COST", "14"),
        ("EXCHANGE_LOGIN_CONCURRENCY", "8"),
    ];
    let stage = stage(&settings).await;
    let port = stage.server.port();
    let logins: Vec<Call> = (0..8).map(|n| attempt(&format!("n{n}"), "wrong")).collect();
    let all = join_all(logins.iter().map(|call| sent(call, port)));
    let probes = async {
        let mut answered = 0;
        loop {
            let live = sent(&Call::get("/health/live"), port).await;
            assert_eq!(live.status, 200);
            answered += 1;
            if answered == 50 {
                return Instant::now();
            }
        }
    };
    let all = async {
        let replies = all.await;
        assert!(replies.iter().all(|reply| reply.status == 401));
        Instant::now()
    };
    let (probed, hashed) = tokio::join!(probes, all);
    assert!(probed < hashed, "the probes were answered meanwhile");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_none_costs_no_hash() {
    let stage = stage(&[("EXCHANGE_BCRYPT_COST", "15")]).await;
    let port = stage.server.port();
    let begun = Instant::now();
    logged_in(&attempt("alice", PASSWORD), port).await;
    // Checking it and making it anew.
    let of_two_hashes = begun.elapsed();
    let begun = Instant::now();
    for _ in 0..10 {
        let body = json!({ "token": "0".repeat(64), "password": STRONG });
        let refused = post(port, "/api/auth/set-password", &body).await;
        assert_eq!(refused.expect("an answer").shown(), "400 INVALID_TOKEN");
    }
    assert!(begun.elapsed() < of_two_hashes / 2, "{:?}", begun.elapsed());
    assert!(
        of_two_hashes > Duration::from_millis(500),
        "{of_two_hashes:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn odd_logins_are_refused_and_leave_no_words_behind() {
    let stage = stage(&[]).await;
    let port = stage.server.port();
    let email = "alice@example.com";
    let body =
        |device: Value| json!({ "email": email, "password": PASSWORD, "deviceToken": device });
    for device in [json!("x"), json!(5), json!("0".repeat(63))] {
        let refused = post(port, "/api/auth/login", &body(device))
            .await
            .expect("an answer");
        assert_eq!(refused.shown(), "400 MALFORMED");
        assert_eq!(refused.body["field"], "deviceToken");
    }
    // A token that nobody gave makes a new device, as none does.
    let reply = post(port, "/api/auth/login", &body(json!("0".repeat(64)))).await;
    assert!(reply.expect("an answer").body["deviceToken"].is_string());
    let long = attempt("alice", &"x".repeat(73));
    assert_eq!(sent(&long, port).await.shown(), "401 INVALID_CREDENTIALS");
    // Whoever types the password into the wrong field finds it nowhere.
    let body = json!({ "email": "my secret password", "password": "x" });
    let refused = post(port, "/api/auth/login", &body)
        .await
        .expect("an answer");
    assert_eq!(refused.shown(), "401 INVALID_CREDENTIALS");
    let kept = rows(&stage.owner, "select subject from exchange.login_pauses").await;
    assert!(
        kept.iter().all(|subject| !subject.contains("secret")),
        "{kept:?}"
    );
}
