//! Orders: judged by the extension, once a batch, in the batch's own transaction.

use serde_json::{Value, json};
use tests::api_server::{self, ApiServer};
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, refusal, rows, submit};
use tokio_postgres::Client;

use super::{events, publish};

const MARKET: &str = "BTC/USDT";

struct Stage {
    database: Database,
    owner: Client,
    trader: Client,
    alice: i64,
}

async fn stage(accounts: i64) -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, accounts).await;
    let trader = database.trader().await;
    Stage {
        database,
        owner,
        trader,
        alice,
    }
}

impl Stage {
    /// The reject of each command, or its order's state.
    async fn send(&self, batch: &[Value]) -> Vec<String> {
        let outcomes = submit(&self.trader, batch).await.expect("it is answered");
        let word = |outcome: &Value| {
            let status = outcome.get("placed").unwrap_or(outcome);
            let word = outcome.get("reject").unwrap_or(&status["state"]);
            word.as_str()
                .unwrap_or_else(|| panic!("{outcome}"))
                .to_owned()
        };
        outcomes.iter().map(word).collect()
    }

    fn buy(&self, price: &str) -> Value {
        limit(self.alice, MARKET, "buy", "1", price)
    }

    fn named(&self, price: &str, id: &str) -> Value {
        let mut order = self.buy(price);
        order["client_order_id"] = id.into();
        order
    }
}

