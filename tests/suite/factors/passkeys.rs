//! Passkeys, with a device and a browser.

use serde_json::{Value, json};
use tests::api_server;
use tests::passkey_device::{Device, ORIGIN};
use tests::raw::Reply;
use tests::trading::number;

use super::{Stage, stage, token_of};

impl Stage {
    /// Adds a device's passkey to the account of this session.
    async fn add(&self, token: &str, device: &mut Device) -> Reply {
        let asked = self
            .post(token, "/api/auth/passkeys/begin", json!({}))
            .await;
        let made = device.create(ORIGIN, &asked.body["passkeyOptions"]);
        let body = json!({ "token": asked.body["token"], "label": "my phone",
            "passkey": made.expect("a passkey") });
        self.post(token, "/api/auth/passkeys", body).await
    }

    /// What a passkey alone is asked at a login.
    async fn asked(&self) -> Reply {
        self.post("", "/api/auth/login/passkey/begin", json!({}))
            .await
    }

    async fn answer(&self, asked: &Reply, passkey: Value) -> Reply {
        let body = json!({ "token": asked.body["token"], "passkey": passkey });
        self.post("", "/api/auth/login/passkey", body).await
    }
}

fn get(device: &mut Device, origin: &str, asked: &Reply) -> Value {
    let found = device.get(origin, &asked.body["passkeyOptions"]);
    found.unwrap_or_else(|error| panic!("{error}: {asked:?}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_logs_in_alone_and_beside_the_password_and_steps_up() {
    let stage = stage().await;
    let other = stage.login("alice").await;
    let token = stage.login("alice").await;
    let mut device = Device::default();
    let added = stage.add(&token, &mut device).await;
    assert_eq!(added.status, 200, "{added:?}");
    assert_eq!(
        added.body["recoveryCodes"].as_array().map(Vec::len),
        Some(10)
    );
    assert_eq!(stage.get(&other, "/api/auth/sessions").await.status, 401);
    // Alone: nobody says who it is but the passkey.
    let asked = stage.asked().await;
    assert_eq!(
        asked.body["passkeyOptions"]["publicKey"]["allowCredentials"],
        json!([])
    );
    let answer = get(&mut device, ORIGIN, &asked);
    let within = stage.answer(&asked, answer.clone()).await;
    assert_eq!(within.body["accountId"], stage.account);
    let session = token_of(&within);
    // The same answer again, and to another question.
    let replayed = stage.answer(&asked, answer.clone()).await;
    assert_eq!(replayed.shown(), "400 INVALID_TOKEN");
    let replayed = stage.answer(&stage.asked().await, answer).await;
    assert_eq!(replayed.shown(), "401 INVALID_FACTOR");
    // Beside the password.
    let first = stage.password("alice").await;
    assert_eq!(first.body["factors"], json!(["recovery_code", "passkey"]));
    let answer = get(&mut device, ORIGIN, &first);
    let within = stage.second(&first, json!({ "passkey": answer })).await;
    assert_eq!(within.status, 200, "{within:?}");
    // To step up.
    stage.time_passes().await;
    let asked = stage
        .post(&session, "/api/auth/step-up/begin", json!({}))
        .await;
    let answer = get(&mut device, ORIGIN, &asked);
    let body = json!({ "token": asked.body["token"], "passkey": answer });
    let fresh = stage
        .post(&session, "/api/auth/step-up", body.clone())
        .await;
    let fresh = token_of(&fresh);
    let again = stage.post(&fresh, "/api/auth/step-up", body).await;
    assert_eq!(again.shown(), "400 INVALID_TOKEN");
    let listed = stage.get(&fresh, "/api/auth/passkeys").await;
    let passkey = &listed.body["passkeys"][0];
    assert_eq!(passkey["label"], "my phone");
    assert!(passkey["lastUsedAt"].is_i64(), "{listed:?}");
    // Away again.
    let remove = json!({ "passkeyId": passkey["passkeyId"] });
    let removed = stage
        .post(&fresh, "/api/auth/passkeys/remove", remove.clone())
        .await;
    assert_eq!(removed.shown(), "200");
    let removed = stage
        .post(&fresh, "/api/auth/passkeys/remove", remove)
        .await;
    assert_eq!(removed.shown(), "404 PASSKEY_NOT_FOUND");
    let asked = stage.asked().await;
    let answer = get(&mut device, ORIGIN, &asked);
    assert_eq!(
        stage.answer(&asked, answer).await.shown(),
        "401 INVALID_FACTOR"
    );
    stage.login("alice").await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copied_device_and_a_page_of_another_origin_get_nowhere() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let mut device = Device::default();
    stage.add(&token, &mut device).await;
    let mut copy = device.clone();
    let asked = stage.asked().await;
    let answer = get(&mut device, ORIGIN, &asked);
    assert_eq!(stage.answer(&asked, answer).await.status, 200);
    // The copy counts from where it was taken: its signatures are right, and refused.
    let asked = stage.asked().await;
    let answer = get(&mut copy, ORIGIN, &asked);
    assert_eq!(
        stage.answer(&asked, answer).await.shown(),
        "401 INVALID_FACTOR"
    );
    // A page on another port passes the question on.
    let asked = stage.asked().await;
    let answer = get(&mut device, "http://localhost:9999", &asked);
    assert_eq!(
        stage.answer(&asked, answer).await.shown(),
        "401 INVALID_FACTOR"
    );
    let asked = stage.asked().await;
    let answer = get(&mut device, ORIGIN, &asked);
    assert_eq!(stage.answer(&asked, answer).await.status, 200);
    // A device that did not look who touches it.
    device.is_careless = true;
    let asked = stage.asked().await;
    let answer = get(&mut device, ORIGIN, &asked);
    assert_eq!(
        stage.answer(&asked, answer).await.shown(),
        "401 INVALID_FACTOR"
    );
    for rubbish in [
        json!({}),
        json!({ "id": "x" }),
        json!([1]),
        json!("x"),
        json!(null),
    ] {
        let refused = stage.answer(&stage.asked().await, rubbish.clone()).await;
        assert_eq!(refused.shown(), "400 MALFORMED", "{rubbish}");
    }
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_passkey_is_good_for_its_own_account_and_an_answer_for_its_own_question() {
    let stage = stage().await;
    let bob = api_server::open_account(&stage.owner, "bob").await;
    let bob = bob.expect("an account");
    let (alice, thief) = (stage.login("alice").await, stage.login("bob").await);
    let (mut hers, mut his) = (Device::default(), Device::default());
    stage.add(&alice, &mut hers).await;
    stage.add(&thief, &mut his).await;
    // Her name, his passkey.
    let asked = stage.asked().await;
    let mut answer = get(&mut his, ORIGIN, &asked);
    let handle = {
        let asked = stage.asked().await;
        get(&mut hers, ORIGIN, &asked)["response"]["userHandle"].clone()
    };
    answer["response"]["userHandle"] = handle;
    assert_eq!(
        stage.answer(&asked, answer).await.shown(),
        "401 INVALID_FACTOR"
    );
    // Her password, his passkey: her account's question names hers alone.
    let first = stage.password("alice").await;
    let own = stage.password("bob").await;
    let answer = get(&mut his, ORIGIN, &own);
    let refused = stage.second(&first, json!({ "passkey": answer })).await;
    assert_eq!(refused.shown(), "401 INVALID_FACTOR");
    // The question of one session, answered in another.
    let asked = stage
        .post(&alice, "/api/auth/step-up/begin", json!({}))
        .await;
    let answer = get(&mut hers, ORIGIN, &asked);
    let body = json!({ "token": asked.body["token"], "passkey": answer });
    let refused = stage.post(&thief, "/api/auth/step-up", body).await;
    assert_eq!(refused.shown(), "400 INVALID_TOKEN");
    let asked = stage
        .post(&alice, "/api/auth/passkeys/begin", json!({}))
        .await;
    let made = Device::default()
        .create(ORIGIN, &asked.body["passkeyOptions"])
        .expect("a passkey");
    let body = json!({ "token": asked.body["token"], "label": "x", "passkey": made });
    let refused = stage.post(&thief, "/api/auth/passkeys", body.clone()).await;
    assert_eq!(refused.shown(), "400 INVALID_TOKEN");
    let mut forged = body.clone();
    forged["passkey"]["response"]["clientDataJSON"] = json!("e30");
    let refused = stage.post(&alice, "/api/auth/passkeys", forged).await;
    assert_eq!(refused.shown(), "400 INVALID_PASSKEY");
    assert_eq!(
        stage.post(&alice, "/api/auth/passkeys", body).await.status,
        200
    );
    let count = format!("select count(*) from exchange.passkeys where account_id = {bob}");
    assert_eq!(number(&stage.owner, &count).await, 1);
    stage.database.drop().await;
}
