//! Every action that needs a second person: who may decide it, and that it is then done.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Reply;
use tests::staff::{self, Person};

use super::stage::Stage;

/// An action: its path and body, who may decide it, and what shows that it was done. `{account}`
/// and `{member}` stand for a user's account and a member.
struct Action {
    path: &'static str,
    body: &'static str,
    deciders: &'static [&'static str],
    proof: &'static str,
    before: &'static str,
    after: &'static str,
}

const GUARDS: &[&str] = &["support", "risk", "administrator"];
const MONEY: &[&str] = &["finance", "administrator"];
const MARKET: &[&str] = &["risk", "administrator"];
const STAFF: &[&str] = &["administrator"];

const ACTIONS: &[Action] = &[
    Action {
        path: "accounts/unfreeze",
        body: r#"{"accountId":{account}}"#,
        deciders: GUARDS,
        proof: "select status from exchange.accounts where account_id = {account}",
        before: "frozen",
        after: "active",
    },
    Action {
        path: "accounts/fee-tier",
        body: r#"{"accountId":{account},"feeTierId":2}"#,
        deciders: MONEY,
        proof: "select fee_tier_id from exchange.accounts where account_id = {account}",
        before: "1",
        after: "2",
    },
    Action {
        path: "fee-tiers/rates",
        body: r#"{"feeTierId":2,"makerRate":"0","takerRate":"0.0004"}"#,
        deciders: MONEY,
        proof: "select maker_rate || ' ' || taker_rate from exchange.fee_tiers
            where fee_tier_id = 2",
        before: "0.000500 0.001000",
        after: "0.000000 0.000400",
    },
    Action {
        path: "accounts/adjust",
        body: r#"{"accountId":{account},"asset":"USDT","amount":"-2.5"}"#,
        deciders: MONEY,
        proof: "select available from exchange.balances where account_id = {account}",
        before: "100.000000",
        after: "97.500000",
    },
    Action {
        path: "markets/status",
        body: r#"{"market":"BTC/USDT","status":"cancel_only"}"#,
        deciders: MARKET,
        proof: "select status from exchange.markets where market_id = 1",
        before: "trading",
        after: "cancel_only",
    },
    Action {
        path: "markets/limits",
        body: r#"{"market":"BTC/USDT","maxOpenOrders":7,"minNotional":"5"}"#,
        deciders: MARKET,
        proof: "select max_open_orders || ' ' || min_notional || ' ' || price_band
            from exchange.markets where market_id = 1",
        before: "1000000 0.01 0.500000",
        after: "7 5 0.500000",
    },
    Action {
        path: "members/roles",
        body: r#"{"staffId":{member},"roles":["support","finance","support"]}"#,
        deciders: STAFF,
        proof: "select roles from staff.members where staff_id = {member}",
        before: "{}",
        after: "{finance,support}",
    },
    Action {
        path: "members/reset",
        body: r#"{"staffId":{member}}"#,
        deciders: STAFF,
        proof: "select roles::text || (password_hash is null) from staff.members
            where staff_id = {member}",
        before: "{finance,support}false",
        after: "{}true",
    },
];

impl Action {
    fn body(&self, account: i64, member: i64) -> Value {
        let mut body: Value =
            serde_json::from_str(&filled(self.body, account, member)).expect("JSON");
        body["reason"] = "needed".into();
        body
    }
}

fn filled(text: &str, account: i64, member: i64) -> String {
    text.replace("{account}", &account.to_string())
        .replace("{member}", &member.to_string())
}

