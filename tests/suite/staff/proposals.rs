//! Proposals in time: races, expiry, repeats, and what changes between proposing and deciding.

use serde_json::json;
use tests::checks;
use tests::staff;

use super::stage::Stage;

/// Proposes to give alice so much.
fn gift(stage: &Stage, amount: &str) -> serde_json::Value {
    json!({ "accountId": stage.account, "asset": "USDT", "amount": amount, "reason": "a mistake" })
}

async fn finance(stage: &Stage, count: usize) -> Vec<String> {
    let mut tokens = Vec::new();
    for _ in 0..count {
        let token = staff::login(stage.port(), &stage.owner, "finance").await;
        tokens.push(token.expect("a member"));
    }
    tokens
}

const BALANCE: &str = "select sum(available) from exchange.balances b
    join exchange.accounts a using (account_id) where a.role = 'user'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_who_decide_at_once_one_does() {
    let stage = Stage::set().await;
    let tokens = finance(&stage, 4).await;
    for round in 1..=3 {
        let proposed = stage
            .post(&tokens[0], "accounts/adjust", gift(&stage, "1"))
            .await;
        // One of them rejects.
        let deciders = tokens[1..].iter().enumerate();
        let decisions =
            deciders.map(|(number, token)| stage.decide(token, &proposed, number != round - 1));
        let shown: Vec<String> = futures::future::join_all(decisions)
            .await
            .iter()
            .map(tests::raw::Reply::shown)
            .collect();
        assert_eq!(
            shown.iter().filter(|shown| *shown == "200").count(),
            1,
            "{shown:?}"
        );
        assert_eq!(
            shown
                .iter()
                .filter(|shown| *shown == "409 PROPOSAL_DECIDED")
                .count(),
            2,
            "{shown:?}"
        );
    }
    let approved = "select 100 + count(*) from staff.proposals where state = 'approved'";
    let approved: i64 = stage.text(approved).await.parse().expect("a number");
    assert_eq!(stage.text(BALANCE).await, format!("{approved}.000000"));
    checks::assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proposal_ends_in_time_and_with_its_proposer_s_role() {
    let stage = Stage::set().await;
    let tokens = finance(&stage, 2).await;
    let proposed = stage
        .post(&tokens[0], "accounts/adjust", gift(&stage, "1"))
        .await;
    stage
        .run(
            "update staff.proposals set proposed_at = now() - interval '25 hours',
            expires_at = now() - interval '1 hour'",
        )
        .await;
    let late = stage.decide(&tokens[1], &proposed, true).await;
    assert_eq!(late.shown(), "409 PROPOSAL_EXPIRED");
    let listed = stage.get(&tokens[1], "proposals?state=expired").await;
    assert_eq!(
        listed.body["proposals"][0]["proposalId"],
        proposed.body["proposalId"]
    );
    assert_eq!(listed.body["proposals"][0]["mayDecide"], false);
    let open = stage.get(&tokens[1], "proposals?state=pending").await;
    assert_eq!(open.body["proposals"], json!([]));

    let proposed = stage
        .post(&tokens[0], "accounts/adjust", gift(&stage, "1"))
        .await;
    stage
        .run("update staff.members set roles = '{support}' where staff_id = 1")
        .await;
    let late = stage.decide(&tokens[1], &proposed, true).await;
    assert_eq!(
        late.shown(),
        "409 PROPOSAL_EXPIRED",
        "the proposer lost the role"
    );
    let rejected = stage.decide(&tokens[1], &proposed, false).await;
    assert_eq!(rejected.body["state"], "rejected", "{rejected:?}");
    assert_eq!(stage.text(BALANCE).await, "100.000000");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_action_refuses_leaves_the_proposal_pending() {
    let stage = Stage::set().await;
    let tokens = finance(&stage, 2).await;
    let proposed = stage
        .post(&tokens[0], "accounts/adjust", gift(&stage, "-80"))
        .await;
    let account = stage.account;
    let spend = format!("select exchange.adjust_balance({account}, 'USDT', -50, 'spent', 'spent')");
    stage.run(&spend).await;
    let refused = stage.decide(&tokens[1], &proposed, true).await;
    assert_eq!(refused.shown(), "422 INSUFFICIENT_BALANCE");
    let logged = "select count(*) from audit.entries where action = 'approved'";
    assert_eq!(stage.text(logged).await, "0");
    let earn = format!("select exchange.adjust_balance({account}, 'USDT', 50, 'earned', 'earned')");
    stage.run(&earn).await;
    let done = stage.decide(&tokens[1], &proposed, true).await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    assert!(done.body["outcome"]["adjustment_id"].is_i64(), "{done:?}");
    assert_eq!(stage.text(BALANCE).await, "20.000000");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_under_the_same_key_is_done_once() {
    let stage = Stage::set().await;
    let tokens = finance(&stage, 2).await;
    let body = gift(&stage, "5");
    let tries = (0..4).map(|_| stage.post_once(&tokens[0], "gift-1", "accounts/adjust", &body));
    let replies = futures::future::join_all(tries).await;
    let first = replies
        .iter()
        .filter(|reply| reply.body["repeated"] == false)
        .count();
    assert_eq!(first, 1, "{replies:?}");
    assert!(
        replies
            .iter()
            .all(|reply| reply.body["proposalId"] == replies[0].body["proposalId"])
    );
    let other = stage
        .post_once(&tokens[0], "gift-1", "accounts/adjust", &gift(&stage, "6"))
        .await;
    assert_eq!(other.shown(), "409 DUPLICATE_IDEMPOTENCY_KEY");
    let body =
        json!({ "proposalId": replies[0].body["proposalId"], "approve": true, "reason": "yes" });
    for repeated in [false, true, true] {
        let done = stage
            .post_once(&tokens[1], "yes-1", "proposals/decide", &body)
            .await;
        assert_eq!(
            (done.status, done.body["repeated"].as_bool()),
            (200, Some(repeated)),
            "{done:?}"
        );
    }
    assert_eq!(stage.text(BALANCE).await, "105.000000");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_decides_about_oneself_and_reads_only_what_concerns_the_own_roles() {
    let stage = Stage::set().await;
    let (first, one) = stage.join(&["administrator"]).await;
    let (second, two) = stage.join(&["administrator"]).await;
    let roles = ["administrator", "finance"];
    let roles = json!({ "staffId": second.staff_id, "roles": roles, "reason": "more" });
    let proposed = stage.post(&one, "members/roles", roles).await;
    let refused = stage.decide(&two, &proposed, true).await;
    assert_eq!(refused.shown(), "403 SECOND_PERSON_REQUIRED");
    let own =
        json!({ "staffId": first.staff_id, "roles": ["administrator", "risk"], "reason": "me" });
    let proposed = stage.post(&one, "members/roles", own).await;
    let done = stage.decide(&two, &proposed, true).await;
    assert_eq!(done.body["state"], "approved", "another agrees: {done:?}");
    let support = stage.member("support").await;
    let listed = stage.get(&support, "proposals").await;
    assert_eq!(
        listed.body["proposals"],
        json!([]),
        "support neither proposes nor decides roles"
    );
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proposals_that_wait_are_bounded_and_listed_in_pages() {
    let stage = Stage::set().await;
    let tokens = finance(&stage, 2).await;
    let many = "insert into staff.proposals
            (action, arguments, proposed_by, proposer_session_id, expires_at)
        select 'set_fee_tier', jsonb_build_object('account_id', n), 1, 1, now() + interval '1 hour'
        from generate_series(1, 100) n";
    stage.run(many).await;
    let refused = stage
        .post(&tokens[0], "accounts/adjust", gift(&stage, "1"))
        .await;
    assert_eq!(refused.shown(), "422 TOO_MANY_PROPOSALS");
    let mut seen = Vec::new();
    let mut path = "proposals?limit=30".to_owned();
    for _ in 0..4 {
        let page = stage.get(&tokens[1], &path).await;
        let rows = page.body["proposals"].as_array().expect("a list");
        seen.extend(rows.iter().filter_map(|row| row["proposalId"].as_i64()));
        match page.body["nextCursor"].as_str() {
            Some(cursor) => path = format!("proposals?limit=30&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 100);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
    stage.database.drop().await;
}
