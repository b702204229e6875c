//! Registrations, logins, deposits, withdrawals, security changes.

use tests::database::Database;
use tests::fixture;
use tests::trading::{number, refusal, rows};
use tokio_postgres::Client;

use super::{assess, events, publish};

const DAY: &str = r#""within_seconds":86400"#;

async fn stage(accounts: i64) -> (Database, Client, i64) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, accounts).await;
    (database, owner, first)
}

#[tokio::test]
async fn registrations_are_counted_by_network_and_device_and_a_denial_leaves_its_event() {
    let (_database, owner, _) = stage(1).await;
    let condition = format!(r#"registrations_per_address {{"most":2,{DAY}}}"#);
    publish(&owner, "networks", "registration", &condition, "deny").await;
    let condition = format!(r#"registrations_per_device {{"most":1,{DAY}}}"#);
    publish(&owner, "devices", "registration", &condition, "review").await;
    for (address, device, expected) in [
        ("2001:db8::1", "a", "allow"),
        ("2001:db8::ffff", "b", "allow"),
        ("2001:db8::2", "c", "deny"),
        ("2001:db8:0:1::2", "d", "allow"),
        ("192.0.2.1", "d", "review"),
    ] {
        let facts =
            format!(r#"{{"address":"{address}","device":"{device}","mail_domain":"example.com"}}"#);
        let verdict = assess(&owner, "registration", None, &facts).await;
        assert_eq!(verdict, expected, "{facts}");
    }
    assert_eq!(
        events(&owner).await,
        [
            r#"networks deny {"network": "2001:db8::/64", "registrations": 3}"#,
            r#"devices review {"registrations": 2}"#
        ]
    );
    let told = "select concat_ws(' ', last_sequence, payload ->> 'rule', payload ->> 'action',
            payload ->> 'reason_code')
        from exchange.events where stream_id = 10002 order by last_sequence";
    assert_eq!(
        rows(&owner, told).await,
        ["1 networks deny NETWORKS", "2 devices review DEVICES"]
    );
    let seen = "select facts ->> 'address' from risk.events where rule = 'networks'";
    assert_eq!(rows(&owner, seen).await, ["2001:db8::2"]);
}

#[tokio::test]
async fn domains_of_disposable_addresses_and_what_is_below_them_are_known() {
    let (_database, owner, alice) = stage(1).await;
    let load = "insert into risk.mail_domains values ('mailinator.com'), ('tmp.example')";
    owner.batch_execute(load).await.expect("loaded");
    publish(
        &owner,
        "mail",
        "registration",
        "disposable_mail_domain",
        "deny",
    )
    .await;
    publish(
        &owner,
        "new_mail",
        "security_change",
        "disposable_mail_domain",
        "review",
    )
    .await;
    for (domain, expected) in [
        ("Mailinator.com", "deny"),
        ("x.y.mailinator.com", "deny"),
        ("notmailinator.com", "allow"),
        ("com", "allow"),
        ("example", "allow"),
        ("tmp.example", "deny"),
    ] {
        let facts = format!(r#"{{"mail_domain":"{domain}"}}"#);
        assert_eq!(
            assess(&owner, "registration", None, &facts).await,
            expected,
            "{domain}"
        );
    }
    let facts = r#"{"change":"email","mail_domain":"mailinator.com"}"#;
    let verdict = assess(&owner, "security_change", Some(alice), facts).await;
    assert_eq!(verdict, "review");
}

#[tokio::test]
async fn nobody_logs_in_in_berlin_and_at_once_in_san_francisco() {
    let (_database, owner, alice) = stage(2).await;
    let load = "insert into risk.networks values
        ('10.0.0.0/8', 'DE', 52.5, 13.4), ('20.0.0.0/8', 'US', 37.8, -122.4),
        ('20.1.0.0/16', 'DE', 52.4, 13.1), ('2001:db8::/32', 'US', 37.8, -122.4)";
    owner.batch_execute(load).await.expect("loaded");
    let condition = r#"impossible_travel {"most_km_per_hour":1000,"least_km":100}"#;
    publish(&owner, "travel", "login", condition, "deny").await;
    for (address, expected) in [
        ("10.0.0.1", "allow"),
        ("20.1.0.1", "allow"),
        ("20.0.0.1", "deny"),
        ("2001:db8::1", "deny"),
        ("192.0.2.1", "allow"),
        ("20.0.0.1", "allow"),
    ] {
        let facts = format!(r#"{{"address":"{address}"}}"#);
        let verdict = assess(&owner, "login", Some(alice), &facts).await;
        assert_eq!(
            verdict, expected,
            "{address}: from where nobody knows, nothing is far"
        );
    }
    let facts = r#"{"address":"20.0.0.1"}"#;
    assert_eq!(
        assess(&owner, "login", Some(alice + 1), facts).await,
        "allow"
    );
    let past = "update risk.activities set occurred_at = occurred_at - interval '10 hours'";
    owner.batch_execute(past).await.expect("time passes");
    let facts = r#"{"address":"10.0.0.1"}"#;
    assert_eq!(
        assess(&owner, "login", Some(alice + 1), facts).await,
        "allow",
        "a flight"
    );
}

#[tokio::test]
async fn accounts_that_share_a_device_are_linked_unless_everybody_shares_it() {
    let (_database, owner, alice) = stage(25).await;
    let (bob, carol) = (alice + 1, alice + 2);
    for (account, device) in [(alice, "one"), (bob, "two"), (carol, "one")] {
        let facts = format!(r#"{{"device":"{device}"}}"#);
        assess(&owner, "login", Some(account), &facts).await;
    }
    let links = "select account_id || '-' || linked_account_id || ' ' || because
        from risk.links where account_id < linked_account_id order by 1";
    assert_eq!(
        rows(&owner, links).await,
        [format!("{alice}-{carol} same device")]
    );
    let marked = "select array_agg(account_id order by account_id)::text
        from exchange.accounts where is_linked";
    assert_eq!(rows(&owner, marked).await, [format!("{{{alice},{carol}}}")]);
    for account in alice..alice + 25 {
        assess(&owner, "login", Some(account), r#"{"device":"library"}"#).await;
    }
    let most = "select max(n) from (select count(*) as n from risk.links group by account_id) c";
    assert_eq!(
        number(&owner, most).await,
        19,
        "the twenty-first login links nobody"
    );
}

/// `0.1 BTC to wallet w`.
fn withdrawal(amount: &str, wallet: &str) -> String {
    format!(r#"{{"asset":"BTC","amount":"{amount}","wallet":"{wallet}"}}"#)
}

#[tokio::test]
async fn withdrawals_are_held_back_by_new_addresses_velocity_amounts_and_lists() {
    let (_database, owner, alice) = stage(1).await;
    let alice = Some(alice);
    for (rule, condition, action) in [
        (
            "cool",
            r#"new_withdrawal_address {"cool_down_seconds":3600}"#.to_owned(),
            "hold",
        ),
        ("first", "first_withdrawal".to_owned(), "review"),
        (
            "sum",
            format!(r#"withdrawn_amount {{"asset":"BTC","most":"2",{DAY}}}"#),
            "deny",
        ),
        (
            "often",
            format!(r#"frequent_activity {{"most":3,{DAY}}}"#),
            "deny",
        ),
        ("listed", "blacklisted_address".to_owned(), "deny"),
        (
            "change",
            r#"after_security_change {"within_seconds":3600}"#.to_owned(),
            "deny",
        ),
    ] {
        publish(&owner, rule, "withdrawal", &condition, action).await;
    }
    let load = "insert into risk.blacklist (wallet, because) values ('thief', 'court order')";
    owner.batch_execute(load).await.expect("loaded");
    let ask = async |amount: &str, wallet: &str| {
        assess(&owner, "withdrawal", alice, &withdrawal(amount, wallet)).await
    };
    let later = async |hours: i32| {
        let text = format!(
            "update risk.activities set occurred_at = occurred_at - interval '{hours} hours'"
        );
        owner.batch_execute(&text).await.expect("time passes");
    };
    assert_eq!(
        ask("2.1", "mine").await,
        "deny",
        "above the amount, strictest first"
    );
    assert_eq!(ask("0.5", "mine").await, "hold", "named a moment ago");
    later(2).await;
    assert_eq!(
        ask("0.5", "mine").await,
        "allow",
        "what was held counts as the first"
    );
    assert_eq!(ask("0.1", "thief").await, "deny");
    assert_eq!(ask("1.1", "mine").await, "deny", "2.1 in a day");
    assert_eq!(
        ask("1", "mine").await,
        "allow",
        "2 in a day; denied ones do not count"
    );
    assert_eq!(ask("0.0001", "mine").await, "deny", "too many and too much");
    later(30).await;
    assess(&owner, "security_change", alice, r#"{"change":"password"}"#).await;
    assert_eq!(ask("0.1", "mine").await, "deny");
    later(2).await;
    assert_eq!(ask("0.1", "mine").await, "allow");
    let met = rows(&owner, "select distinct rule from risk.events order by 1").await;
    assert_eq!(met, ["change", "cool", "first", "listed", "often", "sum"]);
}

#[tokio::test]
async fn a_saved_address_cools_down_before_it_is_used() {
    let (_database, owner, alice) = stage(1).await;
    let condition = r#"new_withdrawal_address {"cool_down_seconds":3600}"#;
    publish(&owner, "cool", "withdrawal", condition, "deny").await;
    let saved = r#"{"change":"withdrawal_address_added","wallet":"mine"}"#;
    assess(&owner, "security_change", Some(alice), saved).await;
    let past = "update risk.activities set occurred_at = occurred_at - interval '2 hours'";
    owner.batch_execute(past).await.expect("time passes");
    let verdict = assess(&owner, "withdrawal", Some(alice), &withdrawal("1", "mine")).await;
    assert_eq!(verdict, "allow");
}

#[tokio::test]
async fn deposits_that_are_large_or_many_are_seen() {
    let (_database, owner, alice) = stage(1).await;
    let condition = r#"large_deposit {"asset":"BTC","most":"10"}"#;
    publish(&owner, "large", "deposit", condition, "hold").await;
    let condition = format!(r#"frequent_activity {{"most":2,{DAY}}}"#);
    publish(&owner, "many", "deposit", &condition, "review").await;
    for (amount, expected) in [
        ("10", "allow"),
        ("10.00000001", "hold"),
        ("1", "review"),
        ("99", "hold"),
    ] {
        let verdict = assess(&owner, "deposit", Some(alice), &withdrawal(amount, "w")).await;
        assert_eq!(verdict, expected, "{amount}");
    }
}

#[tokio::test]
async fn of_two_withdrawals_at_once_the_second_counts_the_first() {
    let (database, owner, alice) = stage(1).await;
    let condition = format!(r#"withdrawn_amount {{"asset":"BTC","most":"2",{DAY}}}"#);
    publish(&owner, "sum", "withdrawal", &condition, "deny").await;
    let (one, two) = (database.owner().await, database.owner().await);
    one.batch_execute("begin").await.expect("begun");
    let facts = withdrawal("1.5", "mine");
    assert_eq!(
        assess(&one, "withdrawal", Some(alice), &facts).await,
        "allow"
    );
    let waits = tokio::spawn({
        let facts = facts.clone();
        async move { assess(&two, "withdrawal", Some(alice), &facts).await }
    });
    tests::wait::until("the second waits", async || {
        number(&owner, "select count(*) from pg_locks where not granted").await == 1
    })
    .await;
    one.batch_execute("commit").await.expect("committed");
    assert_eq!(waits.await.expect("it ends"), "deny");
}

#[tokio::test]
async fn what_is_held_goes_on_once_every_hold_is_released() {
    let (_database, owner, alice) = stage(1).await;
    let condition = r#"new_withdrawal_address {"cool_down_seconds":3600}"#;
    publish(&owner, "cool", "withdrawal", condition, "hold").await;
    publish(&owner, "first", "withdrawal", "first_withdrawal", "hold").await;
    for (decisions, expected) in [
        (["released", "released"], ["held", "held", "free"]),
        (["released", "upheld"], ["held", "held", "denied"]),
    ] {
        let facts = withdrawal("1", "mine");
        assert_eq!(
            assess(&owner, "withdrawal", Some(alice), &facts).await,
            "hold"
        );
        let standing = "select risk.standing_of(max(activity_id)) from risk.activities";
        let waiting = "select event_id::text from risk.events order by event_id desc limit 2";
        let mut found = rows(&owner, standing).await;
        for (event, decision) in rows(&owner, waiting).await.iter().zip(decisions) {
            let decide = format!("select risk.decide_event({event}, '{decision}', 'seen')");
            owner.batch_execute(&decide).await.expect("decided");
            found.extend(rows(&owner, standing).await);
            let (_, words) = refusal(&owner, &decide).await;
            assert!(words.starts_with("RISK_EVENT_DECIDED"), "{words}");
        }
        assert_eq!(found, expected);
        let undo = "delete from risk.reviews; delete from risk.events; delete from risk.activities";
        owner.batch_execute(undo).await.expect("again");
    }
}

#[tokio::test]
async fn a_listed_account_is_asked_nothing() {
    let (_database, owner, alice) = stage(2).await;
    publish(&owner, "first", "withdrawal", "first_withdrawal", "deny").await;
    let condition = r#"account_listed {"list":"friends"}"#;
    publish(&owner, "friends", "withdrawal", condition, "allow").await;
    let list = format!("insert into risk.account_lists values ('friends', {alice})");
    owner.batch_execute(&list).await.expect("listed");
    for (account, expected) in [(alice, "allow"), (alice + 1, "deny")] {
        let verdict = assess(&owner, "withdrawal", Some(account), &withdrawal("1", "w")).await;
        assert_eq!(verdict, expected);
    }
}

#[tokio::test]
async fn a_caller_that_leaves_facts_out_is_an_error_and_nothing_is_recorded() {
    let (_database, owner, alice) = stage(1).await;
    for (call, expected) in [
        (
            format!("'deposit', {alice}, '{{\"asset\":\"BTC\",\"amount\":\"1\"}}'"),
            "the fact wallet",
        ),
        (
            format!("'security_change', {alice}, '{{}}'"),
            "the fact change",
        ),
        (format!("'order', {alice}, '{{}}'"), "no point order"),
        (
            format!("'registration', {alice}, '{{\"mail_domain\":\"a.b\"}}'"),
            "do not fit",
        ),
        ("'login', null, '{}'".into(), "do not fit"),
        (format!("'login', {alice}, '[]'"), "must be an object"),
        (format!("'login', {alice}, null"), "must be an object"),
        (
            format!("'login', {alice}, '{{\"address\":\"x\"}}'"),
            "invalid input syntax",
        ),
    ] {
        let (_, words) = refusal(&owner, &format!("select risk.assess({call})")).await;
        assert!(words.contains(expected), "{call}: {words}");
    }
    assert_eq!(
        number(&owner, "select count(*) from risk.activities").await,
        0
    );
}

/// Levels as the identity checks make them, where the schema does not have them yet.
const LEVELS: &str = "
    create table if not exists exchange.kyc_levels (
        level integer primary key, may_withdraw boolean not null,
        daily_withdrawal numeric not null, monthly_withdrawal numeric not null);
    alter table exchange.accounts add column if not exists kyc_level integer not null default 0;
    alter table exchange.kyc_levels owner to exchange_owner;
    do $$ begin
        if not exists (select from exchange.kyc_levels) then
            insert into exchange.kyc_levels values (0, false, 0, 0), (1, true, 0, 0);
        end if;
    end $$;
    update exchange.kyc_levels
    set may_withdraw = true, daily_withdrawal = 2000, monthly_withdrawal = 5000 where level = 1";

#[tokio::test]
async fn a_level_limits_what_is_withdrawn_in_a_day_and_in_a_month_by_its_worth() {
    let (_database, owner, alice) = stage(2).await;
    owner.batch_execute(LEVELS).await.expect("levels");
    publish(&owner, "level", "withdrawal", "level_limits", "deny").await;
    let ask = async |asset: &str, amount: &str| {
        let facts = format!(r#"{{"asset":"{asset}","amount":"{amount}","wallet":"w"}}"#);
        assess(&owner, "withdrawal", Some(alice), &facts).await
    };
    assert_eq!(ask("USDT", "1").await, "deny", "level 0 withdraws nothing");
    let rise = format!("update exchange.accounts set kyc_level = 1 where account_id = {alice}");
    owner.batch_execute(&rise).await.expect("risen");
    assert_eq!(
        ask("BTC", "10").await,
        "allow",
        "1000 at the reference price"
    );
    assert_eq!(ask("USDT", "1000.01").await, "deny");
    assert_eq!(ask("USDT", "1000").await, "allow");
    for expected in ["allow", "deny"] {
        let past = "update risk.activities set occurred_at = occurred_at - interval '25 hours'";
        owner.batch_execute(past).await.expect("time passes");
        assert_eq!(ask("ETH", "20").await, expected, "2000 a day, 5000 a month");
    }
    let unpriced = "insert into exchange.assets (asset_id, symbol, scale) values (9, 'XYZ', 2)";
    owner.batch_execute(unpriced).await.expect("listed");
    let past = "update risk.activities set occurred_at = occurred_at - interval '40 days'";
    owner.batch_execute(past).await.expect("time passes");
    assert_eq!(
        ask("XYZ", "0.01").await,
        "deny",
        "what has no price is too much"
    );
    let met = rows(
        &owner,
        "select observed::text from risk.events order by event_id",
    )
    .await;
    assert_eq!(met[0], r#"{"level": 0, "may_withdraw": false}"#);
    assert_eq!(
        met[1],
        r#"{"day": "2000.01", "level": 1, "month": "2000.01"}"#
    );
    assert_eq!(met[3], r#"{"level": 1, "unpriced": true}"#);
}