/// What cannot be done, with its answer and the field that it names.
const REFUSED: &[(&str, &str, &str, &str)] = &[
    (
        "accounts/unfreeze",
        r#"{"accountId":999}"#,
        "404 ACCOUNT_NOT_FOUND",
        "accountId",
    ),
    (
        "accounts/fee-tier",
        r#"{"accountId":{account},"feeTierId":9}"#,
        "404 FEE_TIER_NOT_FOUND",
        "feeTierId",
    ),
    (
        "accounts/adjust",
        r#"{"accountId":{account},"asset":"USDT","amount":"-100.5"}"#,
        "422 INSUFFICIENT_BALANCE",
        "",
    ),
    (
        "accounts/adjust",
        r#"{"accountId":{account},"asset":"XYZ","amount":"1"}"#,
        "404 UNKNOWN_ASSET",
        "asset",
    ),
    (
        "accounts/adjust",
        r#"{"accountId":{account},"asset":"USDT","amount":"0"}"#,
        "400 INVALID_AMOUNT",
        "amount",
    ),
    (
        "accounts/adjust",
        r#"{"accountId":{account},"asset":"USDT","amount":"NaN"}"#,
        "400 MALFORMED",
        "amount",
    ),
    (
        "accounts/adjust",
        r#"{"accountId":{account},"asset":"USDT","amount":"0.0000001"}"#,
        "400 INVALID_AMOUNT",
        "amount",
    ),
    (
        "fee-tiers/rates",
        r#"{"feeTierId":1,"makerRate":"0.2","takerRate":"0"}"#,
        "400 INVALID_FEE_RATE",
        "",
    ),
    (
        "fee-tiers/rates",
        r#"{"feeTierId":1,"makerRate":"-0.01","takerRate":"0"}"#,
        "400 INVALID_FEE_RATE",
        "",
    ),
    (
        "markets/status",
        r#"{"market":"X/Y","status":"halted"}"#,
        "404 UNKNOWN_MARKET",
        "market",
    ),
    (
        "markets/limits",
        r#"{"market":"BTC/USDT","priceBand":"1"}"#,
        "400 INVALID_LIMITS",
        "",
    ),
    (
        "markets/limits",
        r#"{"market":"BTC/USDT","minQuantity":"0.00005"}"#,
        "400 INVALID_LIMITS",
        "",
    ),
    (
        "members/roles",
        r#"{"staffId":999,"roles":[]}"#,
        "404 MEMBER_NOT_FOUND",
        "staffId",
    ),
    (
        "members/roles",
        r#"{"staffId":{member},"roles":[]}"#,
        "409 TOO_FEW_ADMINISTRATORS",
        "",
    ),
    (
        "members/reset",
        r#"{"staffId":{member}}"#,
        "409 TOO_FEW_ADMINISTRATORS",
        "",
    ),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_person_of_the_right_role_decides_and_it_is_done_at_once() {
    let stage = Stage::set().await;
    let port = stage.port();
    let every = &["risk", "finance", "support", "administrator"];
    let (mut boss, token) = stage.join(every).await;
    let again = boss.login(port).await.expect("a second login");
    let mut others = Vec::new();
    for role in staff::ROLES {
        let token = stage.member(role).await;
        others.push((role, token));
    }
    let (target, _): (Person, String) = stage.join(&[]).await;
    let freeze = json!({ "accountId": stage.account, "reason": "odd" });
    assert_eq!(
        stage.post(&token, "accounts/freeze", freeze).await.shown(),
        "200"
    );
    for action in ACTIONS {
        let path = action.path;
        let proof = filled(action.proof, stage.account, target.staff_id);
        let body = action.body(stage.account, target.staff_id);
        let proposed = stage.post(&token, path, body).await;
        assert_eq!(proposed.body["state"], "pending", "{path}: {proposed:?}");
        for own in [&token, &again] {
            let refused = stage.decide(own, &proposed, true).await;
            assert_eq!(refused.shown(), "403 SECOND_PERSON_REQUIRED", "{path}");
        }
        assert_eq!(stage.text(&proof).await, action.before, "{path}");
        decide_by_each(&stage, &others, action, &proposed).await;
        assert_eq!(stage.text(&proof).await, action.after, "{path}");
    }
    let entries = "select count(*) from audit.entries where action = 'approved'
        and staff_id <> (detail ->> 'proposed_by')::bigint";
    assert_eq!(stage.text(entries).await, "8");
    checks::assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

/// Each role tries to approve: the first that may does it, and the next one comes too late.
async fn decide_by_each(
    stage: &Stage,
    others: &[(&str, String)],
    action: &Action,
    proposed: &Reply,
) {
    let path = action.path;
    let mut done = 0;
    for (role, token) in others {
        let may = action.deciders.contains(role);
        let listed = is_listed_to_decide(stage, token, proposed).await;
        assert_eq!(listed, may && done == 0, "{path} as {role}");
        let reply = stage.decide(token, proposed, true).await;
        let expected = match (may, done) {
            (false, _) => "403 PERMISSION_DENIED",
            (true, 0) => "200",
            (true, _) => "409 PROPOSAL_DECIDED",
        };
        assert_eq!(reply.shown(), expected, "{path} as {role}: {reply:?}");
        done += usize::from(may);
    }
    assert_eq!(done, action.deciders.len(), "{path}");
}

/// Whether the list says that this member may decide the proposal.
async fn is_listed_to_decide(stage: &Stage, token: &str, proposed: &Reply) -> bool {
    let list = stage.get(token, "proposals?state=pending").await;
    let rows = list.body["proposals"].as_array().expect("a list");
    rows.iter()
        .any(|row| row["proposalId"] == proposed.body["proposalId"] && row["mayDecide"] == true)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_is_not_proposed() {
    let stage = Stage::set().await;
    let every = &["risk", "finance", "support", "administrator"];
    let (boss, token) = stage.join(every).await;
    let account = stage.account;
    for (path, body, shown, field) in REFUSED {
        let mut body: Value =
            serde_json::from_str(&filled(body, account, boss.staff_id)).expect("JSON");
        body["reason"] = "needed".into();
        let refused = stage.post(&token, path, body.clone()).await;
        assert_eq!(refused.shown(), *shown, "{path} {body}");
        assert_eq!(
            refused.body["field"].as_str().unwrap_or_default(),
            *field,
            "{path} {body}"
        );
    }
    for reason in ["", "line\nbreak", &"x".repeat(501)] {
        let body = json!({ "accountId": account, "reason": reason });
        let refused = stage.post(&token, "accounts/freeze", body).await;
        assert_eq!(
            (refused.shown(), refused.body["field"].as_str()),
            ("400 MALFORMED".to_owned(), Some("reason"))
        );
    }
    let left = "select (select count(*) from staff.proposals)
        + (select count(*) from exchange.adjustments) - 1";
    assert_eq!(stage.text(left).await, "0", "trying leaves nothing");
    checks::assert_clean(&stage.owner).await;
    stage.database.drop().await;
}
