//! Halts: one person stops withdrawals, two let them go on.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Reply;

use super::{Stage, User, bitcoin, ethereum, told};

async fn halt(stage: &Stage, token: &str, what: Value) -> Reply {
    let mut body = what;
    body["reason"] = json!("the node is odd");
    stage.post(token, "admin/withdrawals/halts", body).await
}

/// Asks to lift a halt as one member and agrees as another.
async fn lift(stage: &Stage, one: &str, other: &str, what: Value) -> Reply {
    let mut body = what;
    body["reason"] = json!("looked at it");
    let proposed = stage.post(one, "admin/withdrawals/halts/lift", body).await;
    assert_eq!(proposed.shown(), "200", "{proposed:?}");
    let decision = json!({ "proposalId": proposed.body["proposalId"], "approve": true,
        "reason": "agreed" });
    let alone = stage
        .post(one, "admin/proposals/decide", decision.clone())
        .await;
    assert_eq!(alone.shown(), "403 SECOND_PERSON_REQUIRED");
    stage.post(other, "admin/proposals/decide", decision).await
}

/// Which of BTC, ETH and USDT can be withdrawn.
async fn open(stage: &Stage, user: &User) -> Vec<&'static str> {
    let mut open = Vec::new();
    for (asset, to, amount) in [
        ("BTC", bitcoin(7).0, "0.01"),
        ("ETH", ethereum(7), "0.1"),
        ("USDT", ethereum(7), "5"),
    ] {
        match stage.ask(user, asset, &to, amount).await.shown().as_str() {
            "200" => open.push(asset),
            "409 WITHDRAWALS_HALTED" => {}
            other => panic!("{asset}: {other}"),
        }
    }
    open
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_member_halts_an_asset_a_network_or_all_and_two_lift_it() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (one, other) = (stage.staff("risk").await, stage.staff("finance").await);
    let everything = ["BTC", "ETH", "USDT"];
    for (what, halted, left) in [
        (json!({ "asset": "ETH" }), 1, vec!["BTC", "USDT"]),
        (
            json!({ "asset": "USDT", "network": "ethereum" }),
            1,
            vec!["BTC", "ETH"],
        ),
        (json!({ "network": "ethereum" }), 1, vec!["BTC"]),
        (json!({}), 2, vec![]),
    ] {
        assert_eq!(open(&stage, &alice).await, everything);
        let done = halt(&stage, &one, what.clone()).await;
        assert_eq!(done.body, json!({ "halted": halted }), "{what}: {done:?}");
        let again = halt(&stage, &other, what.clone()).await;
        assert_eq!(again.body, json!({ "halted": 0 }), "{what}: {again:?}");
        assert_eq!(open(&stage, &alice).await, left, "{what}");
        let seen = stage.get(&other, "admin/withdrawals/halts").await;
        let halts = seen.body["halts"].as_array().expect("halts");
        assert_eq!(halts.len(), halted, "{seen:?}");
        assert_eq!(halts[0]["reason"], "the node is odd");
        let lifted = lift(&stage, &one, &other, what.clone()).await;
        assert_eq!(
            lifted.body["outcome"],
            json!({ "lifted": halted }),
            "{lifted:?}"
        );
    }
    assert_eq!(open(&stage, &alice).await, everything);
    let logged = "select count(*) from audit.entries where action = 'withdrawals_halted'";
    assert_eq!(stage.text(logged).await, "8");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lifting_all_leaves_an_asset_that_was_halted_by_itself() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (one, other) = (
        stage.staff("administrator").await,
        stage.staff("risk").await,
    );
    halt(&stage, &one, json!({ "asset": "BTC" })).await;
    halt(&stage, &one, json!({})).await;
    lift(&stage, &one, &other, json!({})).await;
    assert_eq!(open(&stage, &alice).await, ["ETH", "USDT"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_while_it_is_halted_can_be_reviewed_and_taken_back() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let first = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let second = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    halt(&stage, &stage.staff("risk").await, json!({})).await;
    let done = stage
        .review(&stage.staff("reviewer").await, &first, true)
        .await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    assert_eq!(stage.cancel(&alice, &first).await.shown(), "200");
    assert_eq!(stage.cancel(&alice, &second).await.shown(), "200");
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_exist_is_not_halted() {
    let stage = Stage::set().await;
    let officer = stage.staff("risk").await;
    for (what, refusal) in [
        (json!({ "asset": "DOGE" }), "404 UNKNOWN_ASSET asset"),
        (
            json!({ "network": "dogecoin" }),
            "404 UNKNOWN_NETWORK network",
        ),
    ] {
        assert_eq!(told(&halt(&stage, &officer, what).await), refusal);
    }
    let body = json!({ "reason": "" });
    let reply = stage.post(&officer, "admin/withdrawals/halts", body).await;
    assert_eq!(told(&reply), "400 MALFORMED reason");
}
