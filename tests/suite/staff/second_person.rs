//! Every action that needs a second person: who may decide it, and that it is then done.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Reply;
use tests::staff::{self, Person};

use super::stage::Stage;

/// An action: its path and body, who may decide it, and what shows that it was done.
struct Action {
    path: &'static str,
    body: Value,
    deciders: &'static [&'static str],
    proof: String,
    before: &'static str,
    after: &'static str,
}

fn actions(account: i64, member: i64) -> Vec<Action> {
    let action = |path, body: Value, deciders, proof: String, before, after| Action {
        path,
        body: {
            let mut body = body;
            body["reason"] = "needed".into();
            body
        },
        deciders,
        proof,
        before,
        after,
    };
    let of_account = |column: &str| {
        format!("select {column} from exchange.accounts where account_id = {account}")
    };
    let of_member = format!(
        "select roles::text || (password_hash is null) from staff.members where staff_id = {member}"
    );
    let of_market =
        |columns: &str| format!("select {columns} from exchange.markets where market_id = 1");
    let money: &[&str] = &["finance", "administrator"];
    let market: &[&str] = &["risk", "administrator"];
    vec![
        action(
            "accounts/unfreeze",
            json!({ "accountId": account }),
            &["support", "risk", "administrator"],
            of_account("status"),
            "frozen",
            "active",
        ),
        action(
            "accounts/fee-tier",
            json!({ "accountId": account, "feeTierId": 2 }),
            money,
            of_account("fee_tier_id"),
            "1",
            "2",
        ),
        action(
            "fee-tiers/rates",
            json!({ "feeTierId": 2, "makerRate": "0", "takerRate": "0.0004" }),
            money,
            "select maker_rate || ' ' || taker_rate from exchange.fee_tiers where fee_tier_id = 2"
                .into(),
            "0.000500 0.001000",
            "0.000000 0.000400",
        ),
        action(
            "accounts/adjust",
            json!({ "accountId": account, "asset": "USDT", "amount": "-2.5" }),
            money,
            format!("select available from exchange.balances where account_id = {account}"),
            "100.000000",
            "97.500000",
        ),
        action(
            "markets/status",
            json!({ "market": "BTC/USDT", "status": "cancel_only" }),
            market,
            of_market("status"),
            "trading",
            "cancel_only",
        ),
        action(
            "markets/limits",
            json!({ "market": "BTC/USDT", "maxOpenOrders": 7, "minNotional": "5" }),
            market,
            of_market("max_open_orders || ' ' || min_notional || ' ' || price_band"),
            "1000000 0.01 0.500000",
            "7 5 0.500000",
        ),
        action(
            "members/roles",
            json!({ "staffId": member, "roles": ["support", "finance", "support"] }),
            &["administrator"],
            of_member.clone(),
            "{}false",
            "{finance,support}false",
        ),
        action(
            "members/reset",
            json!({ "staffId": member }),
            &["administrator"],
            of_member,
            "{finance,support}false",
            "{}true",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_person_of_the_right_role_decides_and_it_is_done_at_once() {
    let stage = Stage::set().await;
    let port = stage.port();
    let every = &["risk", "finance", "support", "administrator"];
    let (mut boss, token) = staff::join(port, &stage.owner, every)
        .await
        .expect("a member");
    let again = boss.login(port).await.expect("a second login");
    let mut others = Vec::new();
    for role in staff::ROLES {
        let token = staff::login(port, &stage.owner, role)
            .await
            .expect("a member");
        others.push((role, token));
    }
    let (target, _): (Person, String) = staff::join(port, &stage.owner, &[])
        .await
        .expect("a member");
    let freeze = json!({ "accountId": stage.account, "reason": "odd" });
    assert_eq!(
        stage.post(&token, "accounts/freeze", freeze).await.shown(),
        "200"
    );
    for action in actions(stage.account, target.staff_id) {
        let path = action.path;
        let proposed = stage.post(&token, path, action.body.clone()).await;
        assert_eq!(proposed.body["state"], "pending", "{path}: {proposed:?}");
        for own in [&token, &again] {
            let refused = stage.decide(own, &proposed, true).await;
            assert_eq!(refused.shown(), "403 SECOND_PERSON_REQUIRED", "{path}");
        }
        let mut done = 0;
        for (role, token) in &others {
            let may = action.deciders.contains(role);
            if done == 0 {
                assert_eq!(stage.text(&action.proof).await, action.before, "{path}");
            }
            let listed = is_listed_to_decide(&stage, token, &proposed).await;
            assert_eq!(listed, may && done == 0, "{path} as {role}");
            let reply = stage.decide(token, &proposed, true).await;
            match (may, done) {
                (false, _) => {
                    assert_eq!(reply.shown(), "403 PERMISSION_DENIED", "{path} as {role}")
                }
                (true, 0) => assert_eq!(
                    reply.body["state"], "approved",
                    "{path} as {role}: {reply:?}"
                ),
                (true, _) => assert_eq!(reply.shown(), "409 PROPOSAL_DECIDED", "{path} as {role}"),
            }
            done += usize::from(may);
        }
        assert_eq!(done, action.deciders.len(), "{path}");
        assert_eq!(stage.text(&action.proof).await, action.after, "{path}");
    }
    let entries = "select count(*) from audit.entries where action = 'approved'
        and staff_id <> (detail ->> 'proposed_by')::bigint";
    assert_eq!(stage.text(entries).await, "8");
    checks::assert_clean(&stage.owner).await;
    stage.database.drop().await;
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
    let port = stage.port();
    let every = &["risk", "finance", "support", "administrator"];
    let (boss, token) = staff::join(port, &stage.owner, every)
        .await
        .expect("a member");
    let account = stage.account;
    for (path, body, shown, field) in [
        (
            "accounts/unfreeze",
            json!({ "accountId": 999 }),
            "404 ACCOUNT_NOT_FOUND",
            "accountId",
        ),
        (
            "accounts/fee-tier",
            json!({ "accountId": account, "feeTierId": 9 }),
            "404 FEE_TIER_NOT_FOUND",
            "feeTierId",
        ),
        (
            "accounts/adjust",
            json!({ "accountId": account, "asset": "USDT", "amount": "-100.5" }),
            "422 INSUFFICIENT_BALANCE",
            "",
        ),
        (
            "accounts/adjust",
            json!({ "accountId": account, "asset": "XYZ", "amount": "1" }),
            "404 UNKNOWN_ASSET",
            "asset",
        ),
        (
            "accounts/adjust",
            json!({ "accountId": account, "asset": "USDT", "amount": "0" }),
            "400 INVALID_AMOUNT",
            "amount",
        ),
        (
            "accounts/adjust",
            json!({ "accountId": account, "asset": "USDT", "amount": "NaN" }),
            "400 MALFORMED",
            "amount",
        ),
        (
            "accounts/adjust",
            json!({ "accountId": account, "asset": "USDT", "amount": "0.0000001" }),
            "400 INVALID_AMOUNT",
            "amount",
        ),
        (
            "fee-tiers/rates",
            json!({ "feeTierId": 1, "makerRate": "0.2", "takerRate": "0" }),
            "400 INVALID_FEE_RATE",
            "",
        ),
        (
            "fee-tiers/rates",
            json!({ "feeTierId": 1, "makerRate": "-0.01", "takerRate": "0" }),
            "400 INVALID_FEE_RATE",
            "",
        ),
        (
            "markets/status",
            json!({ "market": "X/Y", "status": "halted" }),
            "404 UNKNOWN_MARKET",
            "market",
        ),
        (
            "markets/limits",
            json!({ "market": "BTC/USDT", "priceBand": "1" }),
            "400 INVALID_LIMITS",
            "",
        ),
        (
            "markets/limits",
            json!({ "market": "BTC/USDT", "minQuantity": "0.00005" }),
            "400 INVALID_LIMITS",
            "",
        ),
        (
            "members/roles",
            json!({ "staffId": 999, "roles": [] }),
            "404 MEMBER_NOT_FOUND",
            "staffId",
        ),
        (
            "members/roles",
            json!({ "staffId": boss.staff_id, "roles": [] }),
            "409 TOO_FEW_ADMINISTRATORS",
            "",
        ),
        (
            "members/reset",
            json!({ "staffId": boss.staff_id }),
            "409 TOO_FEW_ADMINISTRATORS",
            "",
        ),
    ] {
        let mut body = body;
        body["reason"] = "needed".into();
        let refused = stage.post(&token, path, body.clone()).await;
        assert_eq!(refused.shown(), shown, "{path} {body}");
        assert_eq!(
            refused.body["field"].as_str().unwrap_or_default(),
            field,
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
    let left = "select (select count(*) from staff.proposals) + (select count(*) from exchange.adjustments) - 1";
    assert_eq!(stage.text(left).await, "0", "trying leaves nothing");
    checks::assert_clean(&stage.owner).await;
    stage.database.drop().await;
}
