//! Logging in: password and code, each code once, failures in a row, sessions that end.

use serde_json::json;
use tests::api_server::{ApiServer, Build};
use tests::raw::Call;
use tests::staff::{PASSWORD, Person};

use super::stage::Stage;

const WRONG: &str = "401 INVALID_CREDENTIALS";

/// A member who has accepted the invitation and never logged in.
async fn invited(stage: &Stage, name: &str) -> Person {
    let text = format!(
        "insert into staff.members (email, name, invitation_hash, invited_until)
         values ('{name}@staff.example', 'Member', sha256('\\x{:064}'), now() + interval '1 day')",
        name.len()
    );
    stage.run(&text).await;
    let id = format!("select staff_id from staff.members where email = '{name}@staff.example'");
    let id = stage.text(&id).await.parse().expect("a number");
    let token = format!("{:064}", name.len());
    Person::accept(stage.port(), id, &token)
        .await
        .expect("accepted")
}

/// What a login comes to.
async fn tried(stage: &Stage, person: &Person, code: &str) -> String {
    let reply = person.try_login(stage.port(), code).await;
    reply.expect("an answer").shown()
}

async fn unlock(stage: &Stage) {
    stage
        .run("update staff.members set failed_codes = 0, locked_until = null")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_code_is_mandatory() {
    let stage = Stage::set().await;
    let port = stage.port();
    let mut person = invited(&stage, "ann").await;
    let without = json!({ "email": person.email, "password": PASSWORD });
    let refused = Call::post("/api/admin/login", &without)
        .send(port)
        .await
        .expect("an answer");
    assert_eq!(
        (refused.shown(), refused.body["field"].as_str()),
        ("400 MALFORMED".to_owned(), Some("code"))
    );
    let code = person.code();
    for wrong in [
        "",
        "000000x",
        "12345",
        &format!(
            "{:06}",
            (code.parse::<u32>().expect("digits") + 1) % 1_000_000
        ),
    ] {
        let refused = person.try_login(port, wrong).await.expect("an answer");
        assert_eq!(refused.shown(), WRONG, "{wrong}");
    }
    let unknown = json!({ "email": "nobody@staff.example", "password": PASSWORD, "code": code });
    let unknown = Call::post("/api/admin/login", &unknown)
        .send(port)
        .await
        .expect("an answer");
    let refused = person.try_login(port, "000000").await.expect("an answer");
    assert_eq!(
        (unknown.status, &unknown.body),
        (refused.status, &refused.body)
    );
    assert_eq!(refused.shown(), WRONG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once_under_a_race_and_none_before_it() {
    let stage = Stage::set().await;
    let port = stage.port();
    let mut person = invited(&stage, "ann").await;
    let code = person.code();
    // Eight at once with the same code: one comes in.
    let tries = (0..8).map(|_| person.try_login(port, &code));
    let shown: Vec<String> = futures::future::join_all(tries)
        .await
        .into_iter()
        .map(|reply| reply.expect("an answer").shown())
        .collect();
    assert_eq!(
        shown.iter().filter(|shown| *shown == "200").count(),
        1,
        "{shown:?}"
    );
    assert_eq!(
        shown.iter().filter(|shown| *shown == WRONG).count(),
        7,
        "{shown:?}"
    );
    unlock(&stage).await;
    assert_eq!(tried(&stage, &person, &code).await, WRONG);
    person.login(port).await.expect("the next code");
    assert_eq!(tried(&stage, &person, &code).await, WRONG, "an earlier one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_codes_in_a_row_lock_the_login_for_a_while() {
    let stage = Stage::set().await;
    let port = stage.port();
    let mut person = invited(&stage, "ann").await;
    for _ in 0..5 {
        let refused = person.try_login(port, "000000").await.expect("an answer");
        assert_eq!(refused.shown(), WRONG);
    }
    let code = person.code();
    assert_eq!(tried(&stage, &person, &code).await, WRONG, "locked");
    let failures = "select failed_codes || ' ' || (locked_until > now() + interval '20 seconds')
        from staff.members";
    assert_eq!(
        stage.text(failures).await,
        "5 true",
        "what fails meanwhile counts for nothing"
    );
    let logged = "select count(*) from audit.entries where action = 'login_failed'";
    assert_eq!(stage.text(logged).await, "5");
    stage
        .run("update staff.members set locked_until = now()")
        .await;
    assert_eq!(tried(&stage, &person, &code).await, "200");
    let failures = "select failed_codes || ' ' || (locked_until is null) from staff.members";
    assert_eq!(stage.text(failures).await, "0 true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_tries_passwords_shuts_nobody_out() {
    let stage = Stage::set().await;
    let mut person = invited(&stage, "ann").await;
    let guess = json!({ "email": person.email, "password": "a wrong one", "code": "000000" });
    let guess = Call::post("/api/admin/login", &guess);
    for _ in 0..12 {
        let refused = guess.send(stage.port()).await.expect("an answer");
        assert_eq!(refused.shown(), WRONG);
    }
    let logged = "select count(*) from audit.entries where action = 'login_failed'";
    assert_eq!(stage.text(logged).await, "10", "nor fills the log");
    let code = person.code();
    assert_eq!(tried(&stage, &person, &code).await, "200");
    let counted = "select failed_passwords from staff.members";
    assert_eq!(stage.text(counted).await, "0");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_makes_a_cheaper_hash_anew() {
    let stage = Stage::set().await;
    let mut person = invited(&stage, "ann").await;
    let cost = "select substr(password_hash, 5, 2) from staff.members";
    let cheap = stage.text(cost).await;
    let dearer = [("EXCHANGE_BCRYPT_COST", "5")];
    let server = ApiServer::start_as(&stage.database, Build::Debug, &dearer).await;
    let server = server.expect("another server, of a higher cost");
    person.login(server.port()).await.expect("a login");
    assert_eq!(
        (cheap.as_str(), stage.text(cost).await.as_str()),
        ("04", "05")
    );
    person.login(stage.port()).await.expect("the same password");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_ends_by_logout_idleness_age_and_disabling() {
    let stage = Stage::set().await;
    let port = stage.port();
    let (_, admin) = stage.join(&["administrator"]).await;
    let (mut person, token) = stage.join(&["support"]).await;
    let live = async |token: &str| stage.get(token, "session").await.status;
    assert_eq!(live(&token).await, 200);
    stage
        .run("update staff.sessions set used_at = now() - interval '31 minutes'")
        .await;
    assert_eq!(live(&token).await, 401, "idle");
    stage.run("update staff.sessions set used_at = now()").await;
    assert_eq!(live(&token).await, 200);
    let aged = "update staff.sessions set created_at = now() - interval '9 hours',
        expires_at = now() - interval '1 hour'";
    stage
        .run(&format!("{aged} where staff_id = {}", person.staff_id))
        .await;
    assert_eq!(live(&token).await, 401, "old");
    let token = person.login(port).await.expect("a login");
    let body = json!({ "staffId": person.staff_id, "reason": "left" });
    let own = json!({ "staffId": 1, "reason": "me" });
    let refused = stage.post(&admin, "members/disable", own).await;
    assert_eq!(refused.shown(), "403 SECOND_PERSON_REQUIRED");
    assert_eq!(
        stage.post(&admin, "members/disable", body).await.shown(),
        "200"
    );
    assert_eq!(live(&token).await, 401, "disabled");
    stage.run("update staff.members set totp_step = null").await;
    let code = person.code();
    assert_eq!(tried(&stage, &person, &code).await, WRONG);
    assert_eq!(stage.post(&admin, "logout", json!({})).await.shown(), "200");
    assert_eq!(live(&admin).await, 401, "logged out");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_is_made_once_and_the_invitation_shown_once() {
    let stage = Stage::set().await;
    let admin = stage.member("administrator").await;
    let new = json!({ "email": "Eve@staff.example", "name": "Eve" });
    let made = stage.post_once(&admin, "eve", "members", &new).await;
    let again = stage.post_once(&admin, "eve", "members", &new).await;
    assert!(made.body["invitation"].is_string(), "{made:?}");
    assert_eq!(again.body["staffId"], made.body["staffId"]);
    assert_eq!(again.body["repeated"], true);
    assert!(again.body["invitation"].is_null(), "shown once");
    let second = stage.post(&admin, "members", new).await;
    assert_eq!(second.shown(), "409 MEMBER_EXISTS");
    let other = json!({ "email": "eva@staff.example", "name": "Eva" });
    let reused = stage.post_once(&admin, "eve", "members", &other).await;
    assert_eq!(reused.shown(), "409 DUPLICATE_IDEMPOTENCY_KEY");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_invitation_works_once_and_not_for_ever_and_keeps_its_secrets() {
    let stage = Stage::set().await;
    let port = stage.port();
    let admin = stage.member("administrator").await;
    let new = json!({ "email": "eve@staff.example", "name": "Eve" });
    let made = stage.post(&admin, "members", new).await;
    let invitation = made.body["invitation"].as_str().expect("an invitation");
    let accept = |password: &str| {
        let body = json!({ "token": invitation, "password": password });
        let call = Call::post("/api/admin/accept-invitation", &body);
        async move { call.send(port).await.expect("an answer") }
    };
    let long = "x".repeat(73);
    for (password, shown) in [
        ("elevenchars", "400 INVALID_PASSWORD"),
        (long.as_str(), "400 INVALID_PASSWORD"),
        ("password1234", "400 WEAK_PASSWORD"),
        ("eve@staff.example", "400 WEAK_PASSWORD"),
    ] {
        assert_eq!(accept(password).await.shown(), shown, "{password}");
    }
    let until = async |when: &str| {
        let text = "update staff.members set invited_until = now() + interval '";
        let whose = "where email = 'eve@staff.example'";
        stage.run(&format!("{text}{when}' {whose}")).await;
    };
    until("0 s").await;
    assert_eq!(accept(PASSWORD).await.shown(), "400 INVALID_TOKEN", "late");
    until("1 minute").await;
    let race = futures::future::join_all((0..4).map(|_| accept(PASSWORD))).await;
    let done: Vec<_> = race.iter().filter(|reply| reply.status == 200).collect();
    assert_eq!(done.len(), 1, "{race:?}");
    // What the database has is neither the secret nor the token.
    let secret = done[0].body["secret"].as_str().expect("a secret");
    for table in ["staff.members", "audit.entries"] {
        let kept = format!("select jsonb_agg(to_jsonb(t)) from {table} t");
        let kept = stage.text(&kept).await;
        for hidden in [secret, invitation, PASSWORD] {
            assert!(!kept.contains(hidden), "{table}");
        }
    }
    let sealed = "select octet_length(totp_secret) from staff.members where email like 'eve%'";
    assert_eq!(stage.text(sealed).await, "48", "nonce, 20 bytes, tag");
    stage.database.drop().await;
}
