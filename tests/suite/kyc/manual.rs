//! Reviewers: claims and leases, decisions, four eyes, history.

use serde_json::{Value, json};
use tests::form::{Form, picture};
use tests::{checks, staff};

use super::{Stage, claim, field_of};

/// A stage with a case in the queue, and two reviewers.
async fn queued() -> (Stage, String, [String; 2]) {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    assert_eq!(stage.review(&doubtful("AB1234567"), &alice).await, "manual");
    let first = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    let second = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    (stage, alice, [first, second])
}

/// Without a zone, which a person must look for.
fn doubtful(number: &str) -> Form {
    Form::passport(number).without("mrz")
}

fn decision(case_id: i64, decision: &str, reasons: &[&str]) -> Value {
    json!({ "caseId": case_id, "decision": decision, "reasons": reasons })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_claims_looks_and_decides() {
    let (stage, alice, [first, second]) = queued().await;
    let queue = stage.get("/api/admin/kyc/queue", &first).await;
    assert_eq!(
        queue.body["cases"][0]["doubts"],
        json!(["mrz_missing"]),
        "{queue:?}"
    );
    let unclaimed = stage
        .post("/api/admin/kyc/decide", &first, decision(1, "approve", &[]))
        .await;
    assert_eq!(
        (unclaimed.shown().as_str(), field_of(&unclaimed)),
        ("409 CASE_NOT_CLAIMED", "caseId")
    );
    let claimed = stage.post("/api/admin/kyc/claim", &first, json!({})).await;
    assert_eq!(claimed.body["caseId"], 1, "{claimed:?}");
    let taken = stage.post("/api/admin/kyc/claim", &second, claim(1)).await;
    assert_eq!(taken.shown(), "409 CASE_CLAIMED");
    let none = stage.post("/api/admin/kyc/claim", &second, json!({})).await;
    assert_eq!(none.shown(), "404 CASE_NOT_FOUND");
    let case = stage.get("/api/admin/kyc/case?caseId=1", &first).await;
    assert_eq!(case.shown(), "200", "{case:?}");
    assert_eq!(case.body["fullName"], "Anna Maria Eriksson");
    for (reasons, words) in [(json!([]), "none"), (json!(["NO_SUCH"]), "unknown")] {
        let body = json!({ "caseId": 1, "decision": "reject", "reasons": reasons });
        let refused = stage.post("/api/admin/kyc/decide", &first, body).await;
        assert_eq!(
            (refused.shown().as_str(), field_of(&refused)),
            ("400 INVALID_REASON", "reasons"),
            "{words}"
        );
    }
    let approved = stage
        .post("/api/admin/kyc/decide", &first, decision(1, "approve", &[]))
        .await;
    assert_eq!(approved.body["state"], "approved", "{approved:?}");
    assert_eq!(stage.status(&alice).await["level"], 1);
    let again = stage
        .post("/api/admin/kyc/decide", &first, decision(1, "approve", &[]))
        .await;
    assert_eq!(again.body["repeated"], true, "{again:?}");
    let late = stage
        .post(
            "/api/admin/kyc/decide",
            &second,
            decision(1, "approve", &[]),
        )
        .await;
    assert_eq!(late.shown(), "409 CASE_DECIDED");
    let history = "select string_agg(action, ' ' order by kyc_event_id) from exchange.kyc_events";
    assert_eq!(
        stage.text(history).await,
        "submitted queued claimed approved"
    );
    let logged = "select string_agg(action, ' ' order by entry_id) from audit.entries
        where subject = 'kyc_case:1'";
    assert_eq!(
        stage.text(logged).await,
        "kyc_case_claimed kyc_case_read kyc_case_approved"
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_claim_ends_with_its_time_and_another_reviewer_goes_on() {
    let (stage, _, [first, second]) = queued().await;
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &first, claim(1))
            .await
            .shown(),
        "200"
    );
    stage
        .run("update exchange.kyc_cases set claimed_until = now() - interval '1 second'")
        .await;
    let late = stage
        .post("/api/admin/kyc/decide", &first, decision(1, "approve", &[]))
        .await;
    assert_eq!(late.shown(), "409 CASE_NOT_CLAIMED");
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &second, json!({}))
            .await
            .body["caseId"],
        1
    );
    let gone = stage.post("/api/admin/kyc/claim", &first, claim(1)).await;
    assert_eq!(gone.shown(), "409 CASE_CLAIMED");
    let not_hers = stage.post("/api/admin/kyc/release", &first, claim(1)).await;
    assert_eq!(not_hers.shown(), "409 CASE_NOT_CLAIMED");
    assert_eq!(
        stage
            .post("/api/admin/kyc/release", &second, claim(1))
            .await
            .shown(),
        "200"
    );
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &first, claim(1))
            .await
            .shown(),
        "200"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_reviewers_at_once_never_have_the_same_case() {
    let (stage, _, [first, second]) = queued().await;
    let bob = stage.join("bob").await;
    assert_eq!(stage.review(&doubtful("XY7654321"), &bob).await, "manual");
    let asked = futures::future::join_all(
        [&first, &second].map(|token| stage.post("/api/admin/kyc/claim", token, json!({}))),
    );
    let mut cases: Vec<i64> = asked
        .await
        .iter()
        .map(|reply| reply.body["caseId"].as_i64().unwrap_or(0))
        .collect();
    cases.sort_unstable();
    assert_eq!(cases, [1, 2]);
    // Both fight for one, again and again: one wins.
    for _ in 0..5 {
        stage
            .run("update exchange.kyc_cases set claimed_by = null, claimed_until = null")
            .await;
        let asked = futures::future::join_all(
            [&first, &second].map(|token| stage.post("/api/admin/kyc/claim", token, claim(2))),
        );
        let mut shown: Vec<String> = asked.await.iter().map(|reply| reply.shown()).collect();
        shown.sort();
        assert_eq!(shown, ["200", "409 CASE_CLAIMED"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_top_level_needs_two_reviewers_and_no_rule_gives_it() {
    let stage = Stage::reviewed().await;
    let alice = stage.join("alice").await;
    let form = Form::passport("L898902C3")
        .with("level", "3")
        .with_file("selfie", picture("selfie"));
    assert_eq!(stage.review(&form, &alice).await, "manual");
    let first = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    let second = staff::login(stage.port(), &stage.owner, "reviewer")
        .await
        .expect("a token");
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &first, claim(1))
            .await
            .shown(),
        "200"
    );
    let once = stage
        .post("/api/admin/kyc/decide", &first, decision(1, "approve", &[]))
        .await;
    assert_eq!(once.body["state"], "manual", "{once:?}");
    assert_eq!(stage.status(&alice).await["level"], 0);
    let alone = stage.post("/api/admin/kyc/claim", &first, claim(1)).await;
    assert_eq!(alone.shown(), "403 SECOND_PERSON_REQUIRED");
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &first, json!({}))
            .await
            .shown(),
        "404 CASE_NOT_FOUND"
    );
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &second, json!({}))
            .await
            .shown(),
        "200"
    );
    let twice = stage
        .post(
            "/api/admin/kyc/decide",
            &second,
            decision(1, "approve", &[]),
        )
        .await;
    assert_eq!(twice.body["state"], "approved", "{twice:?}");
    assert_eq!(stage.status(&alice).await["level"], 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewers_rejection_is_mailed_and_the_owner_may_submit_again() {
    let (stage, alice, [first, _]) = queued().await;
    assert_eq!(
        stage
            .post("/api/admin/kyc/claim", &first, claim(1))
            .await
            .shown(),
        "200"
    );
    let mut body = decision(1, "reject", &["WRONG_DOCUMENT", "IMAGE_UNUSABLE"]);
    body["note"] = json!("a photo of a cat");
    let rejected = stage.post("/api/admin/kyc/decide", &first, body).await;
    assert_eq!(rejected.body["state"], "rejected", "{rejected:?}");
    let status = stage.status(&alice).await;
    assert_eq!(status["case"]["status"], "rejected");
    assert_eq!(status["case"]["reasons"].as_array().map(Vec::len), Some(2));
    assert!(!status.to_string().contains("cat"), "{status}");
    let mail = "select facts::text from exchange.mails where kind = 'kyc_decided'";
    let mail = stage.text(mail).await;
    assert!(
        mail.contains("pictures do not show") && !mail.contains("cat"),
        "{mail}"
    );
    assert_eq!(
        stage.review(&Form::passport("AB1234567"), &alice).await,
        "approved"
    );
    let case = stage.get("/api/admin/kyc/case?caseId=2", &first).await;
    assert_eq!(
        case.body["earlierCases"][0]["state"], "rejected",
        "{case:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_a_level_change_by_two_people_and_reach_every_account() {
    let stage = Stage::waiting().await;
    let alice = stage.join("alice").await;
    let first = staff::login(stage.port(), &stage.owner, "risk")
        .await
        .expect("a token");
    let second = staff::login(stage.port(), &stage.owner, "risk")
        .await
        .expect("a token");
    let mut limits = json!({ "level": 0, "mayTrade": false, "mayWithdraw": false,
        "dailyWithdrawal": "0", "monthlyWithdrawal": "0", "reason": "new rules" });
    let proposed = stage
        .post("/api/admin/kyc/levels", &first, limits.clone())
        .await;
    assert_eq!(proposed.shown(), "200", "{proposed:?}");
    assert_eq!(stage.status(&alice).await["mayTrade"], true);
    let desk = json!({ "label": "desk" });
    let desk = stage.post("/api/account/sub-accounts", &alice, desk).await;
    assert_eq!(desk.shown(), "200", "{desk:?}");
    let decide =
        json!({ "proposalId": proposed.body["proposalId"], "approve": true, "reason": "yes" });
    let path = "/api/admin/proposals/decide";
    let alone = stage.post(path, &first, decide.clone()).await;
    assert_eq!(alone.shown(), "403 SECOND_PERSON_REQUIRED", "{alone:?}");
    let done = stage.post(path, &second, decide).await;
    assert_eq!(done.shown(), "200", "{done:?}");
    assert_eq!(stage.status(&alice).await["mayTrade"], false);
    let late = json!({ "label": "late" });
    stage.post("/api/account/sub-accounts", &alice, late).await;
    let trading = "select count(*)::text from exchange.accounts where role = 'user' and may_trade";
    assert_eq!(
        stage.text(trading).await,
        "0",
        "sub-accounts are as their parent is"
    );
    limits["dailyWithdrawal"] = json!("5");
    let refused = stage
        .post("/api/admin/kyc/levels", &first, limits.clone())
        .await;
    assert_eq!(refused.shown(), "400 INVALID_LIMITS", "{refused:?}");
    limits["level"] = json!(8);
    limits["dailyWithdrawal"] = json!("0");
    let refused = stage.post("/api/admin/kyc/levels", &first, limits).await;
    assert_eq!(
        (refused.shown().as_str(), field_of(&refused)),
        ("404 UNKNOWN_LEVEL", "level")
    );
}
