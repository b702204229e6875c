//! Making, dropping and dumping: the tables live without the library, and the library without them.

use tests::checks::assert_clean;
use tests::cluster::{Cluster, Settings};
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{books, limit, must, refusal, rows, submit};

#[tokio::test]
async fn a_dump_restores_into_a_new_database_and_trading_goes_on() {
    let settings = Settings {
        max_markets: 16,
        ..Settings::default()
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let server = cluster.primary();
    let database = Database::on(server).await.expect("an exchange");
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 4).await;
    let trader = database.trader().await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut stream = RandomCommands::new("dump", 7, &markets, first..first + 4);
    let batch = stream.batch(1000);
    submit(&trader, &batch).await.expect("it is answered");
    let before = books(&owner).await;
    let facts = "select count(*)::text from exchange.trades";
    let trades = rows(&owner, facts).await;

    let dump = server.client_program("pg_dump", &["--format=plain", database.name()]);
    let dump = dump.expect("pg_dump runs");
    database
        .maintain("create database restored")
        .await
        .expect("a new database");
    let restored = Database::existing(server, "restored");
    server
        .run_script("restored", &dump)
        .expect("the dump restores");
    let owner = restored.owner().await;
    assert_eq!(books(&owner).await, before);
    assert_eq!(rows(&owner, facts).await, trades);
    assert_clean(&owner).await;
    let trader = restored.trader().await;
    let outcomes = submit(&trader, &stream.batch(300))
        .await
        .expect("it is answered");
    assert_eq!(outcomes.len(), 300);
    must(&trader, limit(first, "BTC/USDT", "buy", "0.1", "60")).await;
    assert_clean(&owner).await;
}

#[tokio::test]
async fn the_extension_is_dropped_and_made_again_without_touching_tables() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    must(&trader, limit(first, "BTC/USDT", "buy", "0.1", "60")).await;
    let before = books(&owner).await;
    owner
        .batch_execute("drop extension exchange cascade")
        .await
        .expect("it is dropped");
    let open = rows(
        &owner,
        "select order_id::text from exchange.orders where state = 'open'",
    );
    assert_eq!(open.await.len(), 1);
    refusal(&trader, "select exchange.submit('[]')").await;
    migrations::migrate(&database.url("postgres"))
        .await
        .expect("it is made again");
    let owner = database.owner().await;
    let trader = database.trader().await;
    assert_eq!(books(&owner).await, before);
    must(&trader, limit(first, "BTC/USDT", "buy", "0.1", "61")).await;
    assert_clean(&owner).await;
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 1).await;
    must(
        &database.trader().await,
        limit(first, "BTC/USDT", "buy", "0.1", "60"),
    )
    .await;
    let before = books(&owner).await;
    migrations::migrate(&database.url("postgres"))
        .await
        .expect("it runs again");
    assert_eq!(books(&owner).await, before);
    assert_clean(&owner).await;
}
