//! What is full or too large says so, and loses nothing.

use serde_json::{Value, json};
use tests::checks::assert_clean;
use tests::cluster::Settings;
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, refusal, submit};

#[tokio::test]
async fn a_full_book_refuses_to_rest_and_still_trades() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let bob = alice + 1;
    let trader = database.trader().await;
    let capacity = Settings::default().max_open_orders as usize;
    let order = |n: usize| {
        limit(
            alice,
            "BTC/USDT",
            "buy",
            "0.01",
            &format!("{}.{:02}", 60 + n / 100, n % 100),
        )
    };
    let mut placed = 0;
    let mut full = 0;
    for start in (0..capacity + 64).step_by(1024) {
        let batch: Vec<Value> = (start..(start + 1024).min(capacity + 64))
            .map(order)
            .collect();
        for outcome in submit(&trader, &batch).await.expect("it is answered") {
            match outcome.get("reject").and_then(Value::as_str) {
                None => placed += 1,
                Some("BOOK_FULL") => full += 1,
                Some(other) => panic!("{other}: {outcome}"),
            }
        }
    }
    assert_eq!((placed, full), (capacity, 64));
    let open = number(
        &owner,
        "select count(*) from exchange.orders where state = 'open'",
    )
    .await;
    assert_eq!(open, i64::try_from(capacity).expect("small"));
    assert_clean(&owner).await;

    // An order that never rests takes, and so frees a place; then one more may rest.
    let mut take = limit(bob, "BTC/USDT", "sell", "0.01", "60");
    take["time_in_force"] = json!("ioc");
    assert_eq!(must(&trader, take).await["state"], "filled");
    must(&trader, limit(alice, "BTC/USDT", "buy", "0.01", "61")).await;
    let refused = submit(&trader, &[limit(alice, "BTC/USDT", "buy", "0.01", "61")]).await;
    assert_eq!(refused.expect("it is answered")[0]["reject"], "BOOK_FULL");
    // Other markets have their own.
    must(&trader, limit(alice, "ETH/USDT", "buy", "0.01", "61")).await;
    assert_clean(&owner).await;
}

#[tokio::test]
async fn a_batch_has_at_most_4096_commands() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    let cancel_all = json!({ "verb": "cancel_all", "account_id": alice, "market": "BTC/USDT" });
    let most = vec![cancel_all; 4096];
    assert_eq!(
        submit(&trader, &most).await.expect("it is answered").len(),
        4096
    );
    let mut more = most;
    more.push(limit(alice, "BTC/USDT", "buy", "1", "100"));
    let error = submit(&trader, &more).await.expect_err("it is too large");
    let error = error.as_db_error().expect("the server's word").clone();
    assert_eq!(error.code().code(), "54000", "{error}");
    let orders = number(&owner, "select count(*) from exchange.orders").await;
    assert_eq!(orders, 0);
}

#[tokio::test]
async fn what_is_no_batch_is_an_error() {
    let database = Database::fresh().await;
    fixture::populate(&database.owner().await, 1).await;
    let trader = database.trader().await;
    for batch in ["{}", "7", "\"place\"", "null"] {
        let text = format!("select exchange.submit('{batch}')");
        assert_eq!(refusal(&trader, &text).await.0, "22023", "{batch}");
    }
    assert_eq!(
        refusal(&trader, "select exchange.submit('[')").await.0,
        "22P02"
    );
}

#[tokio::test]
async fn an_unknown_market_has_no_book() {
    let database = Database::fresh().await;
    fixture::populate(&database.owner().await, 1).await;
    let trader = database.trader().await;
    refusal(&trader, "select * from exchange.order_book('XRP/USDT')").await;
    refusal(&trader, "select * from exchange.order_book('BTC/USDT', 0)").await;
    refusal(
        &trader,
        "select * from exchange.order_book('BTC/USDT', 10001)",
    )
    .await;
}
