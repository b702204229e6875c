//! A transaction holds a market's lock: that market's orders are refused early, the others go on,
//! and nothing that was refused is done later.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::json;
use tests::api_server::request;
use tests::checks::assert_clean;
use tests::database::Database;
use tests::trading::submit;
use tests::wait;

use super::{STRICT, count_orders, furnish, open_funded, place, resting, serve};

const WAVES: usize = 6;
const ORDERS_PER_WAVE: usize = 100;
/// What the server may grow by meanwhile: its buffers for as many connections.
const GROWTH_KIB: u64 = 16 * 1024;
const EARLY: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_held_market_sheds_its_load_and_does_nothing_late() {
    let database = Database::fresh().await;
    furnish(&database).await;
    let (server, token) = serve(&database, &STRICT).await;
    let port = server.port();
    let owner = database.owner().await;
    let holder = hold(&database, &owner).await;
    wave(port, &token, "warm").await;
    let before = server.memory_kib().expect("its memory");
    for number in 0..WAVES {
        let began = Instant::now();
        wave(port, &token, &format!("held{number}")).await;
        assert!(began.elapsed() < EARLY, "{:?}", began.elapsed());
        let elsewhere = resting("ETH/USDT", &format!("free{number}"));
        let elsewhere = place(port, &token, &elsewhere).await.expect("an answer");
        assert_eq!(elsewhere.status, 200, "{elsewhere:?}");
        let balances = request(port, "GET", "/api/account/balances", Some(&token), None).await;
        assert_eq!(balances.expect("an answer").status, 200);
    }
    let after = server.memory_kib().expect("its memory");
    assert!(
        after < before + GROWTH_KIB,
        "{before} KiB, then {after} KiB"
    );
    holder.batch_execute("rollback").await.expect("let go");
    let free = resting("BTC/USDT", "again");
    wait::until("the market takes orders again", async || {
        let answer = place(port, &token, &free).await;
        answer.is_some_and(|answer| answer.status == 200)
    })
    .await;
    assert_eq!(count_orders(&owner, "warm").await, 0);
    assert_eq!(count_orders(&owner, "held").await, 0);
    assert_clean(&owner).await;
    drop((server, holder, owner));
    database.drop().await;
}

/// A session that has placed an order and does not end its transaction.
async fn hold(database: &Database, owner: &tokio_postgres::Client) -> tokio_postgres::Client {
    let account = open_funded(owner, "emil").await;
    let holder = database.trader().await;
    holder.batch_execute("begin").await.expect("begun");
    let order = json!({ "verb": "place", "account_id": account, "market": "BTC/USDT",
        "side": "buy", "price": "90", "quantity": "1", "client_order_id": "holder" });
    let outcomes = submit(&holder, &[order]).await.expect("an outcome");
    assert_eq!(outcomes[0]["state"], "open", "{outcomes:?}");
    holder
}

/// Many orders at once; all are refused.
async fn wave(port: u16, token: &str, prefix: &str) {
    let orders = (0..ORDERS_PER_WAVE).map(|number| async move {
        let order = resting("BTC/USDT", &format!("{prefix}-{number}"));
        place(port, token, &order).await.expect("an answer")
    });
    for answer in join_all(orders).await {
        assert_eq!(answer.status, 503, "{answer:?}");
    }
}
