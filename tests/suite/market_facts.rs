//! What followers of a market read: facts in whole transactions, once they are durable, and
//! snapshots from which they lead to now.

use std::collections::HashSet;

use serde_json::json;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{limit, must, number, rows, submit};
use tokio_postgres::Client;

const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];

async fn trade(trader: &Client, first: i64, batches: usize) {
    let mut stream = RandomCommands::new("facts", 5, &MARKETS, first..first + 6);
    for _ in 0..batches {
        let batch = stream.batch(60);
        let outcomes = submit(trader, &batch).await.expect("it is answered");
        stream.learn(&batch, &outcomes);
    }
}

async fn sequences(client: &Client, market: i32, after: i64, limit: i32) -> Vec<i64> {
    let text = "select sequence from exchange.market_facts($1, $2, $3)";
    let rows = client.query(text, &[&market, &after, &limit]).await;
    rows.expect("facts").iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn no_page_cuts_a_transaction() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let trader = database.trader().await;
    trade(&trader, first, 20).await;
    for market in 1..=3 {
        let text =
            format!("select last_sequence::text from exchange.events where stream_id = {market}");
        let ends: HashSet<i64> = rows(&owner, &text)
            .await
            .iter()
            .map(|end| end.parse().expect("a number"))
            .collect();
        let newest = ends.iter().max().copied().expect("some events");
        for limit in [1, 7, 100, 10_000] {
            let mut after = 0;
            while after < newest {
                let page = sequences(&trader, market, after, limit).await;
                let last = *page.last().expect("not the end");
                assert_eq!(page, (after + 1..=last).collect::<Vec<_>>());
                assert!(ends.contains(&last), "{last} is within a transaction");
                after = last;
            }
            assert_eq!(
                sequences(&trader, market, after, limit).await,
                Vec::<i64>::new()
            );
        }
    }
}

#[tokio::test]
async fn facts_say_what_happened() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    must(&trader, limit(alice, "BTC/USDT", "buy", "1", "90")).await;
    must(&trader, limit(alice + 1, "BTC/USDT", "sell", "0.4", "90")).await;
    let market = json!({ "verb": "place", "account_id": alice + 1, "market": "BTC/USDT",
        "side": "buy", "kind": "market", "budget": "50" });
    must(&trader, limit(alice, "BTC/USDT", "sell", "0.2", "100")).await;
    must(&trader, market).await;
    must(
        &trader,
        json!({ "verb": "cancel_all", "account_id": alice }),
    )
    .await;
    let text = "select concat_ws(' ', sequence, change, order_id % 1000, counter_order_id % 1000,
            side, kind, price, quantity, amount, fee, counter_fee, reason, final_quote)
        from exchange.market_facts(1, 0)";
    assert_eq!(
        rows(&trader, text).await,
        [
            "1 placed 1 buy limit 90.00 1.0000",
            "2 placed 2 sell limit 90.00 0.4000",
            "3 traded 2 1 sell 90.00 0.4000 36.000000 0.072000 0.00040000",
            "4 placed 4 sell limit 100.00 0.2000",
            "5 placed 5 buy market 50.000000",
            "6 traded 5 4 buy 100.00 0.2000 20.000000 0.00040000 0.020000",
            "7 expired 5 0.0000 unfilled",
            "8 cancelled 1 0.6000 cancel_all",
        ]
    );
}

#[tokio::test]
async fn a_snapshot_of_the_past_shows_the_book_of_then() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let trader = database.trader().await;
    trade(&trader, first, 20).await;
    for (market, symbol) in (1..).zip(MARKETS) {
        for history in [0, 1, 50, 300, 1_000_000] {
            let text =
                format!("select min(sequence) from exchange.market_snapshot({market}, {history})");
            let moment = number(&trader, &text).await;
            let text = format!("select max(last_sequence) from exchange.market_snapshot({market})");
            assert!(moment <= (number(&trader, &text).await - history).max(0));
            let text = format!(
                "select (side, price::numeric, sum(quantity::numeric - reduced_quantity::numeric
                    - filled_quantity::numeric), count(*))::text
                from exchange.market_snapshot({market}, {history}) where order_id is not null
                group by side, price::numeric
                order by side, case side when 'buy' then -price::numeric else price::numeric end"
            );
            let then = format!("select b::text from exchange.book_at('{symbol}', {moment}) b");
            assert_eq!(
                rows(&trader, &text).await,
                rows(&owner, &then).await,
                "{symbol}"
            );
        }
    }
}

#[tokio::test]
async fn a_position_is_the_last_number() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let trader = database.trader().await;
    trade(&trader, first, 3).await;
    let text = "select p::text from exchange.positions_of('{1,2,3,10000,77}') p order by 1";
    let known = "select (stream_id, last_sequence)::text from exchange.stream_positions()
        where stream_id in (1, 2, 3, 10000) union all select '(77,0)' order by 1";
    assert_eq!(rows(&trader, text).await, rows(&owner, known).await);
}

/// With `synchronous_commit = off` a writer is answered before its commit is flushed.
#[tokio::test]
async fn facts_are_durable_when_they_are_handed_on() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let writer = database.owner().await;
    writer
        .batch_execute("set synchronous_commit = off")
        .await
        .expect("set");
    let mut after = 0;
    for _ in 0..500 {
        writer.batch_execute("begin").await.expect("begins");
        must(&writer, limit(alice, "BTC/USDT", "buy", "0.01", "90")).await;
        let text = "select pg_current_wal_insert_lsn()::text";
        let position: String = writer.query_one(text, &[]).await.expect("a row").get(0);
        writer.batch_execute("commit").await.expect("commits");
        let page = sequences(&owner, 1, after, 100).await;
        after = *page.last().expect("the order");
        let text = format!("select pg_current_wal_flush_lsn() >= '{position}'::pg_lsn");
        assert!(
            owner
                .query_one(&text, &[])
                .await
                .expect("a row")
                .get::<_, bool>(0)
        );
    }
}
