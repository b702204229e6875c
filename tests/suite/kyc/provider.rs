//! An outside provider: a real server that is sent the case, and answers by signed callbacks.

use ring::hmac;
use serde_json::{Value, json};
use tests::form::Form;
use tests::raw::{Call, Reply, now_ms};
use tests::token::Token;
use tests::wait;
use tests::worker::Worker;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::Stage;

const SECRET: &str = "0707070707070707070707070707070707070707070707070707070707070707";

fn key() -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, &[7; 32])
}

/// What the provider was sent: headers in lower case, and body.
type Sent = (String, String);

/// A provider that refuses so many requests before it takes any.
async fn provider(mut refusals: u32) -> (String, UnboundedReceiver<Sent>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!(
        "http://{}/cases",
        listener.local_addr().expect("an address")
    );
    let (sender, sent) = unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = Vec::new();
            let whole = loop {
                let mut piece = [0; 65_536];
                let read = stream.read(&mut piece).await.unwrap_or(0);
                bytes.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes);
                let Some((head, body)) = text.split_once("\r\n\r\n") else {
                    continue;
                };
                let head = head.to_ascii_lowercase();
                let length = head
                    .split("content-length: ")
                    .nth(1)
                    .and_then(|rest| rest.lines().next());
                let length: usize = length
                    .and_then(|text| text.trim().parse().ok())
                    .unwrap_or(0);
                if body.len() >= length || read == 0 {
                    break (head, body.to_owned());
                }
            };
            let status = if refusals > 0 {
                "500 Broken"
            } else {
                "202 Accepted"
            };
            if refusals == 0 {
                let _ = sender.send(whole);
            }
            refusals = refusals.saturating_sub(1);
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    (url, sent)
}

async fn stage(refusals: u32) -> (Stage, UnboundedReceiver<Sent>) {
    let (url, sent) = provider(refusals).await;
    let mut stage = Stage::with(&[("EXCHANGE_KYC_PROVIDER_SECRET", SECRET)]).await;
    let mut settings = vec![
        ("EXCHANGE_KYC_PROVIDER_URL", url),
        ("EXCHANGE_KYC_PROVIDER_SECRET", SECRET.to_owned()),
    ];
    settings.extend(Token::shared().settings());
    let worker = Worker::start_with(&stage.database, "kyc", &settings).expect("it starts");
    stage._worker = Some(worker);
    (stage, sent)
}

async fn next(sent: &mut UnboundedReceiver<Sent>) -> (String, Value) {
    let next = tokio::time::timeout(wait::PATIENCE, sent.recv()).await;
    let (head, body) = next.expect("a case is sent").expect("the provider runs");
    let value = serde_json::from_str(&body).expect("JSON");
    let of = |name: &str| {
        let line = head
            .lines()
            .find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_else(|| panic!("no {name}: {head}"))
            .to_owned()
    };
    let signature = hex::decode(of("x-signature")).expect("hexadecimal");
    let signed = format!("{}\n{body}", of("x-timestamp"));
    hmac::verify(&key(), signed.as_bytes(), &signature).expect("signed by the exchange");
    (head, value)
}

