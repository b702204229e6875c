//! What the risk engine forgets, and when.

use tests::database::Database;
use tests::fixture;
use tests::trading::{number, rows};
use tokio_postgres::Client;

use super::{assess, publish};

const RULES: [(&str, &str, &str, &str); 3] = [
    (
        "look",
        "login",
        r#"frequent_activity {"most":1,"within_seconds":31622400}"#,
        "review",
    ),
    (
        "refuse",
        "registration",
        r#"registrations_per_device {"most":0,"within_seconds":86400}"#,
        "deny",
    ),
    (
        "stop",
        "deposit",
        r#"large_deposit {"asset":"USDT","most":"1"}"#,
        "review",
    ),
];

/// Point, facts, and what the rules say.
const ACTIVITIES: [(&str, &str, &str); 8] = [
    ("registration", r#"{"mail_domain":"a.example"}"#, "allow"),
    (
        "registration",
        r#"{"mail_domain":"a.example","device":"a"}"#,
        "deny",
    ),
    ("login", "{}", "allow"),
    ("login", "{}", "review"),
    ("login", "{}", "review"),
    ("security_change", r#"{"change":"password"}"#, "allow"),
    (
        "security_change",
        r#"{"change":"address","wallet":"0x2"}"#,
        "allow",
    ),
    (
        "deposit",
        r#"{"asset":"USDT","amount":"2","wallet":"0x1"}"#,
        "review",
    ),
];

/// Of the logins to look at the first is decided; the other one waits.
const DECIDE: &str = "select risk.decide_event(min(event_id), 'released', 'known')
    from risk.events where rule in ('look', 'stop') group by rule";

async fn pass(owner: &Client, days: u32) {
    let text = format!(
        "update risk.activities set occurred_at = occurred_at - interval '{days} days';
         update risk.events set occurred_at = occurred_at - interval '{days} days'"
    );
    owner.batch_execute(&text).await.expect("time passes");
}

#[tokio::test]
async fn what_no_rule_counts_any_more_is_forgotten_and_money_and_what_waits_is_not() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    for (rule, point, condition, action) in RULES {
        publish(&owner, rule, point, condition, action).await;
    }
    for (point, facts, verdict) in ACTIVITIES {
        let account = (point != "registration").then_some(alice);
        let said = assess(&owner, point, account, facts).await;
        assert_eq!(said, verdict, "{point} {facts}");
    }
    owner.batch_execute(DECIDE).await.expect("decided");
    let worker = database.connect("exchange_worker").await;
    let worker = worker.expect("the worker logs in");
    let forget = "select risk.forget_activities(2)::bigint";
    let left = "select point || ' ' || verdict from risk.activities order by activity_id";
    pass(&owner, 399).await;
    let early = number(&worker, forget).await;
    assert_eq!(early, 0, "a rule may still count it");
    pass(&owner, 2).await;
    for forgotten in [2, 1, 0] {
        assert_eq!(number(&worker, forget).await, forgotten);
    }
    let with_events = [
        "registration deny",
        "login review",
        "login review",
        "security_change allow",
        "deposit review",
    ];
    assert_eq!(rows(&owner, left).await, with_events);
    pass(&owner, 1430).await;
    while number(&worker, forget).await > 0 {}
    let kept = ["login review", "security_change allow", "deposit review"];
    assert_eq!(rows(&owner, left).await, kept);
    let events = "select rule from risk.events order by event_id";
    assert_eq!(rows(&owner, events).await, ["look", "stop"]);
    let reviews = "select count(*) from risk.reviews";
    assert_eq!(number(&owner, reviews).await, 1, "of the deposit");
}
