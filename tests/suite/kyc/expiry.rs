//! Documents expire: their owners are told, and later the level goes.

use tests::form::{Form, picture, zone};
use tests::trading::number;
use tests::wait;
use tests::worker::Worker;

use super::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_is_told_once_and_loses_the_level_a_week_later_at_the_earliest() {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "approved"
    );
    let upkeep = stage
        .database
        .connect("exchange_worker")
        .await
        .expect("logged in");
    let expire = "select noticed || ' ' || lowered from exchange.expire_kyc(100)";
    let run = async || {
        upkeep
            .query_one(expire, &[])
            .await
            .expect("it runs")
            .get::<_, String>(0)
    };
    assert_eq!(run().await, "0 0");
    stage
        .run("update exchange.accounts set kyc_expires_on = current_date + 20 where kyc_level = 1")
        .await;
    assert_eq!(run().await, "1 0");
    assert_eq!(run().await, "0 0");
    let mail = "select facts ->> 'expires_on' from exchange.mails where kind = 'document_expires'";
    assert_eq!(
        stage.text(mail).await,
        stage.text("select (current_date + 20)::text").await
    );
    stage
        .run("update exchange.accounts set kyc_expires_on = current_date - 1 where kyc_level = 1")
        .await;
    assert_eq!(run().await, "0 0", "told less than a week ago");
    assert_eq!(stage.status(&alice).await["level"], 1);
    stage
        .run(
            "update exchange.accounts set kyc_expiry_noticed_at = now() - interval '8 days'
        where kyc_level = 1",
        )
        .await;
    // By the real worker, at its first look.
    let _worker = Worker::start(&stage.database, "upkeep").expect("it starts");
    wait::until("the level is lowered", async || {
        number(
            &stage.owner,
            "select count(*) from exchange.accounts where kyc_level = 1",
        )
        .await
            == 0
    })
    .await;
    let status = stage.status(&alice).await;
    assert_eq!(
        (&status["level"], &status["mayWithdraw"]),
        (&0.into(), &false.into())
    );
    let history = "select action from exchange.kyc_events order by kyc_event_id desc limit 1";
    assert_eq!(stage.text(history).await, "expired");
    let event = "select payload ->> 'change' from exchange.events where stream_id = 10012
        order by first_sequence desc limit 1";
    assert_eq!(stage.text(event).await, "expired");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_told_may_submit_for_the_same_level_again() {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "approved"
    );
    stage
        .run(
            "update exchange.accounts set kyc_expires_on = current_date + 20 where kyc_level = 1;
        select exchange.expire_kyc(100)",
        )
        .await;
    let renewed = Form::passport("NEW123456")
        .with("mrz", &zone("NEW123456", "740812", "400101"))
        .with("expiresOn", "2040-01-01")
        .with_file("front", picture("new"));
    assert_eq!(stage.review(&renewed, &alice).await, "approved");
    let status = stage.status(&alice).await;
    assert_eq!(
        (&status["level"], &status["expiresOn"]),
        (&1.into(), &"2040-01-01".into())
    );
    assert_eq!(
        stage
            .text("select noticed || ' ' || lowered from exchange.expire_kyc(100)")
            .await,
        "0 0"
    );
}
