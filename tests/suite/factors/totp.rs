//! Authenticator apps and recovery codes.

use serde_json::json;
use tests::post_office::PostOffice;
use tests::trading::number;

use super::{Stage, stage, token_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_alone_logs_in_no_more_once_an_app_is_on() {
    let stage = stage().await;
    let other = stage.login("alice").await;
    let token = stage.login("alice").await;
    let begun = stage.post(&token, "/api/auth/totp/begin", json!({})).await;
    let app = super::App::of(&begun);
    let uri = begun.body["uri"].as_str().expect("an address");
    assert!(uri.starts_with("otpauth://totp/Exchange:alice%40example.com?"));
    // Until a code has shown that the app has the secret, it is not asked for.
    stage.login("alice").await;
    let confirm = async |code: String| {
        let body = json!({ "totpCode": code });
        stage.post(&token, "/api/auth/totp/confirm", body).await
    };
    assert_eq!(
        confirm(app.wrong_code()).await.shown(),
        "401 INVALID_FACTOR"
    );
    let on = confirm(app.code(0)).await;
    assert_eq!(on.body["recoveryCodes"].as_array().map(Vec::len), Some(10));
    assert_eq!(confirm(app.code(1)).await.shown(), "404 FACTOR_NOT_FOUND");
    let again = stage.post(&token, "/api/auth/totp/begin", json!({})).await;
    assert_eq!(again.shown(), "409 FACTOR_EXISTS");
    // Logins of before proved less than the account asks for now.
    assert_eq!(stage.get(&other, "/api/auth/sessions").await.status, 401);
    assert_eq!(stage.get(&token, "/api/auth/sessions").await.status, 200);
    stage.codes_are_new_again().await;
    let first = stage.password("alice").await;
    assert_eq!(first.body["factors"], json!(["totp_code", "recovery_code"]));
    assert_eq!(first.body["token"], json!(null));
    let wrong = stage.second(&first, json!({ "totpCode": app.wrong_code() }));
    assert_eq!(wrong.await.shown(), "401 INVALID_FACTOR");
    let right = stage
        .second(&first, json!({ "totpCode": app.code(0) }))
        .await;
    let session = token_of(&right);
    let factors = stage.get(&session, "/api/auth/factors").await;
    assert_eq!(factors.body["totp"], true);
    assert_eq!(factors.body["recoveryCodesLeft"], 10);
    // The step between password and factor is good once.
    stage.codes_are_new_again().await;
    let twice = stage
        .second(&first, json!({ "totpCode": app.code(0) }))
        .await;
    assert_eq!(twice.shown(), "400 INVALID_TOKEN");
    assert_eq!(twice.body["field"], "token");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_works_once_in_its_window_also_for_two_at_the_same_time() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, _) = stage.enrol(&token).await;
    // The code that turned it on is used up, in this window and before.
    let first = stage.password("alice").await;
    for steps in [0, -1] {
        let replayed = stage.second(&first, json!({ "totpCode": app.code(steps) }));
        assert_eq!(replayed.await.shown(), "401 INVALID_FACTOR", "{steps}");
    }
    for _ in 0..5 {
        stage.codes_are_new_again().await;
        stage.run("delete from exchange.factor_failures").await;
        let firsts = [stage.password("alice").await, stage.password("alice").await];
        let body = json!({ "totpCode": app.code(0) });
        let (one, two) = tokio::join!(
            stage.second(&firsts[0], body.clone()),
            stage.second(&firsts[1], body.clone())
        );
        let mut shown = [one.shown(), two.shown()];
        shown.sort();
        assert_eq!(shown, ["200", "401 INVALID_FACTOR"]);
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_lost_the_phone_comes_in_by_a_recovery_code_and_each_works_once() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (_, codes) = stage.enrol(&token).await;
    let first = stage.password("alice").await;
    // As people type it.
    let typed = codes[3].to_uppercase().replace('-', " ");
    let within = stage.second(&first, json!({ "recoveryCode": typed })).await;
    let session = token_of(&within);
    let first = stage.password("alice").await;
    for code in [codes[3].as_str(), "0000-0000-0000-0000", "no code", ""] {
        let refused = stage.second(&first, json!({ "recoveryCode": code })).await;
        assert_eq!(refused.shown(), "401 INVALID_FACTOR", "{code}");
    }
    let factors = stage.get(&session, "/api/auth/factors").await;
    assert_eq!(factors.body["recoveryCodesLeft"], 9);
    // A new set makes the old one worthless.
    let again = stage
        .post(&session, "/api/auth/recovery-codes", json!({}))
        .await;
    let fresh = again.body["recoveryCodes"][0].as_str().expect("a code");
    let refused = stage
        .second(&first, json!({ "recoveryCode": codes[4] }))
        .await;
    assert_eq!(refused.shown(), "401 INVALID_FACTOR");
    let taken = stage.second(&first, json!({ "recoveryCode": fresh })).await;
    let session = token_of(&taken);
    let off = stage
        .post(&session, "/api/auth/totp/remove", json!({}))
        .await;
    assert_eq!(off.shown(), "200");
    let off = stage
        .post(&session, "/api/auth/totp/remove", json!({}))
        .await;
    assert_eq!(off.shown(), "404 FACTOR_NOT_FOUND");
    let left = "select count(*) from exchange.recovery_codes";
    assert_eq!(number(&stage.owner, left).await, 0);
    // The password alone is enough again, and a new phone can be enrolled.
    let token = stage.login("alice").await;
    stage.enrol(&token).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_code_works_once_also_for_two_at_the_same_time() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (_, codes) = stage.enrol(&token).await;
    for code in &codes[..5] {
        let firsts = [stage.password("alice").await, stage.password("alice").await];
        let body = json!({ "recoveryCode": code });
        let (one, two) = tokio::join!(
            stage.second(&firsts[0], body.clone()),
            stage.second(&firsts[1], body.clone())
        );
        let mut shown = [one.shown(), two.shown()];
        shown.sort();
        assert_eq!(shown, ["200", "401 INVALID_FACTOR"]);
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guesses_of_codes_have_to_wait_and_a_recovery_code_does_not() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, codes) = stage.enrol(&token).await;
    stage.codes_are_new_again().await;
    for _ in 0..5 {
        // Another login does not help.
        stage.pauses_pass().await;
        let first = stage.password("alice").await;
        let wrong = stage.second(&first, json!({ "totpCode": app.wrong_code() }));
        assert_eq!(wrong.await.shown(), "401 INVALID_FACTOR");
    }
    stage.pauses_pass().await;
    let first = stage.password("alice").await;
    let right = json!({ "totpCode": app.code(0) });
    let blocked = stage.second(&first, right).await;
    assert_eq!(blocked.shown(), "403 FACTOR_BLOCKED");
    let by_session = json!({ "totpCode": app.code(0) });
    let blocked = stage.post(&token, "/api/auth/step-up", by_session).await;
    assert_eq!(blocked.shown(), "403 FACTOR_BLOCKED");
    let within = stage
        .second(&first, json!({ "recoveryCode": codes[0] }))
        .await;
    assert_eq!(within.shown(), "200");
    let pass = "update exchange.factor_failures set blocked_until = now() - interval '1 second'";
    stage.run(pass).await;
    stage.pauses_pass().await;
    let first = stage.password("alice").await;
    // One more doubles the pause.
    let wrong = stage.second(&first, json!({ "totpCode": app.wrong_code() }));
    assert_eq!(wrong.await.shown(), "401 INVALID_FACTOR");
    let pause = "select extract(epoch from blocked_until - last_failed_at)::bigint
        from exchange.factor_failures";
    assert_eq!(number(&stage.owner, pause).await, 60);
    stage.run(pass).await;
    let right = stage
        .second(&first, json!({ "totpCode": app.code(0) }))
        .await;
    assert_eq!(right.shown(), "200");
    let left = "select count(*) from exchange.factor_failures";
    assert_eq!(number(&stage.owner, left).await, 0);
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_login_half_done_ends_with_its_password_and_with_its_time() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, codes) = stage.enrol(&token).await;
    stage.codes_are_new_again().await;
    let first = stage.password("alice").await;
    let age = "update exchange.ceremonies set created_at = created_at - interval '6 minutes',
        expires_at = expires_at - interval '6 minutes'";
    stage.run(age).await;
    let late = stage
        .second(&first, json!({ "totpCode": app.code(0) }))
        .await;
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
    let first = stage.password("alice").await;
    let hash = "$2a$04$seM92k/0J05xDXZ05iCdZO.VmRvQ45Ot7FrgwnkvlQDo6zLI59lcy";
    let account = stage.account;
    let change = format!("select exchange.set_password_hash({account}, '{hash}')");
    stage.run(&change).await;
    let late = stage
        .second(&first, json!({ "recoveryCode": codes[0] }))
        .await;
    assert_eq!(late.shown(), "400 INVALID_TOKEN");
    let given = [json!({}), json!({ "totpCode": "1", "recoveryCode": "2" })];
    for factor in given {
        let refused = stage.second(&first, factor).await;
        assert_eq!(refused.shown(), "400 MALFORMED");
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_database_knows_no_secret_of_an_app_and_no_code() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let (app, codes) = stage.enrol(&token).await;
    let secret = hex::encode(app.totp.secret().as_bytes());
    let plain = format!(
        "select count(*) from exchange.totp_factors where encode(secret, 'hex') like '%{secret}%'"
    );
    assert_eq!(number(&stage.owner, &plain).await, 0);
    let code = codes[0].replace('-', "");
    let plain = format!(
        "select count(*) from exchange.recovery_codes
         where code_hash = sha256('{code}') or code_hash = sha256('{}')",
        codes[0]
    );
    assert_eq!(number(&stage.owner, &plain).await, 0);
    let trader = stage.database.trader().await;
    for table in ["totp_factors", "recovery_codes", "passkeys", "ceremonies"] {
        let read = format!("select from exchange.{table}");
        assert!(trader.batch_execute(&read).await.is_err(), "{table}");
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_is_mailed_and_nothing_is_withdrawn_for_a_day_where_less_is_asked() {
    let stage = stage().await;
    let mut mails = PostOffice::open(&stage.database).await.expect("mails");
    let token = stage.login("alice").await;
    let (_, codes) = stage.enrol(&token).await;
    let changed = "Your two-factor login was changed";
    let mail = mail_of(&mut mails, changed).await;
    assert!(mail.contains("What: authenticator app added"), "{mail}");
    assert!(
        mail.contains("/freeze?token=") && !mail.contains("withdrawn"),
        "{mail}"
    );
    assert!(!is_blocked(&stage).await);
    let key = json!({ "label": "bot http://evil.example", "scheme": "hmac_sha256",
        "permissions": ["read", "trade"] });
    assert_eq!(
        stage.post(&token, "/api/auth/api-keys", key).await.status,
        200
    );
    let mail = mail_of(&mut mails, "A new API key").await;
    assert!(mail.contains("Permissions: read, trade"), "{mail}");
    assert!(
        mail.contains("Label: bot http") && !mail.contains("//evil"),
        "{mail}"
    );
    let first = stage.password("alice").await;
    let within = stage
        .second(&first, json!({ "recoveryCode": codes[0] }))
        .await;
    let session = token_of(&within);
    let mail = mail_of(&mut mails, changed).await;
    assert!(mail.contains("What: recovery code used"), "{mail}");
    assert_eq!(
        stage
            .post(&session, "/api/auth/totp/remove", json!({}))
            .await
            .status,
        200
    );
    let mail = mail_of(&mut mails, changed).await;
    assert!(mail.contains("What: authenticator app removed"), "{mail}");
    assert!(mail.contains("Nothing can be withdrawn before"), "{mail}");
    assert!(is_blocked(&stage).await);
    stage.database.drop().await;
}

/// The next mail of that subject; others, such as of new devices, are left aside.
async fn mail_of(mails: &mut PostOffice, subject: &str) -> String {
    loop {
        let mail = mails.next().await.expect("a mail");
        if mail.contains(&format!("Subject: {subject}")) {
            return mail.replace("=\r\n", "").replace("=3D", "=");
        }
    }
}

async fn is_blocked(stage: &Stage) -> bool {
    let blocked = "select count(*) from exchange.accounts
        where withdrawals_blocked_until > now() + interval '23 hours'";
    number(&stage.owner, blocked).await == 1
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_frozen_account_nothing_is_changed() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let account = stage.account;
    stage
        .run(&format!(
            "select exchange.set_account_status({account}, 'frozen')"
        ))
        .await;
    let key = json!({ "label": "x", "scheme": "hmac_sha256", "permissions": ["read"] });
    for (path, body) in [("totp/begin", json!({})), ("api-keys", key)] {
        let refused = stage.post(&token, &format!("/api/auth/{path}"), body).await;
        assert_eq!(refused.shown(), "403 ACCOUNT_FROZEN", "{path}");
    }
    stage.database.drop().await;
}
