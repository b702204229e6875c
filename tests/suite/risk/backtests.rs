//! Backtests: what a rule would have done is what the same rule, in force, did.

use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{refusal, rows, submit};

use super::{assess, publish};

const ALWAYS: &str = "now() - interval '1 day', now() + interval '1 day'";

/// The conditions of orders, each met by some of the stream's orders.
const CONDITIONS: [(&str, &str); 5] = [
    ("rate", r#"order_rate {"most":40,"within_seconds":86400}"#),
    (
        "usdt",
        r#"order_notional {"asset":"USDT","most":"100.5","within_seconds":86400}"#,
    ),
    (
        "btc",
        r#"order_notional {"asset":"BTC","most":"40.5","within_seconds":86400}"#,
    ),
    ("distance", r#"price_distance {"most_ppm":5000}"#),
    ("wash", r#"linked_trades {"most":3,"within_seconds":86400}"#),
];

#[tokio::test]
async fn a_backtest_of_orders_finds_what_the_extension_found() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 4).await;
    let link = format!("select risk.link_accounts({alice}, {}, 'test')", alice + 1);
    owner.batch_execute(&link).await.expect("linked");
    for (rule, condition) in CONDITIONS {
        publish(&owner, rule, "order", condition, "review").await;
    }
    let trader = database.trader().await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    for (seed, market) in (1..).zip(markets) {
        let name = format!("stream{seed}");
        let mut commands = RandomCommands::new(&name, seed, &[market], alice..alice + 4);
        for size in [1, 7, 64, 1, 128] {
            let batch = commands.batch(size);
            let outcomes = submit(&trader, &batch).await.expect("answered");
            commands.learn(&batch, &outcomes);
        }
    }
    for (rule, _) in CONDITIONS {
        let found = format!(
            "select concat('order:', order_id, ' ', observed) from risk.events
             where rule = '{rule}' and order_id is not null order by order_id"
        );
        let found = rows(&owner, &found).await;
        assert!(found.len() > 2, "{rule} was met by {}", found.len());
        let tested = format!(
            "select concat(subject, ' ', observed) from risk.backtest('{rule}', {ALWAYS})
             order by substr(subject, 7)::bigint"
        );
        assert_eq!(rows(&owner, &tested).await, found, "{rule}");
        // The same facts, asked again, say the same.
        let facts = "select e.rule from risk.events e join risk.rules r using (rule, version)
            where r.kind = 'price_distance' and risk.judge(r.kind, r.parameters, e.account_id,
                e.facts, e.occurred_at) is distinct from e.observed";
        assert_eq!(rows(&owner, facts).await, [""; 0]);
    }
}

#[tokio::test]
async fn a_backtest_of_activities_finds_what_the_rules_found() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 3).await;
    let day = r#""within_seconds":86400"#;
    let often = format!(r#"frequent_activity {{"most":3,{day}}}"#);
    let sum = format!(r#"withdrawn_amount {{"asset":"BTC","most":"4",{day}}}"#);
    let cool = r#"new_withdrawal_address {"cool_down_seconds":3600}"#;
    let rules = [
        ("often", &*often),
        ("sum", &*sum),
        ("cool", cool),
        ("first", "first_withdrawal"),
    ];
    for (rule, condition) in rules {
        publish(&owner, rule, "withdrawal", condition, "review").await;
    }
    for n in 0..30_i64 {
        let (amount, wallet) = (n % 3 + 1, n % 4);
        let facts = format!(r#"{{"asset":"BTC","amount":"{amount}","wallet":"w{wallet}"}}"#);
        assess(&owner, "withdrawal", Some(alice + n % 3), &facts).await;
    }
    for (rule, _) in rules {
        let found = format!(
            "select concat('activity:', activity_id, ' ', observed) from risk.events
             where rule = '{rule}' order by event_id"
        );
        let found = rows(&owner, &found).await;
        assert!(found.len() > 2, "{rule} was met by {}", found.len());
        let tested =
            format!("select concat(subject, ' ', observed) from risk.backtest('{rule}', {ALWAYS})");
        assert_eq!(rows(&owner, &tested).await, found, "{rule}");
    }
    let draft = format!(
        "select concat(subject, ' ', verdict) from risk.backtest_draft('withdrawal',
             'withdrawn_amount', '{{\"asset\":\"BTC\",\"most\":\"0\",{day}}}', {ALWAYS})"
    );
    assert_eq!(
        rows(&owner, &draft).await.len(),
        30,
        "before it is published"
    );
}

#[tokio::test]
async fn a_backtest_of_nothing_or_of_nonsense_says_so() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    publish(&owner, "first", "withdrawal", "first_withdrawal", "review").await;
    for (call, expected) in [
        (
            "risk.backtest('no_such_rule', now(), now() + interval '1 day')",
            "RULE_NOT_FOUND",
        ),
        ("risk.backtest('first', now(), now())", "MALFORMED"),
        ("risk.backtest('first', null, now())", "MALFORMED"),
        (
            "risk.backtest_draft('login', 'pg_sleep', '{}', now(), now() + interval '1 day')",
            "INVALID_RULE",
        ),
    ] {
        let (_, words) = refusal(&owner, &format!("select * from {call}")).await;
        assert!(words.starts_with(expected), "{call}: {words}");
    }
}
