//! The audit log over the API, chained by the real worker.

use serde_json::json;
use tests::staff::Person;
use tests::wait;
use tests::worker::Worker;

use super::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_staff_do_is_logged_chained_and_read_in_pages() {
    let stage = Stage::set().await;
    let _worker = Worker::start(&stage.database, "audit").expect("the worker starts");
    let (_, admin) = stage.join(&["administrator"]).await;
    let (agent, support) = stage.join(&["support"]).await;
    let account = stage.account;
    stage.get(&support, "accounts?email=ALICE@").await;
    let shown = stage
        .get(&support, &format!("account?accountId={account}"))
        .await;
    assert_eq!(
        shown.body["balances"][0],
        json!({ "asset": "USDT", "available": "100.000000", "held": "0.000000" })
    );
    let part = "insert into exchange.accounts (parent_account_id, label)
        select account_id, 'bot' from exchange.accounts where email = 'alice@example.com'
        returning account_id";
    let part: i64 = stage.owner.query_one(part, &[]).await.expect("made").get(0);
    let shown = stage
        .get(&support, &format!("account?accountId={part}"))
        .await;
    assert_eq!(shown.body["parentAccountId"], account, "{shown:?}");
    assert!(shown.body["email"].is_null(), "a sub-account has none");
    let freeze = json!({ "accountId": account, "reason": "phone call" });
    stage.post(&support, "accounts/freeze", freeze).await;
    let unfreeze = json!({ "accountId": account, "reason": "cleared" });
    stage.post(&support, "accounts/unfreeze", unfreeze).await;
    stage.post(&support, "logout", json!({})).await;
    wait::until("every entry is chained", async || {
        stage.text("select count(*) from audit.unlinked").await == "0"
    })
    .await;
    assert_eq!(
        stage
            .text("select count(*) from audit.verify_chain()")
            .await,
        "0"
    );
    let actions = history(&stage, &admin, &agent).await;
    assert_eq!(
        actions,
        [
            "invitation_accepted",
            "enrolled",
            "accounts_found",
            "account_shown",
            "account_shown",
            "account_frozen",
            "proposed",
            "logged_out"
        ]
    );
    let of_account = stage
        .get(
            &admin,
            &format!("audit?subject=account:{account}&action=account_frozen"),
        )
        .await;
    assert_eq!(
        of_account.body["entries"][0]["detail"],
        json!({ "reason": "phone call" })
    );
    assert_eq!(of_account.body["entries"].as_array().map(Vec::len), Some(1));
    stage.database.drop().await;
}

/// What a member did, from the first page of the log to the last, the oldest first.
async fn history(stage: &Stage, admin: &str, agent: &Person) -> Vec<String> {
    let mut actions = Vec::new();
    let mut path = format!("audit?limit=3&staffId={}", agent.staff_id);
    loop {
        let page = stage.get(admin, &path).await;
        for entry in page.body["entries"].as_array().expect("entries") {
            assert_eq!(entry["email"], agent.email.as_str());
            assert!(
                entry["linkNumber"].is_i64() && entry["hash"].is_string(),
                "{entry}"
            );
            actions.push(entry["action"].as_str().expect("an action").to_owned());
        }
        match page.body["nextCursor"].as_str() {
            Some(cursor) => {
                path = format!("audit?limit=3&staffId={}&cursor={cursor}", agent.staff_id)
            }
            None => break,
        }
    }
    actions.reverse();
    actions
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_none_is_refused() {
    let stage = Stage::set().await;
    let admin = stage.member("administrator").await;
    for wrong in [
        "audit?limit=0",
        "audit?limit=501",
        "audit?cursor=x",
        "audit?cursor=-1",
        "audit?page=2",
    ] {
        assert_eq!(
            stage.get(&admin, wrong).await.shown(),
            "400 MALFORMED",
            "{wrong}"
        );
    }
    stage.database.drop().await;
}
