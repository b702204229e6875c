//! From an e-mail address to the first order: by a real mail server, and what is refused.

use serde_json::json;
use tests::api_server::{ApiServer, Build};
use tests::database::Database;
use tests::mail_server::MailServer;
use tests::post_office::{
    PostOffice, STRONG, link, press_button, registration, send_to, verification,
};
use tests::raw::{Call, Reply};
use tests::trading::{number, rows};
use tests::worker::Worker;
use tests::{fixture, post_office, wait};

/// Answers what was asked for, as the worker does.
const ANSWER: &str = "select exchange.answer_mail_requests(100)::bigint";

/// Weights would end these tests, which register again and again.
const UNLIMITED: [(&str, &str); 1] = [("EXCHANGE_RATE_ADDRESS", "off")];

/// An exchange with fee tiers and markets.
async fn exchange() -> Database {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let made = owner.batch_execute(fixture::MARKETS).await;
    made.expect("markets");
    database
}

async fn post(port: u16, path: &str, body: serde_json::Value) -> Reply {
    post_office::post(port, path, &body)
        .await
        .expect("an answer")
}

async fn register(port: u16, email: &str) -> Reply {
    post(port, "/api/auth/register", registration(email)).await
}

fn link_of(mail: &str) -> String {
    verification(mail).expect("the mail has a link").path
}

async fn password_token(port: u16, link: &str) -> String {
    let verified = Call::get(link).send(port).await.expect("an answer");
    let token = verified.body["setPasswordToken"].as_str();
    token.unwrap_or_else(|| panic!("{verified:?}")).to_owned()
}

