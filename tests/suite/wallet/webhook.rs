//! A node's notice: it rings one bell and says nothing that anybody believes.

use futures::{StreamExt as _, stream};
use ring::hmac;
use tests::raw::{Call, Reply, now_ms};
use tests::wait;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, Client, NoTls};

use super::Stage;

const BODY: &str = r#"{"txid":"00","amount":"1000000"}"#;

async fn notify(stage: &Stage, chain: &str, at_ms: i64, secret: [u8; 32], body: &str) -> Reply {
    notify_as(stage, chain, chain, at_ms, secret, body).await
}

/// Signed for one chain, sent to another.
async fn notify_as(
    stage: &Stage,
    signed_for: &str,
    chain: &str,
    at_ms: i64,
    secret: [u8; 32],
    body: &str,
) -> Reply {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &secret);
    let signed = format!("{at_ms}\n/api/webhook/chain/{signed_for}\n{BODY}");
    let signature = hmac::sign(&key, signed.as_bytes());
    let call = Call {
        method: "POST",
        body: body.to_owned(),
        ..Call::get(&format!("/api/webhook/chain/{chain}"))
    };
    let call = call
        .with("x-timestamp", &at_ms.to_string())
        .with("x-signature", &hex::encode(signature));
    call.send(stage.port()).await.expect("an answer")
}

/// Hears the bells of networks as long as the session lives.
async fn listen(stage: &Stage) -> (Client, UnboundedReceiver<String>) {
    let url = stage.database.url("exchange_worker");
    let connected = tokio_postgres::connect(&url, NoTls).await;
    let (client, mut connection) = connected.expect("connects");
    let (told, heard) = unbounded_channel();
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(ring) = message
                && ring.payload().starts_with("1091")
            {
                // Who hears no more has seen enough.
                let _ = told.send(ring.payload().to_owned());
            }
        }
    });
    let listening = client.batch_execute("listen exchange_events").await;
    listening.expect("it listens");
    (client, heard)
}

/// The next bell.
async fn next(heard: &mut UnboundedReceiver<String>) -> String {
    let rung = tokio::time::timeout(wait::PATIENCE, heard.recv()).await;
    rung.expect("a bell rings").expect("the session lives")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_notice_rings_the_bell_of_its_network_and_changes_nothing() {
    let stage = Stage::open().await;
    let (_listening, mut heard) = listen(&stage).await;
    for chain in ["bitcoin", "ethereum"] {
        let answer = notify(&stage, chain, now_ms(), [9; 32], BODY).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    // Again is as well: it only has somebody look.
    let answer = notify(&stage, "bitcoin", now_ms() - 60_000, [9; 32], BODY).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let mut bells = Vec::new();
    while bells.len() < 3 {
        bells.push(next(&mut heard).await);
    }
    bells.sort();
    assert_eq!(bells, ["10911", "10911", "10912"]);
    let deposits = "select count(*) from exchange.deposits";
    assert_eq!(tests::trading::number(&stage.owner, deposits).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_now_by_the_secret_rings_nothing() {
    let stage = Stage::open().await;
    let (_listening, mut heard) = listen(&stage).await;
    let now = now_ms();
    for (chain, at_ms, secret, body, shown) in [
        ("bitcoin", now, [8; 32], BODY, "401 INVALID_SIGNATURE"),
        ("bitcoin", now, [9; 32], "{}", "401 INVALID_SIGNATURE"),
        (
            "bitcoin",
            now - 400_000,
            [9; 32],
            BODY,
            "401 INVALID_SIGNATURE",
        ),
        (
            "bitcoin",
            now + 400_000,
            [9; 32],
            BODY,
            "401 INVALID_SIGNATURE",
        ),
        ("dogecoin", now, [8; 32], BODY, "401 INVALID_SIGNATURE"),
        ("dogecoin", now, [9; 32], BODY, "404 UNKNOWN_NETWORK"),
        ("bit%00coin", now, [9; 32], BODY, "404 NOT_FOUND"),
        ("%ff", now, [9; 32], BODY, "404 NOT_FOUND"),
    ] {
        let answer = notify(&stage, chain, at_ms, secret, body).await;
        assert_eq!(answer.shown(), shown, "{chain} {at_ms} {body}");
    }
    for (signed_for, chain) in [("bitcoin", "ethereum"), ("ethereum", "bitcoin")] {
        let elsewhere = notify_as(&stage, signed_for, chain, now, [9; 32], BODY).await;
        assert_eq!(elsewhere.shown(), "401 INVALID_SIGNATURE");
    }
    let bare = Call::get("/api/webhook/chain/bitcoin");
    let answer = bare.send(stage.port()).await.expect("an answer");
    assert_eq!(answer.shown(), "405 METHOD_NOT_ALLOWED");
    // The first bell of all is that of the first who is believed.
    let answer = notify(&stage, "ethereum", now_ms(), [9; 32], BODY).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(next(&mut heard).await, "10912");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_that_nodes_run_is_believed_and_fails_with_another_secret() {
    let stage = Stage::open().await;
    let name = format!("exchange_webhook_{}", std::process::id());
    let file = std::env::temp_dir().join(name);
    let ring = async |secret: &str, network: &str| {
        std::fs::write(&file, secret).expect("written");
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../scripts/ring.sh");
        let url = format!("http://127.0.0.1:{}", stage.port());
        let ended = tokio::process::Command::new(script)
            .args([&url, network])
            .arg(&file)
            .output()
            .await;
        ended.expect("it runs").status.success()
    };
    assert!(ring(super::WEBHOOK_SECRET, "bitcoin").await);
    assert!(!ring(super::WEBHOOK_SECRET, "dogecoin").await);
    assert!(!ring(&super::WEBHOOK_SECRET.replace('9', "8"), "bitcoin").await);
    std::fs::remove_file(&file).expect("removed");
}
