//! The dead man's switch: orders are cancelled in time, unless somebody puts it off.

use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, rows};
use tests::wait;
use tests::worker::Worker;
use tokio_postgres::Client;

const OPEN: &str = "select count(*) from exchange.orders_open";
const SWITCHES: &str = "select count(*) from exchange.cancel_deadlines";

async fn run(client: &Client, text: &str) {
    client
        .batch_execute(text)
        .await
        .unwrap_or_else(|error| panic!("{text}: {error:?}"));
}

#[tokio::test]
async fn workers_cancel_within_a_tenth_of_a_second() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 3).await;
    let trader = database.trader().await;
    let _first = Worker::start(&database, "deadlines").expect("it starts");
    let _second = Worker::start(&database, "deadlines").expect("it starts");
    for account in alice..alice + 3 {
        for market in ["BTC/USDT", "ETH/USDT"] {
            must(&trader, limit(account, market, "buy", "1", "90")).await;
        }
    }
    // The last one only in one market.
    run(
        &trader,
        &format!("select exchange.cancel_after({alice}, null, 1000)"),
    )
    .await;
    run(
        &trader,
        &format!(
            "select exchange.cancel_after({}, 'BTC/USDT', 1500)",
            alice + 1
        ),
    )
    .await;
    let due = format!(
        "select account_id || ' ' || due_at from exchange.cancel_deadlines
         where account_id >= {alice} order by 1"
    );
    assert_eq!(rows(&owner, &due).await.len(), 2);
    owner
        .batch_execute("create table due as select * from exchange.cancel_deadlines")
        .await
        .expect("kept");
    wait::until("the switches have run", async || {
        number(&owner, OPEN).await == 3 && number(&owner, SWITCHES).await == 0
    })
    .await;
    let late =
        "select coalesce(max(extract(epoch from u.updated_at - d.due_at) * 1000), -1)::bigint
        from exchange.order_updates u join public.due d on d.account_id = u.account_id";
    let late_ms = number(&owner, late).await;
    // A tenth of a second is what is promised; a loaded machine is allowed some more.
    assert!((0..1000).contains(&late_ms), "{late_ms} ms late");
    assert_clean(&owner).await;
}

#[tokio::test]
async fn a_switch_that_is_put_off_or_taken_away_cancels_nothing() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    must(&trader, limit(alice, "BTC/USDT", "buy", "1", "90")).await;
    let due = "update exchange.cancel_deadlines set due_at = clock_timestamp()";
    let work = "select exchange.run_cancel_deadlines()";
    for timeout in [2000, 0] {
        run(
            &trader,
            &format!("select exchange.cancel_after({alice}, null, 1000)"),
        )
        .await;
        run(&owner, due).await;
        run(
            &trader,
            &format!("select exchange.cancel_after({alice}, null, {timeout})"),
        )
        .await;
        run(&owner, work).await;
        assert_eq!(number(&owner, OPEN).await, 1);
    }
    assert_eq!(number(&owner, SWITCHES).await, 0);
    // Another holder's switch is its own.
    for holder in ["client", "socket"] {
        let text = format!("select exchange.cancel_after({alice}, null, 1000, '{holder}')");
        run(&trader, &text).await;
    }
    run(
        &trader,
        &format!("select exchange.cancel_after({alice}, null, 0)"),
    )
    .await;
    run(&owner, due).await;
    run(&owner, work).await;
    assert_eq!(number(&owner, OPEN).await, 0);
}

#[tokio::test]
async fn what_a_halted_market_keeps_is_cancelled_later() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    for market in ["BTC/USDT", "ETH/USDT"] {
        must(&trader, limit(alice, market, "buy", "1", "90")).await;
    }
    run(
        &owner,
        "select exchange.set_market_status('ETH/USDT', 'halted')",
    )
    .await;
    run(
        &trader,
        &format!("select exchange.cancel_after({alice}, null, 1000)"),
    )
    .await;
    let due = "update exchange.cancel_deadlines set due_at = clock_timestamp()";
    let work = "select exchange.run_cancel_deadlines()";
    run(&owner, due).await;
    run(&owner, work).await;
    assert_eq!(number(&owner, OPEN).await, 1);
    // Only that market's orders stay marked: those placed elsewhere from now on are safe.
    must(&trader, limit(alice, "BTC/USDT", "buy", "1", "90")).await;
    run(
        &owner,
        "select exchange.set_market_status('ETH/USDT', 'trading')",
    )
    .await;
    run(&owner, due).await;
    run(&owner, work).await;
    let left = rows(&owner, "select order_id::text from exchange.orders_open").await;
    assert_eq!((left.len(), number(&owner, SWITCHES).await), (1, 0));
    assert!(left[0].starts_with('1'), "{left:?}");
    assert_clean(&owner).await;
}