async fn limits_off(database: &Database) -> ApiServer {
    let server = ApiServer::start_as(database, Build::Debug, &UNLIMITED).await;
    server.expect("a server")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_registers_and_trades() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    let mut mails = PostOffice::open(&database).await.expect("a mail server");
    let server = ApiServer::start(&database).await.expect("a server");
    let port = server.port();
    assert_eq!(register(port, "Alice@Example.com").await.shown(), "202");
    let mail = mails.next().await.expect("a mail");
    assert!(mail.contains("To: alice@example.com"), "{mail}");
    assert!(
        mail.contains("https://exchange.example/verify?token="),
        "{mail}"
    );
    let token = password_token(port, &link_of(&mail)).await;
    let set = json!({ "token": token, "password": STRONG });
    assert_eq!(
        post(port, "/api/auth/set-password", set.clone())
            .await
            .shown(),
        "200"
    );
    assert_eq!(
        post(port, "/api/auth/set-password", set).await.shown(),
        "400 INVALID_TOKEN"
    );
    let login = json!({ "email": "Alice@example.com", "password": STRONG });
    let login = post(port, "/api/auth/login", login).await;
    let bearer = login.body["token"].as_str().expect("a token");
    let profile = Call::get("/api/account/profile").by(bearer);
    let profile = profile.send(port).await.expect("an answer").body;
    for (field, value) in [
        ("email", "alice@example.com"),
        ("fullName", "Ada Lovelace"),
        ("country", "GB"),
        ("birthDate", "1990-12-10"),
        ("status", "active"),
    ] {
        assert_eq!(profile[field], value, "{profile}");
    }
    assert!(
        profile["withdrawalsBlockedUntil"].is_null(),
        "the first password blocks nothing"
    );
    let account = login.body["accountId"].as_i64().expect("a number");
    let fund = format!("select exchange.adjust_balance({account}, 'USDT', 100, 'test', 'a')");
    owner.batch_execute(&fund).await.expect("funded");
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "1" });
    let placed = Call::post("/api/trade/create-order", &order)
        .by(bearer)
        .send(port)
        .await;
    assert_eq!(placed.expect("an answer").body["state"], "open");
    // Known now: the answer is the same, the mail another.
    assert_eq!(register(port, "alice@example.com").await.shown(), "202");
    let mail = mails.next().await.expect("a mail");
    assert!(
        mail.contains("have an account") && !mail.contains("token="),
        "{mail}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_works_once_under_a_race_and_not_for_ever() {
    let database = exchange().await;
    let owner = database.owner().await;
    let mut mails = PostOffice::open(&database).await.expect("a mail server");
    let server = limits_off(&database).await;
    let port = server.port();
    register(port, "a@example.com").await;
    let link = Call::get(&link_of(&mails.next().await.expect("a mail")));
    let clicks = futures::future::join_all((0..8).map(|_| link.send(port))).await;
    let shown: Vec<String> = clicks
        .into_iter()
        .map(|c| c.expect("an answer").shown())
        .collect();
    assert_eq!(
        shown.iter().filter(|shown| *shown == "200").count(),
        1,
        "{shown:?}"
    );
    assert_eq!(
        shown
            .iter()
            .filter(|shown| *shown == "400 INVALID_TOKEN")
            .count(),
        7
    );
    register(port, "b@example.com").await;
    let link = link_of(&mails.next().await.expect("a mail"));
    let age = "update exchange.account_tokens
        set created_at = created_at - interval '25 hours',
            expires_at = expires_at - interval '24 hours'";
    owner.batch_execute(age).await.expect("a day passes");
    let late = Call::get(&link).send(port).await.expect("an answer");
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
    assert_eq!(late.body["field"], "token");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_only_looks_at_a_link_spends_nothing() {
    let database = exchange().await;
    let mut mails = PostOffice::open(&database).await.expect("a mail server");
    let server = limits_off(&database).await;
    let port = server.port();
    register(port, "a@example.com").await;
    let mail = mails.next().await.expect("a mail");
    let page = link(&mail, "/verify").expect("the mail has a link");
    let head = |path: &str| Call {
        method: "HEAD",
        ..Call::get(path)
    };
    // What scanners, previews and browsers that run ahead do.
    for call in [
        Call::get(&page),
        Call::get(&page).with("sec-purpose", "prefetch"),
        head(&page),
        head(&link_of(&mail)),
    ] {
        for _ in 0..2 {
            let looked = call.send(port).await.expect("an answer");
            assert_eq!(looked.status, 200, "{} {}", call.method, call.path);
        }
    }
    let pressed = press_button(port, &page).await.expect("an answer");
    assert!(pressed.body["setPasswordToken"].is_string(), "{pressed:?}");
    let again = press_button(port, &page).await.expect("an answer");
    assert_eq!(again.shown(), "400 INVALID_TOKEN");
    let late = head(&link_of(&mail)).send(port).await.expect("an answer");
    assert_eq!(late.status, 400, "a HEAD says what a GET would");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_password_ends_sessions_and_other_tokens() {
    let database = exchange().await;
    let mut mails = PostOffice::open(&database).await.expect("a mail server");
    let server = limits_off(&database).await;
    let port = server.port();
    let mut tokens = Vec::new();
    for _ in 0..2 {
        register(port, "a@example.com").await;
        tokens.push(link_of(&mails.next().await.expect("a mail")));
    }
    let first = password_token(port, &tokens[0]).await;
    let second = password_token(port, &tokens[1]).await;
    let set = |token: &str, password: &str| {
        let body = json!({ "token": token, "password": password });
        async move { post(port, "/api/auth/set-password", body).await }
    };
    for password in ["short", &"x".repeat(73)] {
        let refused = set(&first, password).await;
        assert_eq!(refused.shown(), "400 INVALID_PASSWORD");
        assert_eq!(refused.body["field"], "password");
    }
    for password in ["password1", "lovelace1990"] {
        let refused = set(&first, password).await;
        assert_eq!(refused.shown(), "400 WEAK_PASSWORD", "{password}");
        assert_eq!(refused.body["field"], "password");
    }
    assert_eq!(set(&first, STRONG).await.shown(), "200");
    assert_eq!(set(&second, STRONG).await.shown(), "400 INVALID_TOKEN");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_of_another_form_are_refused_and_mails_are_limited_in_silence() {
    let database = exchange().await;
    let owner = database.owner().await;
    let server = limits_off(&database).await;
    let port = server.port();
    for email in ["", "a", "a@b", "a b@c.d", "a@b.c\nd"] {
        let refused = register(port, email).await;
        assert_eq!(refused.shown(), "400 INVALID_EMAIL", "{email}");
        assert_eq!(refused.body["field"], "email");
    }
    for _ in 0..8 {
        assert_eq!(register(port, "a@example.com").await.shown(), "202");
    }
    assert_eq!(number(&owner, ANSWER).await, 8);
    assert_eq!(
        number(&owner, "select count(*) from exchange.mails").await,
        5
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_the_person_is_that_of_the_request_whose_link_was_followed() {
    let database = exchange().await;
    let owner = database.owner().await;
    let mut mails = PostOffice::open(&database).await.expect("a mail server");
    let server = limits_off(&database).await;
    let port = server.port();
    let mut links = Vec::new();
    for name in ["Ada Lovelace", "Eve Malory"] {
        let mut body = registration("ada@example.com");
        body["fullName"] = name.into();
        body["phone"] = "+44 20 7946-0000".into();
        assert_eq!(post(port, "/api/auth/register", body).await.shown(), "202");
        links.push(link_of(&mails.next().await.expect("a mail")));
    }
    let token = password_token(port, &links[0]).await;
    let set = json!({ "token": token, "password": STRONG });
    assert_eq!(
        post(port, "/api/auth/set-password", set).await.shown(),
        "200"
    );
    // Other links of before are dead, and another registration changes nothing.
    let late = Call::get(&links[1]).send(port).await.expect("an answer");
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
    register(port, "ada@example.com").await;
    mails
        .expect("You have an account already")
        .await
        .expect("a mail");
    let known = "select full_name || ' ' || phone from exchange.accounts
        where email = 'ada@example.com'";
    assert_eq!(rows(&owner, known).await, ["Ada Lovelace +442079460000"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fields_of_a_registration_are_refused_by_name_and_leave_nothing() {
    let database = exchange().await;
    let owner = database.owner().await;
    let server = limits_off(&database).await;
    for (field, values) in [
        ("fullName", ["", " ", "a\u{7}b", "<script>"]),
        ("country", ["", "gb", "XX", "GBR"]),
        ("birthDate", ["", "1990-02-30", "2020-01-01", "1890-01-01"]),
        ("phone", ["", "020", "+0123456789", "+44x"]),
    ] {
        for value in values {
            let mut body = registration("a@example.com");
            body[field] = value.into();
            let refused = post(server.port(), "/api/auth/register", body).await;
            assert_eq!(refused.shown(), "400 MALFORMED", "{field}: {value}");
            assert_eq!(refused.body["field"], field);
        }
        let mut body = registration("a@example.com");
        body[field] = json!(["x"]);
        let refused = post(server.port(), "/api/auth/register", body).await;
        assert_eq!(refused.body["field"], field);
    }
    // Nobody gives oneself more than an account.
    for field in [
        "role",
        "status",
        "feeTierId",
        "emailVerifiedAt",
        "accountId",
    ] {
        let mut body = registration("a@example.com");
        body[field] = json!(1);
        let refused = post(server.port(), "/api/auth/register", body).await;
        assert_eq!(refused.shown(), "400 MALFORMED", "{field}");
        assert_eq!(refused.body["field"], field);
    }
    assert_eq!(
        number(&owner, "select count(*) from exchange.mail_requests").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_that_is_refused_is_tried_again() {
    let database = exchange().await;
    let owner = database.owner().await;
    owner
        .batch_execute("select exchange.request_mail('register', 'a@example.com')")
        .await
        .expect("registered");
    let mut mails = MailServer::start(1).await.expect("a mail server");
    let _worker = send_to(&mails, &database).expect("the worker starts");
    wait::until("the first attempt has failed", async || {
        number(
            &owner,
            "select count(*) from exchange.mails where last_error like '%451%'",
        )
        .await
            == 1
    })
    .await;
    assert!(!mails.has_mail());
    let pause =
        "select count(*) from exchange.mails where next_attempt_at > now() + interval '20 seconds'";
    assert_eq!(number(&owner, pause).await, 1);
    let due = "update exchange.mails set next_attempt_at = now();
        select pg_notify('exchange_events', '10900')";
    owner.batch_execute(due).await.expect("the pause passes");
    link_of(&mails.next().await.expect("a mail"));
    wait::until("it is known to be sent", async || {
        number(
            &owner,
            "select count(*) from exchange.mails where sent_at is not null",
        )
        .await
            == 1
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_no_mail_server_is_set_mails_are_files() {
    let database = exchange().await;
    let owner = database.owner().await;
    let ask = "select exchange.request_mail('register', 'a@example.com')";
    owner.batch_execute(ask).await.expect("registered");
    let folder = std::env::temp_dir().join(format!("exchange_mails_{}", std::process::id()));
    let settings = [
        ("EXCHANGE_MAIL_DIR", folder.display().to_string()),
        ("EXCHANGE_PUBLIC_URL", "https://exchange.example".to_owned()),
    ];
    let _worker = Worker::start_with(&database, "mail", &settings).expect("the worker starts");
    wait::until("the mail is written", async || {
        let sent = "select count(*) from exchange.mails where sent_at is not null";
        number(&owner, sent).await == 1
    })
    .await;
    let files = std::fs::read_dir(&folder).expect("a folder");
    let files: Vec<_> = files.flatten().map(|file| file.path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let mail = std::fs::read_to_string(&files[0]).expect("a mail");
    std::fs::remove_dir_all(&folder).expect("removed");
    // A long line is folded in a mail, and has its equals signs spelled out.
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    assert!(mail.contains("To: a@example.com"), "{mail}");
    link_of(&mail);
}

#[tokio::test]
async fn what_nobody_asks_about_any_more_is_forgotten_piece_by_piece() {
    let database = exchange().await;
    let owner = database.owner().await;
    let rows = "
        select exchange.request_mail('register', 'a@example.com') from generate_series(1, 5);
        select exchange.answer_mail_requests(100);
        select exchange.begin_login(name || '@example.com', '192.0.2.1')
        from unnest('{a,b}'::text[]) name;
        select exchange.add_mail_token(mail_id, 'verify_email', sha256(mail_id::text::bytea))
        from exchange.mails;
        select exchange.take_rate(array['key:1', 'key:2'], '{1,1}', '{5,5}', '{60,60}');
        update exchange.mails set requested_at = now() - interval '31 days' where mail_id <= 3;
        update exchange.account_tokens
        set created_at = now() - interval '4 days', expires_at = now() - interval '3 days'
        where token_hash in (select token_hash from exchange.account_tokens limit 3);
        update exchange.mail_requests set requested_at = now() - interval '31 days'
        where mail_request_id <= 3;
        update exchange.login_pauses set last_attempt_at = now() - interval '3 days'
        where subject like 'account:%';
        update exchange.rate_usage set window_start = now() - interval '3 days'
        where subject = 'key:1'";
    owner.batch_execute(rows).await.expect("rows");
    let worker = database.connect("exchange_worker").await;
    let worker = worker.expect("the worker logs in");
    for forgotten in [9, 3, 0] {
        let text = "select exchange.forget_spent_access(2)::bigint";
        assert_eq!(number(&worker, text).await, forgotten);
    }
    let left = "select (select count(*) from exchange.mails)
        + (select count(*) from exchange.account_tokens)
        + (select count(*) from exchange.rate_usage)
        + (select count(*) from exchange.mail_requests)
        + (select count(*) from exchange.login_pauses)";
    assert_eq!(number(&owner, left).await, 8);
}
