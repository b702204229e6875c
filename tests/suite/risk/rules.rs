//! Rules: what they may say, how they change, who may do so.

use tests::database::Database;
use tests::fixture;
use tests::trading::{refusal, rows};

use super::{assess, publish};

/// Rules that cannot be: a name, point, kind, parameters, action and reason, and what is said.
const UNSOUND: [(&str, &str, &str, &str, &str, &str, &str); 16] = [
    (
        "Bad",
        "login",
        "frequent_activity",
        "{}",
        "deny",
        "WHY",
        "rule:",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        "{}",
        "deny",
        "why",
        "reason_code:",
    ),
    ("r_1", "login", "pg_sleep", "{}", "deny", "WHY", "kind:"),
    ("r_1", "login", "order_rate", "{}", "deny", "WHY", "point:"),
    (
        "r_1",
        "nowhere",
        "order_rate",
        "{}",
        "deny",
        "WHY",
        "point:",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        "{}",
        "ban",
        "WHY",
        "action:",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        "{}",
        "hold",
        "WHY",
        "action:",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        "{}",
        "allow",
        "WHY",
        "action:",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        "[]",
        "deny",
        "WHY",
        "parameters: an object",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        r#"{"most":1}"#,
        "deny",
        "WHY",
        "within_seconds is",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        ZERO,
        "deny",
        "WHY",
        "from 1 to 31622400, not 0",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        HALF,
        "deny",
        "WHY",
        "most is a whole number",
    ),
    (
        "r_1",
        "login",
        "frequent_activity",
        FOREIGN,
        "deny",
        "WHY",
        "takes no sql",
    ),
    (
        "r_1",
        "deposit",
        "large_deposit",
        UNKNOWN,
        "deny",
        "WHY",
        "symbol of an asset, not XYZ",
    ),
    (
        "r_1",
        "deposit",
        "large_deposit",
        NEGATIVE,
        "deny",
        "WHY",
        "most is a decimal",
    ),
    (
        "r_1",
        "deposit",
        "large_deposit",
        BARE,
        "deny",
        "WHY",
        "most is a decimal",
    ),
];
const ZERO: &str = r#"{"most":1,"within_seconds":0}"#;
const HALF: &str = r#"{"most":1.5,"within_seconds":1}"#;
const FOREIGN: &str = r#"{"most":1,"within_seconds":1,"sql":"drop"}"#;
const UNKNOWN: &str = r#"{"asset":"XYZ","most":"1"}"#;
const NEGATIVE: &str = r#"{"asset":"BTC","most":"-1"}"#;
const BARE: &str = r#"{"asset":"BTC","most":1}"#;

#[tokio::test]
async fn a_rule_that_does_not_fit_its_kind_is_refused_with_the_field() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    for (rule, point, kind, parameters, action, reason, expected) in UNSOUND {
        let arguments =
            format!("'{rule}', '{point}', '{kind}', '{parameters}', '{action}', '{reason}'");
        let (_, words) = refusal(&owner, &format!("select risk.publish_rule({arguments})")).await;
        assert!(words.starts_with("INVALID_RULE"), "{arguments}: {words}");
        assert!(words.contains(expected), "{arguments}: {words}");
    }
    assert_eq!(rows(&owner, "select rule from risk.rules").await, [""; 0]);
}

#[tokio::test]
async fn versions_follow_each_other_and_never_change() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let facts = r#"{"asset":"BTC","amount":"5","wallet":"w"}"#;
    for (most, expected) in [("1", "deny"), ("9", "allow")] {
        let condition = format!(r#"large_deposit {{"asset":"BTC","most":"{most}"}}"#);
        publish(&owner, "large", "deposit", &condition, "deny").await;
        assert_eq!(
            assess(&owner, "deposit", Some(alice), facts).await,
            expected
        );
    }
    for change in [
        "update risk.rules set parameters = '{}'",
        "update risk.rules set valid_until = now() where version = 1",
        "delete from risk.rules",
    ] {
        let (_, words) = refusal(&owner, change).await;
        assert!(words.contains("never changed"), "{words}");
    }
    owner
        .batch_execute("select risk.end_rule('large')")
        .await
        .expect("ended");
    let (_, words) = refusal(&owner, "select risk.end_rule('large')").await;
    assert!(words.starts_with("RULE_NOT_FOUND"), "{words}");
    let all = "select version || ' ' || (parameters ->> 'most') || ' ' || (valid_until is null)
        from risk.rules order by version";
    assert_eq!(rows(&owner, all).await, ["1 1 false", "2 9 false"]);
    let gap = "select count(*)::text from risk.rules one join risk.rules two
        on two.version = one.version + 1 and two.valid_from = one.valid_until";
    assert_eq!(rows(&owner, gap).await, ["1"]);
}

#[tokio::test]
async fn an_analyst_reads_rules_and_events_and_asks_what_rules_would_say() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    publish(&owner, "first", "withdrawal", "first_withdrawal", "deny").await;
    let facts = r#"{"asset":"BTC","amount":"5","wallet":"w"}"#;
    assess(&owner, "withdrawal", Some(alice), facts).await;
    let analyst = database.connect("exchange_analyst").await.expect("logs in");
    for table in ["rules", "kinds", "events", "activities", "reviews", "links"] {
        rows(
            &analyst,
            &format!("select count(*)::text from risk.{table}"),
        )
        .await;
    }
    let text = format!("select rule from risk.evaluate('withdrawal', {alice}, '{facts}')");
    assert_eq!(rows(&analyst, &text).await, ["first"]);
    let text = "select subject from risk.backtest('first', now() - interval '1 day', 'infinity')";
    assert_eq!(rows(&analyst, text).await.len(), 1);
    for forbidden in [
        format!("select risk.assess('withdrawal', {alice}, '{facts}')"),
        "select risk.end_rule('first')".into(),
        "select risk.decide_event(1, 'released', 'x')".into(),
    ] {
        assert_eq!(
            refusal(&analyst, &forbidden).await.0,
            "42501",
            "{forbidden}"
        );
    }
}
