//! An answer comes after the flush, a bug costs one statement, and nothing else.

use serde_json::json;
use tests::checks::assert_clean;
use tests::cluster::{Cluster, Settings};
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, refusal};
use tokio_postgres::Client;

/// Whether the log is flushed at least up to a position.
async fn is_flushed(client: &Client, position: &str) -> bool {
    let text = format!("select pg_current_wal_flush_lsn() >= '{position}'::pg_lsn");
    client.query_one(&text, &[]).await.expect("a row").get(0)
}

/// Trades in a transaction and gives the position of the log before its commit.
async fn trade(client: &Client, account: i64) -> String {
    client.batch_execute("begin").await.expect("begins");
    must(client, limit(account, "BTC/USDT", "buy", "0.01", "90")).await;
    let text = "select pg_current_wal_insert_lsn()::text";
    let position = client.query_one(text, &[]).await.expect("a row").get(0);
    client.batch_execute("commit").await.expect("commits");
    position
}

#[tokio::test]
async fn an_answer_comes_after_the_flush() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    for _ in 0..50 {
        let position = trade(&owner, alice).await;
        assert!(is_flushed(&owner, &position).await);
    }
}

#[tokio::test]
async fn a_wait_is_over_when_what_is_visible_is_flushed() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.owner().await;
    trader
        .batch_execute("set synchronous_commit = off")
        .await
        .expect("set");
    // Often enough to meet the end of a page of the log, where positions are special.
    for _ in 0..4000 {
        let position = trade(&trader, alice).await;
        owner
            .batch_execute("select exchange.wait_durable()")
            .await
            .expect("it waits");
        assert!(is_flushed(&owner, &position).await);
        let all = json!({ "verb": "cancel_all", "account_id": alice });
        must(&trader, all).await;
        owner
            .batch_execute("select exchange.wait_durable()")
            .await
            .expect("it waits");
    }
    assert_clean(&owner).await;
}

#[tokio::test]
async fn a_bug_raises_an_error_and_the_server_lives_on() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    let mut order = limit(alice, "BTC/USDT", "buy", "1", "100");
    order["client_order_id"] = json!("lost");
    order["time_in_force"] = json!("ioc");
    must(&trader, order.clone()).await;
    // A key without its order cannot be: asked for the first answer, the extension panics.
    owner.batch_execute("begin").await.expect("begins");
    owner
        .batch_execute("delete from exchange.orders")
        .await
        .expect("deleted");
    let other = limit(alice + 1, "BTC/USDT", "sell", "1", "100");
    let batch = format!("select exchange.submit('[{other},{order}]')");
    let (code, words) = refusal(&owner, &batch).await;
    assert_eq!(code, "XX000", "{words}");
    owner.batch_execute("rollback").await.expect("rolls back");
    // The order before the bug in the same batch is gone with it, from the book too.
    assert_eq!(
        number(&owner, "select count(*) from exchange.orders").await,
        1
    );
    let book = "select count(*) from exchange.order_book('BTC/USDT')";
    assert_eq!(number(&trader, book).await, 0);
    must(&trader, other).await;
    assert_eq!(number(&trader, book).await, 1);
    assert_clean(&owner).await;
}

#[tokio::test]
async fn files_of_the_log_are_made_once_and_used_again() {
    const PREPARE: &str = include_str!("../../scripts/prepare_wal.sql");
    // Eight files of 16 MB.
    let settings = Settings {
        extra: "min_wal_size = '128MB'",
        ..Settings::default()
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let url = cluster.primary().url("postgres", "postgres");
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
        .await
        .expect("connected");
    tokio::spawn(connection);
    let files = "select count(*) from pg_ls_waldir()";
    assert!(number(&client, files).await < 8);
    let prepare = || cluster.primary().run_script("postgres", PREPARE);
    prepare().expect("made");
    assert!(number(&client, files).await >= 8);
    // A second time nothing is written but the checkpoint.
    let log = "select (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint / (16 * 1024 * 1024)";
    let before = number(&client, log).await;
    prepare().expect("there already");
    assert_eq!(number(&client, log).await, before);
    // What is written until the next checkpoint goes into files that are there.
    let made = number(&client, files).await;
    let write = "do $$ begin for n in 1..5 loop
            perform pg_logical_emit_message(false, 'test', 'x');
            perform pg_switch_wal();
        end loop; end $$";
    client.batch_execute(write).await.expect("written");
    assert_eq!(number(&client, files).await, made);
}