async fn answer(stage: &Stage, at_ms: i64, body: &Value, key: &hmac::Key) -> Reply {
    let text = body.to_string();
    let signature = hex::encode(hmac::sign(
        key,
        format!("{at_ms}\n/api/kyc/callback\n{text}").as_bytes(),
    ));
    let call = Call::post("/api/kyc/callback", body);
    let call = call
        .with("x-timestamp", &at_ms.to_string())
        .with("x-signature", &signature);
    call.send(stage.port()).await.expect("an answer")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_gets_the_files_and_its_signed_answer_decides() {
    let (stage, mut sent) = stage(0).await;
    let alice = stage.join("alice").await;
    assert_eq!(
        stage
            .submit(&Form::passport("L898902C3"), &alice)
            .await
            .shown(),
        "200"
    );
    let (_, case) = next(&mut sent).await;
    assert_eq!(case["documentNumber"], "L898902C3");
    let content = case["documents"][0]["content"].as_str().expect("a file");
    assert!(content.starts_with("/9j/"), "a JPEG in base64");
    assert_eq!(stage.status(&alice).await["case"]["status"], "under_review");
    let reference = &case["reference"];
    let good = json!({ "reference": reference, "score": 0, "detail": "faces match" });
    let forged = hmac::Key::new(hmac::HMAC_SHA256, &[8; 32]);
    let refused = answer(&stage, now_ms(), &good, &forged).await;
    assert_eq!(refused.shown(), "401 INVALID_SIGNATURE");
    let old = answer(&stage, now_ms() - 400_000, &good, &key()).await;
    assert_eq!(old.shown(), "401 INVALID_SIGNATURE");
    let unsigned = Call::post("/api/kyc/callback", &good)
        .send(stage.port())
        .await;
    assert_eq!(
        unsigned.expect("an answer").shown(),
        "401 INVALID_SIGNATURE"
    );
    assert_eq!(stage.status(&alice).await["case"]["status"], "under_review");
    let other = json!({ "reference": "0".repeat(32), "score": 0 });
    assert_eq!(
        answer(&stage, now_ms(), &other, &key()).await.shown(),
        "404 CASE_NOT_FOUND"
    );
    assert_eq!(answer(&stage, now_ms(), &good, &key()).await.shown(), "200");
    let status = stage.status(&alice).await;
    assert_eq!(
        (&status["case"]["status"], &status["level"]),
        (&json!("approved"), &json!(1))
    );
    // A replay, or another answer, changes nothing any more.
    let bad = json!({ "reference": reference, "score": 100 });
    assert_eq!(answer(&stage, now_ms(), &bad, &key()).await.shown(), "200");
    assert_eq!(stage.status(&alice).await["level"], 1);
    let by = "select decided_by || ' ' || (select count(*) from exchange.kyc_findings)
        from exchange.kyc_cases";
    assert_eq!(stage.text(by).await, "provider 12");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_rejects_and_our_own_rules_count_beside_it() {
    let (stage, mut sent) = stage(0).await;
    for (name, number, form_name, score, expected) in [
        ("alice", "L898902C3", "Anna Maria Eriksson", 100, "rejected"),
        ("bob", "AB1234567", "Anna Maria Eriksson", 60, "manual"),
        ("carol", "XY7654321", "John Smith", 0, "rejected"),
    ] {
        let token = stage.join(name).await;
        let form = Form::passport(number).with("fullName", form_name);
        assert_eq!(stage.submit(&form, &token).await.shown(), "200");
        let (_, case) = next(&mut sent).await;
        let said = json!({ "reference": case["reference"], "score": score });
        assert_eq!(answer(&stage, now_ms(), &said, &key()).await.shown(), "200");
        assert_eq!(stage.outcome(&token).await, expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_fails_is_asked_again_and_one_that_is_silent_leaves_it_to_people() {
    let (stage, mut sent) = stage(1).await;
    let alice = stage.join("alice").await;
    assert_eq!(
        stage
            .submit(&Form::passport("L898902C3"), &alice)
            .await
            .shown(),
        "200"
    );
    let failed = "select count(*) from exchange.kyc_cases where last_failure like '%500%'";
    wait::until("the first attempt has failed", async || {
        tests::trading::number(&stage.owner, failed).await == 1
    })
    .await;
    let bell = "select pg_notify('exchange_events', '10902')";
    stage
        .run("update exchange.kyc_cases set next_review_at = now()")
        .await;
    stage.run(bell).await;
    next(&mut sent).await;
    let waits = "select count(*) from exchange.kyc_cases where state = 'provider'";
    wait::until("the provider has it", async || {
        tests::trading::number(&stage.owner, waits).await == 1
    })
    .await;
    stage
        .run("update exchange.kyc_cases set next_review_at = now()")
        .await;
    stage.run(bell).await;
    assert_eq!(stage.outcome(&alice).await, "manual");
}
