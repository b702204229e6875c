//! What the risk engine forgets, and when.

use tests::database::Database;
use tests::fixture;
use tests::trading::{number, rows};

use super::{assess, publish};

#[tokio::test]
async fn what_no_rule_counts_any_more_is_forgotten_and_money_and_what_waits_is_not() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    for (rule, point, action) in [
        ("look", "login", "review"),
        ("refuse", "registration", "deny"),
        ("stop", "deposit", "review"),
    ] {
        let condition = match point {
            "login" => r#"frequent_activity {"most":1,"within_seconds":31622400}"#.to_owned(),
            "deposit" => r#"large_deposit {"asset":"USDT","most":"1"}"#.to_owned(),
            _ => r#"registrations_per_device {"most":0,"within_seconds":86400}"#.to_owned(),
        };
        publish(&owner, rule, point, &condition, action).await;
    }
    let deposit = r#"{"asset":"USDT","amount":"2","wallet":"0x1"}"#;
    let saved = r#"{"change":"address","wallet":"0x2"}"#;
    for (point, account, facts, verdict) in [
        (
            "registration",
            None,
            r#"{"mail_domain":"a.example"}"#,
            "allow",
        ),
        (
            "registration",
            None,
            r#"{"mail_domain":"a.example","device":"a"}"#,
            "deny",
        ),
        ("login", Some(alice), "{}", "allow"),
        ("login", Some(alice), "{}", "review"),
        ("login", Some(alice), "{}", "review"),
        (
            "security_change",
            Some(alice),
            r#"{"change":"password"}"#,
            "allow",
        ),
        ("security_change", Some(alice), saved, "allow"),
        ("deposit", Some(alice), deposit, "review"),
    ] {
        assert_eq!(
            assess(&owner, point, account, facts).await,
            verdict,
            "{point} {facts}"
        );
    }
    // The first login to look at is decided, the other one waits.
    let decide = "select risk.decide_event(min(event_id), 'released', 'known')
        from risk.events where rule in ('look', 'stop') group by rule";
    owner.batch_execute(decide).await.expect("decided");
    let age = |days: u32| {
        format!(
            "update risk.activities set occurred_at = occurred_at - interval '{days} days';
             update risk.events set occurred_at = occurred_at - interval '{days} days'"
        )
    };
    let worker = database
        .connect("exchange_worker")
        .await
        .expect("logged in");
    let forget = "select risk.forget_activities(2)::bigint";
    let left = "select point || ' ' || verdict from risk.activities order by activity_id";
    owner.batch_execute(&age(399)).await.expect("a year passes");
    assert_eq!(
        number(&worker, forget).await,
        0,
        "a rule may still count it"
    );
    owner.batch_execute(&age(2)).await.expect("two days pass");
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
    owner.batch_execute(&age(1430)).await.expect("years pass");
    while number(&worker, forget).await > 0 {}
    assert_eq!(
        rows(&owner, left).await,
        ["login review", "security_change allow", "deposit review"]
    );
    let events = "select rule from risk.events order by event_id";
    assert_eq!(rows(&owner, events).await, ["look", "stop"]);
    let reviews = "select count(*) from risk.reviews";
    assert_eq!(number(&owner, reviews).await, 1, "of the deposit");
}
