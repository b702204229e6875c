//! What the rules decide, and what follows from a decision.

use std::process::Command;

use tests::api_server::{Build, built};
use tests::checks;
use tests::form::{Form, jpeg, picture, zone};
use tests::mail_server::MailServer;
use tests::trading::rows;
use tests::worker::Worker;

use super::{Stage, field_of};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_passport_is_approved_at_once_and_its_owner_gets_a_mail() {
    let stage = Stage::reviewed().await;
    let mut mails = MailServer::start(0).await.expect("a mail server");
    let settings = [("EXCHANGE_SMTP_URL", mails.url())];
    let _mailer = Worker::start_with(&stage.database, "mail", &settings).expect("it starts");
    let alice = stage.join("alice").await;
    let before = stage.status(&alice).await;
    assert_eq!(
        (before["level"].as_i64(), before["mayWithdraw"].as_bool()),
        (Some(0), Some(false))
    );
    let submitted = stage.submit(&Form::passport("L898902C3"), &alice).await;
    assert_eq!(submitted.shown(), "200", "{submitted:?}");
    assert_eq!(submitted.body["status"], "under_review");
    assert_eq!(stage.outcome(&alice).await, "approved");
    let status = stage.status(&alice).await;
    assert_eq!(
        (status["level"].as_i64(), status["mayWithdraw"].as_bool()),
        (Some(1), Some(true))
    );
    assert_eq!(status["dailyWithdrawal"], "2000");
    assert_eq!(status["expiresOn"], "2035-04-15");
    let mail = mails.next().await.expect("a mail");
    assert!(
        mail.contains("Decision: approved") && mail.contains("level: basic"),
        "{mail}"
    );
    assert!(!mail.contains("Reasons"), "{mail}");
    let event = "select payload::text from exchange.events where stream_id = 10012";
    let event = rows(&stage.owner, event).await;
    assert!(
        event.len() == 1 && event[0].contains("approved"),
        "{event:?}"
    );
    // In one transaction: nobody ever saw one without the other.
    let together = "select count(distinct xmin::text)::text from (
        select xmin from exchange.kyc_cases union all select xmin from exchange.events
            where stream_id = 10012
        union all select xmin from exchange.accounts where kyc_level = 1
        union all select xmin from exchange.kyc_findings) written";
    assert_eq!(stage.text(together).await, "1");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_rule_decides_by_its_threshold() {
    let stage = Stage::reviewed().await;
    let right = || Form::passport("AB1234567");
    let zone_of = |birth: &str, expiry: &str| zone("AB1234567", birth, expiry);
    let old = right()
        .with("mrz", &zone_of("740812", "200415"))
        .with("expiresOn", "2020-04-15");
    let young = right()
        .with("mrz", &zone_of("200812", "350415"))
        .with("birthDate", "2020-08-12");
    let blank = right().with_file("front", jpeg(&image::RgbImage::new(640, 480)));
    let licence = right()
        .with("documentType", "driving_licence")
        .without("mrz");
    let licence = licence.with_file("back", picture("back"));
    let wrong_digit = right().with(
        "mrz",
        &zone_of("740812", "350415").replace("F350415", "F350416"),
    );
    for (number, (form, expected)) in [
        (right(), "approved"),
        (old, "rejected DOCUMENT_EXPIRED"),
        (young, "rejected UNDER_AGE"),
        (blank, "rejected IMAGE_UNUSABLE"),
        (wrong_digit, "rejected FORM_DIFFERS MRZ_INVALID"),
        (
            right().with("birthDate", "1974-08-13"),
            "rejected FORM_DIFFERS",
        ),
        (
            right().with("documentNumber", "AB1234568"),
            "rejected FORM_DIFFERS",
        ),
        (
            right().with("fullName", "John Smith"),
            "rejected NAME_DIFFERS",
        ),
        (right().with("fullName", "ERIKSSON, Anna-Maria"), "approved"),
        (right().with("fullName", "Änna Mariá Eriksson"), "approved"),
        (licence, "manual"),
        (
            right().with_file("front", PDF.as_bytes().to_vec()),
            "manual",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        // Each of an account of its own, and nothing of it left for the next.
        let token = stage.join(&format!("user{number}")).await;
        assert_eq!(
            stage.review(&form, &token).await,
            expected,
            "{number}: {:?}",
            form.texts
        );
        stage
            .run(
                "update exchange.kyc_cases set document_number = 'GONE' || case_id;
            update exchange.kyc_documents set facts = null",
            )
            .await;
    }
}

const PDF: &str = "%PDF-1.4\n1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj\n\
    2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj\n\
    3 0 obj <</Type /Page /Parent 2 0 R>> endobj\ntrailer <</Root 1 0 R>>\n\
    startxref\n0\n%%EOF\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_document_or_picture_on_another_account_is_a_matter_for_people() {
    let stage = Stage::reviewed().await;
    let [alice, bob, carol] = [
        stage.join("alice").await,
        stage.join("bob").await,
        stage.join("carol").await,
    ];
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "approved"
    );
    let same = Form::passport("L898902C3").with_file("front", picture("another"));
    assert_eq!(stage.review(&same, &bob).await, "manual");
    let same_picture = Form::passport("XY7654321").with_file("front", picture("L898902C3"));
    assert_eq!(stage.review(&same_picture, &carol).await, "manual");
    let found =
        "select string_agg(rule, ' ' order by rule) from exchange.kyc_findings where score = 100";
    assert_eq!(stage.text(found).await, "same_document same_picture");
    let status = stage.status(&bob).await;
    assert_eq!(status["case"]["status"], "under_review");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_accounts_that_submit_one_document_at_once_are_not_both_approved() {
    let stage = Stage::waiting().await;
    let mut tokens = Vec::new();
    for name in ["a", "b", "c"] {
        let token = stage.join(name).await;
        let form = Form::passport("L898902C3").with_file("front", picture(name));
        assert_eq!(stage.submit(&form, &token).await.shown(), "200");
        tokens.push(token);
    }
    let deciders = futures::future::join_all((1..=3).map(async |case: i64| {
        let worker = stage
            .database
            .connect("exchange_worker")
            .await
            .expect("logged in");
        let text = "select outcome from exchange.decide_kyc($1, '[]', 'automatic')";
        worker
            .query_one(text, &[&case])
            .await
            .expect("decided")
            .get::<_, String>(0)
    }));
    let outcomes = deciders.await;
    assert!(
        outcomes.iter().all(|outcome| outcome == "manual"),
        "{outcomes:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_owner_submits_again_and_the_earlier_case_is_kept() {
    let stage = Stage::reviewed().await;
    let mut mails = MailServer::start(0).await.expect("a mail server");
    let settings = [("EXCHANGE_SMTP_URL", mails.url())];
    let _mailer = Worker::start_with(&stage.database, "mail", &settings).expect("it starts");
    let alice = stage.join("alice").await;
    let wrong = Form::passport("L898902C3").with("birthDate", "1974-08-11");
    assert_eq!(stage.review(&wrong, &alice).await, "rejected FORM_DIFFERS");
    let words = &stage.status(&alice).await["case"]["reasons"][0]["words"];
    let words = words.as_str().expect("words").to_owned();
    let mail = mails.next().await.expect("a mail");
    assert!(
        mail.contains("rejected") && mail.contains("machine-readable zone"),
        "{words}: {mail}"
    );
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "approved"
    );
    assert!(mails.next().await.expect("a mail").contains("approved"));
    let kept = "select string_agg(state, ' ' order by case_id) from exchange.kyc_cases";
    assert_eq!(stage.text(kept).await, "rejected approved");
    // The level is reached: there is nothing to submit for.
    let again = stage.submit(&Form::passport("L898902C3"), &alice).await;
    assert_eq!(
        (again.shown().as_str(), field_of(&again)),
        ("409 LEVEL_REACHED", "level")
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_case_is_open_and_a_repeat_of_the_key_is_the_first() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let form = Form::passport("L898902C3");
    let key = [("idempotency-key", "kyc-1")];
    let first = form
        .submit_with(stage.port(), &alice, &key)
        .await
        .expect("an answer");
    let second = form
        .submit_with(stage.port(), &alice, &key)
        .await
        .expect("an answer");
    assert_eq!(first.body["caseId"], second.body["caseId"]);
    assert_eq!(
        (&first.body["repeated"], &second.body["repeated"]),
        (&false.into(), &true.into())
    );
    let other = form.clone().with("fullName", "Anna Eriksson");
    let other = other
        .submit_with(stage.port(), &alice, &key)
        .await
        .expect("an answer");
    assert_eq!(other.shown(), "409 DUPLICATE_IDEMPOTENCY_KEY");
    assert_eq!(stage.submit(&form, &alice).await.shown(), "409 CASE_OPEN");
    // Many at once: one is taken, the others are told that one is under way or open.
    let bob = stage.join("bob").await;
    let many = futures::future::join_all((0..6).map(|_| stage.submit(&form, &bob))).await;
    let mut shown: Vec<String> = many.iter().map(|reply| reply.shown()).collect();
    shown.sort();
    assert_eq!(
        shown.iter().filter(|shown| *shown == "200").count(),
        1,
        "{shown:?}"
    );
    let others = shown.iter().filter(|shown| *shown != "200");
    assert!(
        others
            .clone()
            .all(|shown| shown == "409 CASE_OPEN" || shown == "503 OVERLOADED"),
        "{shown:?}"
    );
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.kyc_cases")
            .await,
        "2"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loaded_list_of_sanctions_is_screened_against_by_similarity() {
    let stage = Stage::reviewed().await;
    let folder = std::env::temp_dir().join(format!("exchange_sanctions_{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join("list.tsv");
    let load = |text: &str| {
        std::fs::write(&file, text).expect("written");
        let done = Command::new(built("workers", Build::Debug).expect("built"))
            .args(["sanctions", "load", "test", file.to_str().expect("a path")])
            .env("DATABASE_URL", stage.database.url("exchange_worker"))
            .output()
            .expect("it runs");
        done.status.success()
    };
    assert!(load(
        "# name, year, country\nERIKSEN, Ana María\t1974\tUTO\nSomebody Else\n"
    ));
    let alice = stage.join("alice").await;
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "manual"
    );
    let detail =
        "select detail from exchange.kyc_findings where rule = 'sanctions' and score >= 50";
    assert_eq!(stage.text(detail).await, "test: ERIKSEN, Ana María");
    // Nobody is told why: the owner sees a review.
    let status = stage.status(&alice).await.to_string();
    assert!(
        !status.contains("sanction") && !status.contains("ERIKSEN"),
        "{status}"
    );
    // A wrong line changes nothing; loading again replaces the list.
    assert!(!load("A name\tlong ago\n"));
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.sanctions")
            .await,
        "2"
    );
    assert!(load("Somebody Else\n"));
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.sanctions")
            .await,
        "1"
    );
    let bob = stage.join("bob").await;
    assert_eq!(
        stage.review(&Form::passport("AB1234567"), &bob).await,
        "approved"
    );
    std::fs::remove_dir_all(&folder).expect("removed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_said_at_registration_counts() {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    let said = "update exchange.accounts
        set full_name = 'Ana Maria Eriksson', birth_date = '1975-08-12'
        where email = 'alice@example.com'";
    stage.run(said).await;
    assert_eq!(
        stage.review(&Form::passport("L898902C3"), &alice).await,
        "manual"
    );
    let found = "select score::text from exchange.kyc_findings where rule = 'account_against_form'";
    assert_eq!(stage.text(found).await, "100");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_of_another_shape_is_refused_by_field_and_changes_nothing() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let right = || Form::passport("L898902C3");
    let long = "<".repeat(5000);
    for (field, text, expected) in [
        ("level", "0", "400 MALFORMED"),
        ("level", "9", "404 UNKNOWN_LEVEL"),
        ("documentType", "library_card", "400 MALFORMED"),
        ("issuer", "uto", "400 MALFORMED"),
        ("documentNumber", "A'; drop table", "400 MALFORMED"),
        ("fullName", "\u{7}", "400 MALFORMED"),
        ("fullName", "a\0b", "400 MALFORMED"),
        ("birthDate", "12.08.1974", "400 MALFORMED"),
        ("birthDate", "2199-01-01", "400 MALFORMED"),
        ("expiresOn", "2035-02-30", "400 MALFORMED"),
        ("mrz", "P<UTO", "400 MALFORMED"),
        ("mrz", &long, "400 MALFORMED"),
        ("kycLevel", "3", "400 MALFORMED"),
        ("state", "approved", "400 MALFORMED"),
    ] {
        let refused = stage.submit(&right().with(field, text), &alice).await;
        let shown = refused.shown();
        assert_eq!((shown.as_str(), field_of(&refused)), (expected, field));
    }
    let card = right().with("documentType", "identity_card");
    for (form, expected, field) in [
        (right().without("level"), "400 MALFORMED", "level"),
        (right().with("level", "2"), "400 DOCUMENT_MISSING", "selfie"),
        (card, "400 DOCUMENT_MISSING", "back"),
    ] {
        let refused = stage.submit(&form, &alice).await;
        assert_eq!(
            (refused.shown().as_str(), field_of(&refused)),
            (expected, field),
            "{refused:?}"
        );
    }
    assert_eq!(
        stage
            .text("select count(*)::text from exchange.kyc_cases")
            .await,
        "0"
    );
    let json = stage
        .post("/api/kyc/submit", &alice, serde_json::json!({ "level": 1 }))
        .await;
    assert_eq!(
        (json.shown().as_str(), field_of(&json)),
        ("400 MALFORMED", "Content-Type")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_has_so_many_submissions() {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    let wrong = Form::passport("L898902C3").with("birthDate", "1974-08-11");
    for _ in 0..5 {
        assert_eq!(stage.review(&wrong, &alice).await, "rejected FORM_DIFFERS");
    }
    assert_eq!(
        stage.submit(&wrong, &alice).await.shown(),
        "422 TOO_MANY_CASES"
    );
    stage
        .run("update exchange.kyc_cases set submitted_at = submitted_at - interval '25 hours'")
        .await;
    assert_eq!(stage.review(&wrong, &alice).await, "rejected FORM_DIFFERS");
}
