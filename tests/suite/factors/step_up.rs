//! What needs more than a session, and how a session proves it anew.

use serde_json::{Value, json};
use tests::api_server::PASSWORD;
use tests::socket::{Heard, Socket};
use tests::trading::{number, refusal};

use super::{Stage, stage, token_of};

const KEY: &str = r#"{"label":"bot","scheme":"hmac_sha256","permissions":["trade"]}"#;

/// Every request that a stolen token must not make.
fn guarded() -> Vec<(&'static str, Value)> {
    vec![
        ("api-keys", serde_json::from_str(KEY).expect("JSON")),
        ("totp/begin", json!({})),
        ("totp/confirm", json!({ "totpCode": "123456" })),
        ("totp/remove", json!({})),
        ("recovery-codes", json!({})),
        ("passkeys/begin", json!({})),
        (
            "passkeys",
            json!({ "token": "0".repeat(64), "label": "a", "passkey": {} }),
        ),
        ("passkeys/remove", json!({ "passkeyId": 1 })),
        (
            "anti-phishing-code",
            json!({ "antiPhishingCode": "my own words" }),
        ),
        (
            "change-email",
            json!({ "email": "new@example.com", "password": PASSWORD }),
        ),
    ]
}

async fn assert_guarded(stage: &Stage, token: &str, is_refused: bool) {
    for (path, body) in guarded() {
        let path = format!("/api/auth/{path}");
        let shown = stage.post(token, &path, body).await.shown();
        assert_eq!(
            shown == "403 STEP_UP_REQUIRED",
            is_refused,
            "{path}: {shown}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_of_long_ago_proves_the_password_and_gets_a_new_token() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let keys = async |token: &str| {
        let body = serde_json::from_str(KEY).expect("JSON");
        stage.post(token, "/api/auth/api-keys", body).await.shown()
    };
    assert_eq!(keys(&token).await, "200");
    stage.time_passes().await;
    assert_guarded(&stage, &token, true).await;
    let factors = stage.get(&token, "/api/auth/factors").await;
    assert_eq!(factors.body["steppedUpUntil"], json!(null));
    // What needs no more than a session goes on.
    assert_eq!(stage.get(&token, "/api/auth/api-keys").await.status, 200);
    let wrong = json!({ "password": "wrong horse" });
    let wrong = stage.post(&token, "/api/auth/step-up", wrong).await;
    assert_eq!(wrong.shown(), "401 INVALID_FACTOR");
    assert_guarded(&stage, &token, true).await;
    let ends = "select extract(epoch from max(expires_at))::bigint from exchange.sessions";
    let before = number(&stage.owner, ends).await;
    let mut socket = Socket::login(stage.server.port(), &token)
        .await
        .expect("a socket");
    let right = json!({ "password": PASSWORD });
    let right = stage.post(&token, "/api/auth/step-up", right).await;
    let fresh = token_of(&right);
    assert_ne!(fresh, token);
    assert_eq!(keys(&fresh).await, "200");
    let factors = stage.get(&fresh, "/api/auth/factors").await;
    assert!(factors.body["steppedUpUntil"].is_i64(), "{factors:?}");
    // The earlier token is nobody's, and the new one lives no longer than it would have.
    assert_eq!(stage.get(&token, "/api/auth/sessions").await.status, 401);
    let ended = socket.hear().await.expect("an end");
    assert!(matches!(ended, Heard::Closed(_)), "{ended:?}");
    assert_eq!(number(&stage.owner, ends).await, before);
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.sessions").await,
        1
    );
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_a_second_factor_the_password_is_not_enough() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, codes) = stage.enrol(&token).await;
    stage.codes_are_new_again().await;
    stage.time_passes().await;
    let step_up =
        async |token: &str, body: Value| stage.post(token, "/api/auth/step-up", body).await;
    let refused = step_up(&token, json!({ "password": PASSWORD })).await;
    assert_eq!(refused.shown(), "403 SECOND_FACTOR_REQUIRED");
    let code = app.code(0);
    let fresh = token_of(&step_up(&token, json!({ "totpCode": code })).await);
    // The same code again, within its window.
    let replayed = step_up(&fresh, json!({ "totpCode": code })).await;
    assert_eq!(replayed.shown(), "401 INVALID_FACTOR");
    stage.time_passes().await;
    let fresh = token_of(&step_up(&fresh, json!({ "recoveryCode": codes[0] })).await);
    assert_eq!(
        stage.get(&fresh, "/api/auth/factors").await.body["recoveryCodesLeft"],
        9
    );
    for body in [
        json!({}),
        json!({ "password": PASSWORD, "totpCode": "123456" }),
        json!({ "totpCode": "123456", "token": "0".repeat(64) }),
    ] {
        assert_eq!(step_up(&fresh, body).await.shown(), "400 MALFORMED");
    }
    let none = stage
        .post(&fresh, "/api/auth/step-up/begin", json!({}))
        .await;
    assert_eq!(none.shown(), "404 PASSKEY_NOT_FOUND");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_step_ups_of_one_session_at_once_leave_one_session() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let body = json!({ "password": PASSWORD });
    let (one, two) = tokio::join!(
        stage.post(&token, "/api/auth/step-up", body.clone()),
        stage.post(&token, "/api/auth/step-up", body.clone())
    );
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 401], "{one:?} {two:?}");
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.sessions").await,
        1
    );
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_transaction_asks_again_whatever_the_server_believed() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    stage.time_passes().await;
    let account = stage.account;
    let session = "select max(session_id) from exchange.sessions";
    let session = number(&stage.owner, session).await;
    let hashes = "(select array_agg(sha256(n::text::bytea)) from generate_series(1, 10) n)";
    for call in [
        format!(
            "create_api_key({account}, {session}, md5(''), 'x', 'hmac_sha256', 'x', null, \
             array['trade'], '{{}}')"
        ),
        format!("begin_totp({account}, {session}, 'x')"),
        format!("confirm_totp({account}, {session}, 'x', 1, {hashes})"),
        format!("remove_totp({account}, {session})"),
        format!("replace_recovery_codes({account}, {session}, {hashes})"),
        format!("add_passkey({account}, {session}, sha256(''), 'x', 'x', '{{}}', {hashes})"),
        format!("remove_passkey({account}, {session}, 1)"),
        format!("set_anti_phishing_code({account}, {session}, 'words')"),
        format!("request_email_change({account}, {session}, 'b@example.com')"),
    ] {
        let refused = refusal(&stage.owner, &format!("select exchange.{call}")).await;
        assert!(
            refused.1.starts_with("STEP_UP_REQUIRED"),
            "{call}: {refused:?}"
        );
    }
    // No session is opened past a second factor, either.
    let fresh = json!({ "password": PASSWORD });
    let fresh = token_of(&stage.post(&token, "/api/auth/step-up", fresh).await);
    stage.enrol(&fresh).await;
    let open = format!("select exchange.open_session({account}, sha256('x'))");
    let refused = refusal(&stage.owner, &open).await;
    assert!(
        refused.1.starts_with("SECOND_FACTOR_REQUIRED"),
        "{refused:?}"
    );
    stage.database.drop().await;
}
