//! Who must agree: tiers by amount and level, two different people, rejections.

use serde_json::{Value, json};
use tests::checks;
use tests::trading::rows;

use super::{Stage, bitcoin, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_amount_and_the_level_say_how_many_must_agree() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    // One reviewer above 1 BTC, two above 5; a quarter of that for level 1, twice for level 3.
    for (level, amount, reviews) in [
        (2, "1", 0),
        (2, "1.00000001", 1),
        (2, "5", 1),
        (2, "5.00000001", 2),
        (1, "0.25", 0),
        (1, "0.25000001", 1),
        (1, "1.25000001", 2),
        (3, "2", 0),
        (3, "2.00000001", 1),
    ] {
        stage
            .run(&format!(
                "update exchange.accounts set kyc_level = {level} where account_id = {}",
                alice.account
            ))
            .await;
        let reply = stage.ask(&alice, "BTC", &bitcoin(7).0, amount).await;
        let number = super::number_of(&reply);
        let needed = stage
            .text(&format!(
                "select required_reviews from exchange.withdrawals where withdrawal_id = {number}"
            ))
            .await;
        assert_eq!(needed, reviews.to_string(), "{amount} at level {level}");
        let state = if reviews == 0 {
            "approved"
        } else {
            "requested"
        };
        assert_eq!(
            reply.body["withdrawal"]["state"], state,
            "{amount} at level {level}"
        );
        stage.cancel(&alice, &number).await;
    }
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reviewer_lets_a_larger_one_go() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let reviewer = stage.staff("reviewer").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let queue = stage.get(&reviewer, "admin/withdrawals").await;
    let row = &queue.body["withdrawals"][0];
    let expected = json!({ "withdrawalId": number, "accountId": alice.account, "asset": "BTC",
        "network": "bitcoin", "address": bitcoin(7).0, "isInternal": false,
        "amount": "2.00000000", "fee": "0.00004000", "valueUsdt": "200.00", "level": 2,
        "requiredReviews": 1, "approvedBy": [], "isRiskHeld": false, "rules": [],
        "requestedAt": row["requestedAt"] });
    assert_eq!(row, &expected, "{queue:?}");
    let done = stage.review(&reviewer, &number, true).await;
    assert_eq!(done.body, json!({ "state": "approved", "repeated": false }));
    let again = stage.review(&reviewer, &number, true).await;
    assert_eq!(again.body, json!({ "state": "approved", "repeated": true }));
    let other = stage.staff("finance").await;
    let late = stage.review(&other, &number, true).await;
    assert_eq!(told(&late), "409 WITHDRAWAL_DECIDED withdrawalId");
    let queue = stage.get(&reviewer, "admin/withdrawals").await;
    assert_eq!(queue.body["withdrawals"], json!([]));
    let seen = stage.withdrawal(&alice, &number).await;
    assert!(seen["approvedAt"].is_i64());
    let logged = "select action from audit.entries where subject like 'withdrawal:%'";
    assert_eq!(rows(&stage.owner, logged).await, ["withdrawal_approved"]);
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_reviews_are_two_peoples() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (first, second) = (stage.staff("reviewer").await, stage.staff("finance").await);
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "6").await;
    let one = stage.review(&first, &number, true).await;
    assert_eq!(one.body, json!({ "state": "requested", "repeated": false }));
    let same = stage.review(&first, &number, true).await;
    assert_eq!(same.body, json!({ "state": "requested", "repeated": true }));
    let turned = stage.review(&first, &number, false).await;
    assert_eq!(turned.shown(), "403 SECOND_PERSON_REQUIRED");
    let queue = stage.get(&second, "admin/withdrawals").await;
    let waiting = &queue.body["withdrawals"][0];
    assert_eq!(waiting["approvedBy"].as_array().map(Vec::len), Some(1));
    assert_eq!(waiting["requiredReviews"], 2);
    let two = stage.review(&second, &number, true).await;
    assert_eq!(two.body, json!({ "state": "approved", "repeated": false }));
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_reviewer_rejects_the_money_is_back_and_the_owner_is_told_why() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (first, second) = (stage.staff("reviewer").await, stage.staff("finance").await);
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "6").await;
    stage.review(&first, &number, true).await;
    let body = json!({ "withdrawalId": number, "approve": false, "reason": "call us first" });
    let done = stage.post(&second, "admin/withdrawals/review", body).await;
    assert_eq!(done.body, json!({ "state": "rejected", "repeated": false }));
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    let seen = stage.withdrawal(&alice, &number).await;
    assert_eq!(seen["reason"], "call us first");
    let mail = "select facts ->> 'state' || ': ' || (facts ->> 'reason') from exchange.mails
        where kind = 'withdrawal_ended'";
    assert_eq!(stage.text(mail).await, "rejected: call us first");
    let late = stage
        .review(&stage.staff("reviewer").await, &number, true)
        .await;
    assert_eq!(late.shown(), "409 WITHDRAWAL_DECIDED");
    assert_eq!(
        stage.cancel(&alice, &number).await.shown(),
        "409 WITHDRAWAL_NOT_CANCELLABLE"
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ended_or_was_never_asked_for_cannot_be_reviewed() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let reviewer = stage.staff("reviewer").await;
    let small = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let taken_back = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    stage.cancel(&alice, &taken_back).await;
    for number in [&small, &taken_back] {
        for approve in [true, false] {
            let reply = stage.review(&reviewer, number, approve).await;
            assert_eq!(told(&reply), "409 WITHDRAWAL_DECIDED withdrawalId");
        }
    }
    let nothing = stage.review(&reviewer, "999999", true).await;
    assert_eq!(told(&nothing), "404 WITHDRAWAL_NOT_FOUND withdrawalId");
    for (body, field) in [
        (
            json!({ "withdrawalId": small, "approve": true, "reason": "" }),
            "reason",
        ),
        (
            json!({ "withdrawalId": "x", "approve": true, "reason": "y" }),
            "withdrawalId",
        ),
        (
            json!({ "withdrawalId": small, "approve": "yes", "reason": "y" }),
            "approve",
        ),
    ] {
        let reply = stage
            .post(&reviewer, "admin/withdrawals/review", body)
            .await;
        assert_eq!(told(&reply), format!("400 MALFORMED {field}"));
    }
    let none = "select count(*) from exchange.withdrawal_reviews";
    assert_eq!(stage.text(none).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_approved_for_an_account_that_was_frozen_or_owes() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let reviewer = stage.staff("reviewer").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let status = |status: &str| {
        let account = alice.account;
        format!("select exchange.set_account_status({account}, '{status}')")
    };
    stage.run(&status("frozen")).await;
    let refused = stage.review(&reviewer, &number, true).await;
    assert_eq!(refused.shown(), "403 ACCOUNT_FROZEN");
    stage.run(&status("active")).await;
    let done = stage.review(&reviewer, &number, true).await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_queue_is_read_in_pages() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let reviewer = stage.staff("reviewer").await;
    let mut numbers = Vec::new();
    for _ in 0..3 {
        numbers.push(stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await);
    }
    let of = |body: &Value| -> Vec<String> {
        let rows = body["withdrawals"].as_array().expect("a queue").iter();
        rows.map(|row| row["withdrawalId"].as_str().expect("a number").to_owned())
            .collect()
    };
    let first = stage.get(&reviewer, "admin/withdrawals?limit=2").await;
    assert_eq!(of(&first.body), numbers[..2]);
    let next = first.body["nextCursor"].as_str().expect("there is more");
    let path = format!("admin/withdrawals?limit=2&cursor={next}");
    let rest = stage.get(&reviewer, &path).await;
    assert_eq!(of(&rest.body), numbers[2..]);
    assert_eq!(rest.body["nextCursor"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_of_the_moment_of_approval_count_and_are_kept() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (first, second) = (stage.staff("reviewer").await, stage.staff("finance").await);
    let early = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let late = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let done = stage.review(&first, &early, true).await;
    assert_eq!(done.body["state"], "approved");
    stage
        .run("update chain.coins set second_review_above = 1, review_above = 1")
        .await;
    // What was approved stays so; what was not needs the second person too.
    let one = stage.review(&first, &late, true).await;
    assert_eq!(one.body["state"], "requested", "{one:?}");
    let two = stage.review(&second, &late, true).await;
    assert_eq!(two.body["state"], "approved", "{two:?}");
    let kept = "select string_agg(withdrawal_id || ' ' || required_reviews, ', '
        order by withdrawal_id) from exchange.withdrawal_approvals";
    assert_eq!(
        stage.text(kept).await,
        format!("{early} 1, {late} 2"),
        "what each needed"
    );
    checks::assert_clean(&stage.owner).await;
    for change in ["update {} set required_reviews = 0", "delete from {}"] {
        let change = change.replace("{}", "exchange.withdrawal_approvals");
        let refused = stage.refusal(&change).await;
        assert!(refused.contains("only ever added to"), "{refused}");
    }
}