/// Windows of a day, so that no test crosses one (but at midnight UTC).
fn rate(most: u32) -> String {
    format!(r#"order_rate {{"most":{most},"within_seconds":86400}}"#)
}

#[tokio::test]
async fn a_fat_finger_is_denied_and_the_rest_of_the_batch_goes_on() {
    let stage = stage(2).await;
    let condition = r#"price_distance {"most_ppm":50000}"#;
    publish(&stage.owner, "fat_finger", "order", condition, "deny").await;
    let sell = |price| limit(stage.alice + 1, MARKET, "sell", "1", price);
    let outcomes = stage
        .send(&[
            stage.buy("105"),
            stage.buy("105.01"),
            stage.buy("60"),
            sell("140"),
            sell("94.99"),
            stage.buy("200"),
        ])
        .await;
    assert_eq!(
        outcomes,
        [
            "open",
            "RISK_DENIED",
            "open",
            "open",
            "RISK_DENIED",
            "RISK_DENIED"
        ],
        "only what harms its owner; asked before the market's own band"
    );
    assert_eq!(
        events(&stage.owner).await,
        [
            r#"fat_finger deny {"distance_ppm": 50100}"#,
            r#"fat_finger deny {"distance_ppm": 50100}"#,
            r#"fat_finger deny {"distance_ppm": 1000000}"#
        ]
    );
    let facts = rows(&stage.owner, "select facts::text from risk.events limit 1").await;
    let facts: Value = serde_json::from_str(&facts[0]).expect("JSON");
    let expected = json!({ "market": MARKET, "side": "buy", "kind": "limit", "price": "105.01",
        "quantity": "1.0000", "notional": "105.01", "last_price": "100.00" });
    assert_eq!(facts, expected);
    let told = "select string_agg(last_sequence::text, ' ' order by last_sequence)
        from exchange.events where stream_id = 10002 and payload ->> 'rule' = 'fat_finger'";
    assert_eq!(rows(&stage.owner, told).await, ["1 2 3"]);
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn the_rate_counts_accepted_orders_and_nothing_else() {
    let stage = stage(2).await;
    publish(&stage.owner, "rate", "order", &rate(3), "deny").await;
    assert_eq!(stage.send(&[stage.named("90", "one")]).await, ["open"]);
    for _ in 0..3 {
        let again = stage
            .send(&[stage.named("90", "one"), stage.buy("1")])
            .await;
        assert_eq!(again, ["open", "PRICE_OUT_OF_BAND"]);
        let tried = json!([stage.buy("90")]).to_string();
        let text = format!("select exchange.try_commands('{tried}')::text");
        assert!(rows(&stage.trader, &text).await[0].contains("open"));
        stage.trader.batch_execute("begin").await.expect("begun");
        stage
            .trader
            .batch_execute("savepoint s")
            .await
            .expect("saved");
        assert_eq!(stage.send(&[stage.buy("90")]).await, ["open"]);
        stage
            .trader
            .batch_execute("rollback to s")
            .await
            .expect("back");
        assert_eq!(stage.send(&[stage.buy("90")]).await, ["open"]);
        stage.trader.batch_execute("rollback").await.expect("back");
    }
    let outcomes = stage
        .send(&[stage.buy("90"), stage.buy("90"), stage.buy("90")])
        .await;
    assert_eq!(outcomes, ["open", "open", "RISK_DENIED"]);
    assert_eq!(
        stage.send(&[stage.named("90", "one")]).await,
        ["open"],
        "a repeat of an accepted order is no new one"
    );
    let cancel = json!({ "verb": "cancel_all", "account_id": stage.alice });
    submit(&stage.trader, &[cancel])
        .await
        .expect("cancelling is always free");
    assert_eq!(stage.send(&[stage.buy("90")]).await, ["RISK_DENIED"]);
    let other = limit(stage.alice + 1, MARKET, "buy", "1", "90");
    assert_eq!(stage.send(&[other]).await, ["open"]);
    assert_eq!(
        events(&stage.owner).await,
        [r#"rate deny {"orders": 4}"#; 2]
    );
}

#[tokio::test]
async fn two_rules_that_count_the_same_count_it_once() {
    let stage = stage(1).await;
    publish(&stage.owner, "deny_rate", "order", &rate(3), "deny").await;
    publish(&stage.owner, "review_rate", "order", &rate(2), "review").await;
    let orders = vec![stage.buy("90"); 4];
    assert_eq!(
        stage.send(&orders).await,
        ["open", "open", "open", "RISK_DENIED"]
    );
    let expected = [
        r#"review_rate review {"orders": 3}"#,
        r#"deny_rate deny {"orders": 4}"#,
        r#"review_rate review {"orders": 4}"#,
    ];
    assert_eq!(events(&stage.owner).await, expected);
    let placed = "select count(order_id) from risk.events where order_id is not null";
    assert_eq!(
        number(&stage.owner, placed).await,
        1,
        "the one that was let through"
    );
}

#[tokio::test]
async fn notional_is_summed_over_the_markets_of_an_asset() {
    let stage = stage(2).await;
    let condition = r#"order_notional {"asset":"USDT","most":"250","within_seconds":86400}"#;
    publish(&stage.owner, "notional", "order", condition, "deny").await;
    must(
        &stage.trader,
        limit(stage.alice + 1, MARKET, "sell", "1", "100"),
    )
    .await;
    let market = json!({ "verb": "place", "account_id": stage.alice, "market": MARKET,
        "side": "buy", "kind": "market", "budget": "50" });
    let eth = |quantity| limit(stage.alice, "ETH/USDT", "buy", quantity, "100");
    let cross = limit(stage.alice, "ETH/BTC", "buy", "1000", "100");
    let outcomes = stage
        .send(&[
            stage.buy("90"),
            market,
            eth("1.1001"),
            eth("1.1"),
            cross,
            eth("0.0001"),
        ])
        .await;
    assert_eq!(
        outcomes,
        [
            "open",
            "filled",
            "RISK_DENIED",
            "open",
            "open",
            "RISK_DENIED"
        ],
        "90, 50 and 110 make 250"
    );
    let seen = [r#"notional deny {"notional": "250.01"}"#; 2];
    assert_eq!(events(&stage.owner).await, seen);
}

#[tokio::test]
async fn linked_accounts_that_trade_with_each_other_are_stopped() {
    let stage = stage(3).await;
    let (alice, bob, carol) = (stage.alice, stage.alice + 1, stage.alice + 2);
    let condition = r#"linked_trades {"most":1,"within_seconds":86400}"#;
    publish(&stage.owner, "wash", "order", condition, "deny").await;
    let link = format!("select risk.link_accounts({alice}, {bob}, 'same person')");
    stage.owner.batch_execute(&link).await.expect("linked");
    let trade = async |maker: i64, taker: i64| {
        let sell = limit(maker, MARKET, "sell", "1", "100");
        stage
            .send(&[sell, limit(taker, MARKET, "buy", "1", "100")])
            .await
    };
    for (maker, taker) in [(alice, carol), (carol, bob), (alice, carol), (alice, bob)] {
        assert_eq!(
            trade(maker, taker).await,
            ["open", "filled"],
            "one with a linked account"
        );
    }
    assert_eq!(
        trade(bob, alice).await,
        ["open", "filled"],
        "that makes two"
    );
    assert_eq!(trade(alice, bob).await, ["RISK_DENIED", "RISK_DENIED"]);
    assert_eq!(trade(carol, carol).await, ["open", "expired"]);
    let elsewhere = limit(alice, "ETH/USDT", "buy", "1", "100");
    assert_eq!(stage.send(&[elsewhere]).await, ["open"], "another market");
    let seen = [r#"wash deny {"trades": 2, "quote_amount": "200"}"#; 2];
    assert_eq!(events(&stage.owner).await, seen);
    let text = "select subject || observed from risk.backtest('wash', now() - interval '1 day',
        now() + interval '1 day')";
    assert_eq!(
        rows(&stage.owner, text).await,
        [""; 0],
        "nothing was accepted beyond it"
    );
}

#[tokio::test]
async fn a_replacement_is_judged_as_what_it_places_and_keeps_the_old_order() {
    let stage = stage(1).await;
    let condition = r#"price_distance {"most_ppm":50000}"#;
    publish(&stage.owner, "fat_finger", "order", condition, "deny").await;
    publish(&stage.owner, "rate", "order", &rate(2), "deny").await;
    assert_eq!(stage.send(&[stage.named("90", "a")]).await, ["open"]);
    let replace = |price: &str, id: &str| {
        json!({ "verb": "replace", "account_id": stage.alice, "replaced_client_order_id": id,
            "side": "buy", "price": price, "quantity": "1", "client_order_id": "b" })
    };
    assert_eq!(stage.send(&[replace("106", "a")]).await, ["RISK_DENIED"]);
    assert_eq!(stage.send(&[replace("91", "a")]).await, ["open"]);
    assert_eq!(
        stage.send(&[stage.buy("91")]).await,
        ["RISK_DENIED"],
        "two were placed"
    );
    let open = "select price::text from exchange.orders where state = 'open'";
    assert_eq!(rows(&stage.owner, open).await, ["91.00"]);
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn rules_and_lists_count_from_the_next_batch_on_and_not_if_they_are_rolled_back() {
    let stage = stage(1).await;
    let order = [stage.buy("90")];
    assert_eq!(stage.send(&order).await, ["open"]);
    // One session, whose memory must forget what was rolled back.
    let owner = &stage.owner;
    let ask = async || {
        let batch = json!(order).to_string();
        let found = rows(owner, &format!("select exchange.submit('{batch}')::text")).await;
        found[0].contains("RISK_DENIED")
    };
    owner.batch_execute("begin").await.expect("begun");
    publish(owner, "rate", "order", &rate(0), "deny").await;
    assert!(ask().await);
    owner.batch_execute("rollback").await.expect("rolled back");
    assert!(!ask().await);
    publish(owner, "rate", "order", &rate(0), "deny").await;
    assert_eq!(stage.send(&order).await, ["RISK_DENIED"]);
    publish(
        owner,
        "friends",
        "order",
        r#"account_listed {"list":"makers"}"#,
        "allow",
    )
    .await;
    assert_eq!(stage.send(&order).await, ["RISK_DENIED"]);
    let list = format!(
        "insert into risk.account_lists values ('makers', {})",
        stage.alice
    );
    owner.batch_execute(&list).await.expect("listed");
    assert_eq!(
        stage.send(&order).await,
        ["open"],
        "its orders are not even counted"
    );
    owner
        .batch_execute("delete from risk.account_lists")
        .await
        .expect("unlisted");
    assert_eq!(stage.send(&order).await, ["RISK_DENIED"]);
    owner
        .batch_execute("select risk.end_rule('rate')")
        .await
        .expect("ended");
    assert_eq!(stage.send(&order).await, ["open"]);
    publish(
        owner,
        "suspects",
        "order",
        r#"account_listed {"list":"makers"}"#,
        "deny",
    )
    .await;
    owner
        .batch_execute("select risk.end_rule('friends')")
        .await
        .expect("ended");
    owner.batch_execute(&list).await.expect("listed");
    assert_eq!(stage.send(&order).await, ["RISK_DENIED"]);
    assert_eq!(
        events(owner).await.last().expect("one"),
        r#"suspects deny {"list": "makers"}"#
    );
}

#[tokio::test]
async fn markets_at_once_count_one_account_together() {
    let stage = stage(1).await;
    publish(&stage.owner, "rate", "order", &rate(100), "deny").await;
    let mut sessions = Vec::new();
    for market in [MARKET, "ETH/USDT", "ETH/BTC"] {
        let client = stage.database.trader().await;
        let order = limit(stage.alice, market, "buy", "0.01", "90");
        sessions.push(tokio::spawn(async move {
            for _ in 0..10 {
                submit(&client, &vec![order.clone(); 8])
                    .await
                    .expect("answered");
            }
        }));
    }
    for session in sessions {
        session.await.expect("it ends");
    }
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.orders").await,
        100
    );
    assert_eq!(
        number(&stage.owner, "select count(*) from risk.events").await,
        140
    );
    assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_hears_that_a_rule_forbids_it_and_not_which() {
    let stage = stage(1).await;
    let account = api_server::open_account(&stage.owner, "alice")
        .await
        .expect("an account");
    let fund = format!("select exchange.adjust_balance({account}, 'USDT', 1000, 'test', 'fund')");
    stage.owner.batch_execute(&fund).await.expect("funds");
    publish(
        &stage.owner,
        "fat_finger",
        "order",
        r#"price_distance {"most_ppm":0}"#,
        "deny",
    )
    .await;
    let server = ApiServer::start(&stage.database).await.expect("a server");
    let port = server.port();
    let token = api_server::login(port, "alice").await.expect("a token");
    let order = r#"{"market":"BTC/USDT","side":"buy","price":"101","quantity":"1"}"#;
    let path = "/api/trade/create-order";
    let answer = api_server::request(port, "POST", path, Some(&token), Some(order)).await;
    let answer = answer.expect("answered");
    assert_eq!(
        (answer.status, &answer.body["code"]),
        (403, &json!("RISK_DENIED"))
    );
    assert!(!answer.body.to_string().contains("fat"), "{}", answer.body);
    assert_eq!(events(&stage.owner).await.len(), 1);
}

#[tokio::test]
async fn an_account_that_was_not_let_trade_is_told_so() {
    let stage = stage(1).await;
    let column = "select count(*) from pg_attribute
        where attrelid = 'exchange.accounts'::regclass and attname = 'may_trade'";
    if number(&stage.owner, column).await == 0 {
        let add =
            "alter table exchange.accounts add column may_trade boolean not null default true";
        stage.owner.batch_execute(add).await.expect("added");
    }
    assert_eq!(stage.send(&[stage.buy("90")]).await, ["open"]);
    let close = "update exchange.accounts set may_trade = false";
    stage.owner.batch_execute(close).await.expect("closed");
    assert_eq!(stage.send(&[stage.buy("90")]).await, ["KYC_REQUIRED"]);
    let cancel = json!({ "verb": "cancel_all", "account_id": stage.alice });
    submit(&stage.trader, &[cancel])
        .await
        .expect("cancelling is always free");
}

#[tokio::test]
async fn the_functions_of_the_extension_are_nobodys() {
    let stage = stage(1).await;
    for call in ["risk.order_rules()", "risk.record_order_events('[]')"] {
        let (code, words) = refusal(&stage.trader, &format!("select {call}")).await;
        assert_eq!(code, "42501", "{call}: {words}");
    }
}
