//! What the risk rules say to withdrawals, and what risk officers decide about those that wait.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Reply;
use tests::worker::Worker;

use super::{Stage, User, bitcoin};

async fn publish(stage: &Stage, rule: &str, condition: &str, action: &str) {
    let (kind, parameters) = condition.split_once(' ').unwrap_or((condition, "{}"));
    stage
        .run(&format!(
            "select risk.publish_rule('{rule}', 'withdrawal', '{kind}', '{parameters}', '{action}',
                 upper('{rule}'))"
        ))
        .await;
}

const NEW_ADDRESS: &str = r#"new_withdrawal_address {"cool_down_seconds": 86400}"#;

async fn decide(stage: &Stage, officer: &str, event: i64, decision: &str) -> Reply {
    let body = json!({ "eventId": event, "decision": decision, "note": "looked at it" });
    stage.post(officer, "admin/risk/events/decide", body).await
}

/// A withdrawal of 0.5 BTC that is held because its address is new, and a risk officer.
async fn held() -> (Stage, User, String, String) {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "new_address", NEW_ADDRESS, "hold").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(stage.state(&number).await, "requested");
    let officer = stage.staff("risk").await;
    (stage, alice, number, officer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_to_a_new_address_waits_until_it_is_released() {
    let (stage, alice, number, officer) = held().await;
    let queue = stage.get(&officer, "admin/withdrawals").await;
    let waiting = &queue.body["withdrawals"][0];
    assert_eq!(waiting["isRiskHeld"], true, "{queue:?}");
    assert_eq!(waiting["rules"], json!(["new_address"]));
    // A reviewer has no say in it, but to reject it.
    let reviewer = stage.staff("reviewer").await;
    let refused = stage.review(&reviewer, &number, true).await;
    assert_eq!(refused.shown(), "409 WITHDRAWAL_DECIDED");
    let done = decide(&stage, &officer, 1, "released").await;
    assert_eq!(done.shown(), "200", "{done:?}");
    assert_eq!(stage.state(&number).await, "approved");
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0.50004");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_upheld_is_rejected_and_the_money_is_back() {
    let (stage, alice, number, officer) = held().await;
    let done = decide(&stage, &officer, 1, "upheld").await;
    assert_eq!(done.shown(), "200", "{done:?}");
    let seen = stage.withdrawal(&alice, &number).await;
    assert_eq!(
        (&seen["state"], &seen["reason"]),
        (&json!("rejected"), &json!("it did not pass our checks"))
    );
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_rule_that_holds_it_must_be_released() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "new_address", NEW_ADDRESS, "hold").await;
    publish(&stage, "first_one", "first_withdrawal", "hold").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let officer = stage.staff("risk").await;
    decide(&stage, &officer, 1, "released").await;
    assert_eq!(stage.state(&number).await, "requested");
    let queue = stage.get(&officer, "admin/withdrawals").await;
    assert_eq!(queue.body["withdrawals"][0]["isRiskHeld"], true);
    decide(&stage, &officer, 2, "released").await;
    // The reviewer is still waited for.
    assert_eq!(stage.state(&number).await, "requested");
    let done = stage
        .review(&stage.staff("finance").await, &number, true)
        .await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reviewer_may_come_before_the_officer() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "new_address", NEW_ADDRESS, "hold").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let (officer, reviewer) = (stage.staff("risk").await, stage.staff("reviewer").await);
    let done = stage.review(&reviewer, &number, true).await;
    assert_eq!(done.body["state"], "requested", "{done:?}");
    decide(&stage, &officer, 1, "released").await;
    assert_eq!(stage.state(&number).await, "approved");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_asks_for_a_look_asks_for_a_reviewer() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "first_one", "first_withdrawal", "review").await;
    let first = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    let second = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    assert_eq!(stage.state(&first).await, "requested");
    assert_eq!(stage.state(&second).await, "approved");
    let done = stage
        .review(&stage.staff("reviewer").await, &first, true)
        .await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    // What a risk officer finds afterwards stops what is not being sent yet.
    decide(&stage, &stage.staff("risk").await, 1, "upheld").await;
    assert_eq!(stage.state(&first).await, "rejected");
    assert_eq!(stage.state(&second).await, "approved");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_does_not_do_away_with_the_reviewer_whom_another_rule_asks_for() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "new_address", NEW_ADDRESS, "hold").await;
    publish(&stage, "first_one", "first_withdrawal", "review").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    let held = "select min(event_id) from risk.events where action = 'hold'";
    let event = stage.text(held).await.parse().expect("an event");
    decide(&stage, &stage.staff("risk").await, event, "released").await;
    assert_eq!(stage.state(&number).await, "requested");
    let done = stage
        .review(&stage.staff("reviewer").await, &number, true)
        .await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_being_sent_is_not_taken_back_by_a_late_decision() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "first_one", "first_withdrawal", "review").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    stage
        .review(&stage.staff("reviewer").await, &number, true)
        .await;
    let payment = stage.plan(&[&number]).await;
    let officer = stage.staff("risk").await;
    assert_eq!(decide(&stage, &officer, 1, "upheld").await.shown(), "200");
    assert_eq!(stage.state(&number).await, "approved");
    stage.step(&[&number], "signed", &payment).await;
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_of_an_account_that_was_frozen_is_not_released() {
    let (stage, alice, number, officer) = held().await;
    let status = |status: &str| {
        let account = alice.account;
        format!("select exchange.set_account_status({account}, '{status}')")
    };
    stage.run(&status("frozen")).await;
    let refused = decide(&stage, &officer, 1, "released").await;
    assert_eq!(refused.shown(), "403 ACCOUNT_FROZEN");
    assert_eq!(stage.text("select count(*) from risk.reviews").await, "0");
    stage.run(&status("active")).await;
    assert_eq!(decide(&stage, &officer, 1, "released").await.shown(), "200");
    assert_eq!(stage.state(&number).await, "approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_address_that_has_been_known_long_enough_holds_nothing_any_more() {
    let (stage, alice, number, _) = held().await;
    let end = "select exchange.end_cool_down()";
    assert_eq!(stage.text(end).await, "false");
    // A day passes.
    stage
        .run(
            "update risk.activities set occurred_at = occurred_at - interval '1 day';
             update risk.events set observed = jsonb_build_object('known_since',
                 (observed ->> 'known_since')::timestamptz - interval '1 day');
             update exchange.withdrawals
             set cool_down_ends_at = cool_down_ends_at - interval '1 day'",
        )
        .await;
    let other = stage.withdraw(&alice, "BTC", &bitcoin(8).0, "0.5").await;
    let known = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(stage.state(&known).await, "approved");
    assert_eq!(stage.text(end).await, "true");
    assert_eq!(stage.text(end).await, "false");
    assert_eq!(stage.state(&number).await, "approved");
    assert_eq!(stage.state(&other).await, "requested");
    let decided =
        "select decision || ' ' || coalesce(decided_by::text, 'nobody') from risk.reviews";
    assert_eq!(stage.text(decided).await, "released nobody");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_to_a_new_address_goes_on_within_a_second_of_its_time() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    // The longer of two holds is the one that counts.
    for (rule, seconds) in [("brief", 1), ("longer", 3)] {
        let condition = format!(r#"new_withdrawal_address {{"cool_down_seconds": {seconds}}}"#);
        publish(&stage, rule, &condition, "hold").await;
    }
    let frozen = stage.join("bob").await;
    let theirs = stage.withdraw(&frozen, "BTC", &bitcoin(8).0, "0.5").await;
    let freeze = format!(
        "select exchange.set_account_status({}, 'frozen')",
        frozen.account
    );
    stage.run(&freeze).await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let _workers = ["deadlines", "deadlines"]
        .map(|name| Worker::start(&stage.database, name).expect("it starts"));
    tests::wait::until("it goes on", async || {
        stage.state(&number).await == "approved"
    })
    .await;
    let late = format!(
        "select extract(epoch from w.approved_at - a.occurred_at) between 3 and 4
         from exchange.withdrawals w join risk.activities a using (activity_id)
         where w.withdrawal_id = {number}"
    );
    assert_eq!(stage.text(&late).await, "true");
    assert_eq!(stage.state(&theirs).await, "requested");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_back_counts_in_no_limit_and_is_not_the_first() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let sum = r#"withdrawn_amount {"asset": "BTC", "most": "3", "within_seconds": 86400}"#;
    publish(&stage, "sum", sum, "deny").await;
    publish(&stage, "level", "level_limits", "deny").await;
    publish(&stage, "first", "first_withdrawal", "review").await;
    let often = r#"frequent_activity {"most": 5, "within_seconds": 86400}"#;
    publish(&stage, "often", often, "deny").await;
    stage
        .run("update exchange.kyc_levels set daily_withdrawal = 300 where level = 2")
        .await;
    // Each is all that a day allows, and each is the first.
    let one = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "3").await;
    stage.cancel(&alice, &one).await;
    let two = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "3").await;
    let reviewer = stage.staff("reviewer").await;
    assert_eq!(
        stage.review(&reviewer, &two, false).await.body["state"],
        "rejected"
    );
    let three = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "3").await;
    stage.review(&reviewer, &three, true).await;
    let payment = stage.plan(&[&three]).await;
    stage
        .run(&format!(
            "select chain.end_payment({payment}, 'gone', null)"
        ))
        .await;
    assert_eq!(stage.state(&three).await, "failed");
    let four = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "3").await;
    let firsts = "select count(*) from risk.events where rule = 'first'";
    assert_eq!(stage.text(firsts).await, "4");
    // One that waits counts, and attempts are attempts.
    let more = stage.ask(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    assert_eq!(more.shown(), "403 RISK_DENIED");
    stage.cancel(&alice, &four).await;
    stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    let sixth = stage.ask(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    assert_eq!(sixth.shown(), "403 RISK_DENIED");
    let rules = "select string_agg(rule, ' ' order by activity_id, rule) from risk.events
        where action = 'deny'";
    assert_eq!(stage.text(rules).await, "level sum often");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_levels_limit_is_kept_over_a_day() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    publish(&stage, "level_limits", "level_limits", "deny").await;
    stage
        .run("update exchange.kyc_levels set daily_withdrawal = 300 where level = 2")
        .await;
    let ask = async |amount: &str| {
        let body: Value = json!({ "asset": "BTC", "address": bitcoin(7).0, "amount": amount });
        stage
            .post(&alice.token, "wallet/withdraw", body)
            .await
            .shown()
    };
    // At 100 USDT each.
    assert_eq!(ask("2").await, "200");
    assert_eq!(ask("1.1").await, "403 RISK_DENIED");
    assert_eq!(ask("1").await, "200");
    assert_eq!(ask("0.001").await, "403 RISK_DENIED");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_of_the_blacklist_counts_however_it_is_spelled() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage
        .run(
            "select risk.publish_rule('listed', 'withdrawal', 'blacklisted_address', '{}',
            'deny', 'LISTED')",
        )
        .await;
    // A checksum of letters, small ones, large ones.
    let (evm, segwit) = (super::ethereum(0xab), bitcoin(9).0);
    let listed = [
        evm.clone(),
        super::ethereum(0xac).to_lowercase(),
        segwit.to_uppercase(),
    ];
    for wallet in &listed {
        stage
            .run(&format!(
                "insert into risk.blacklist (wallet, because) values ('{wallet}', 'stolen')"
            ))
            .await;
    }
    for (asset, to) in [
        ("ETH", evm.clone()),
        ("ETH", evm.to_lowercase()),
        ("ETH", super::ethereum(0xac)),
        ("BTC", segwit),
    ] {
        let denied = stage.ask(&alice, asset, &to, "1").await;
        assert_eq!(denied.shown(), "403 RISK_DENIED", "{to}");
    }
    let other = stage.ask(&alice, "ETH", &super::ethereum(0xad), "1").await;
    assert_eq!(other.shown(), "200", "{other:?}");
    let twice = format!(
        "insert into risk.blacklist (wallet, because) values ('{}', 'x')",
        super::ethereum(0xac)
    );
    assert!(stage.refusal(&twice).await.contains("blacklist_pkey"));
}
