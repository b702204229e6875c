//! The outbox: a ring says look, and what is read by number has no gap.

use std::time::Duration;

use futures::{StreamExt, stream};
use serde_json::Value;
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{limit, must, number, submit};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio_postgres::{AsyncMessage, NoTls};

/// A session that listens; its rings' payloads.
async fn listen(database: &Database) -> (tokio_postgres::Client, UnboundedReceiver<String>) {
    let url = database.url("exchange_api");
    let (client, mut connection) = tokio_postgres::connect(&url, NoTls)
        .await
        .expect("connects");
    let (send, rings) = unbounded_channel();
    tokio::spawn(async move {
        let mut messages = stream::poll_fn(move |context| connection.poll_message(context));
        while let Some(Ok(message)) = messages.next().await {
            if let AsyncMessage::Notification(ring) = message {
                // The test may have ended.
                let _ = send.send(format!("{} {}", ring.channel(), ring.payload()));
            }
        }
    });
    client
        .batch_execute("listen exchange_events")
        .await
        .expect("it listens");
    (client, rings)
}

#[tokio::test]
async fn a_batch_rings_once_a_market() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let (listener, mut rings) = listen(&database).await;
    let trader = database.trader().await;
    let batch: Vec<Value> = (0..50)
        .map(|n| {
            limit(
                alice + n % 2,
                ["BTC/USDT", "ETH/USDT"][n as usize % 2],
                "buy",
                "1",
                "90",
            )
        })
        .collect();
    submit(&trader, &batch).await.expect("it is answered");
    // A batch that is refused whole rings nobody.
    let refused = limit(alice, "ETH/BTC", "buy", "0", "90");
    submit(&trader, &[refused]).await.expect("it is answered");
    trader.batch_execute("begin").await.expect("begins");
    must(&trader, limit(alice, "ETH/BTC", "buy", "1", "90")).await;
    trader.batch_execute("rollback").await.expect("rolls back");
    // Rings come in order of commit, so this one comes after all others.
    trader
        .batch_execute("notify exchange_events, 'end'")
        .await
        .expect("it rings");
    let mut heard = Vec::new();
    while heard
        .last()
        .is_none_or(|ring| ring != "exchange_events end")
    {
        let ring = tokio::time::timeout(Duration::from_secs(30), rings.recv()).await;
        heard.push(ring.expect("the bell rings").expect("the listener lives"));
    }
    heard.sort();
    assert_eq!(
        heard,
        [
            "exchange_events 1",
            "exchange_events 2",
            "exchange_events end"
        ]
    );
    drop(listener);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_by_number_misses_nothing_while_others_write() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut writers = Vec::new();
    for session in 0..3 {
        let trader = database.trader().await;
        let name = format!("writer{session}");
        let mut commands = RandomCommands::new(&name, session, &markets, first..first + 6);
        writers.push(tokio::spawn(async move {
            for _ in 0..40 {
                let batch = commands.batch(25);
                match submit(&trader, &batch).await {
                    Ok(outcomes) => commands.learn(&batch, &outcomes),
                    Err(error) => assert_eq!(error.code().map(|c| c.code()), Some("40001")),
                }
            }
        }));
    }
    let reader = database.trader().await;
    let mut cursors = [0i64; 3];
    let mut is_last_look = false;
    loop {
        for market in 1..=3i32 {
            let cursor = &mut cursors[market as usize - 1];
            let text = "select sequence from exchange.messages_after($1, $2, 500)";
            for row in reader
                .query(text, &[&market, &*cursor])
                .await
                .expect("messages")
            {
                assert_eq!(row.get::<_, i64>(0), *cursor + 1, "market {market}");
                *cursor += 1;
            }
        }
        let is_done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        if is_last_look {
            break;
        }
        is_last_look = is_done;
        tokio::task::yield_now().await;
    }
    for writer in writers {
        writer.await.expect("the writer ends well");
    }
    for market in 1..=3 {
        let text =
            format!("select max(last_sequence) from exchange.events where stream_id = {market}");
        let mut cursor = cursors[market - 1];
        let last = number(&owner, &text).await;
        while cursor < last {
            let text =
                format!("select count(*) from exchange.messages_after({market}, {cursor}, 500)");
            cursor += number(&owner, &text).await;
        }
        assert_eq!(cursor, last);
    }
    assert_clean(&owner).await;
}

#[tokio::test]
async fn messages_say_what_happened_and_to_whom() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    must(&trader, limit(alice, "BTC/USDT", "buy", "1", "90")).await;
    must(&trader, limit(alice + 1, "BTC/USDT", "sell", "0.4", "90")).await;
    must(
        &trader,
        serde_json::json!({ "verb": "cancel_all", "account_id": alice }),
    )
    .await;
    let text = "select sequence, topic, account_ids, payload from exchange.messages_after(1, 0)";
    let messages = owner.query(text, &[]).await.expect("messages");
    let topics: Vec<String> = messages.iter().map(|row| row.get("topic")).collect();
    assert_eq!(topics, ["order", "order", "trade", "order"]);
    let mut accounts: Vec<Vec<i64>> = messages.iter().map(|row| row.get("account_ids")).collect();
    accounts
        .iter_mut()
        .for_each(|accounts| accounts.sort_unstable());
    assert_eq!(accounts[0], [alice]);
    assert_eq!(accounts[1], [alice + 1]);
    assert_eq!(accounts[2], [alice, alice + 1]);
    assert_eq!(accounts[3], [alice]);
    let trade: Value = messages[2].get("payload");
    assert_eq!(trade["quantity"], "0.4000", "{trade}");
    assert_eq!(trade["price"], "90.00", "{trade}");
    // The streams of other topics count for themselves.
    let text = "select count(*) from exchange.messages_after(10000, 0)";
    assert_eq!(number(&owner, text).await, 6);
}
