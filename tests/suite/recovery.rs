//! What a restart, a crash, a standby and a promotion leave of the book: all of it.

use tests::checks::assert_clean;
use tests::cluster::{Cluster, Settings};
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{book_problems, books, limit, must, refusal, rows, submit};
use tests::wait;
use tokio_postgres::Client;

fn small() -> Settings {
    Settings {
        durable: true,
        max_markets: 8,
        max_open_orders: 4096,
        extra: "",
    }
}

/// Trades for a while.
async fn trade(trader: &Client, name: &str, first: i64) {
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut stream = RandomCommands::new(name, 1, &markets, first..first + 6);
    for _ in 0..10 {
        let batch = stream.batch(100);
        let outcomes = submit(trader, &batch).await.expect("it is answered");
        stream.learn(&batch, &outcomes);
    }
}

/// What the tables say rests, in the form of [`books`].
async fn resting(owner: &Client) -> Vec<String> {
    let text = "
        select m.symbol || ' ' || (o.order_id, o.account_id, o.side, o.price,
            o.quantity - o.reduced_quantity - o.filled_quantity)::text
        from exchange.orders o join exchange.markets m using (market_id)
        where o.state = 'open'
        order by m.market_id, o.side, case o.side when 'buy' then -o.price else o.price end,
            o.order_id";
    rows(owner, text).await
}

#[tokio::test]
async fn a_restarted_server_builds_the_same_book() {
    let cluster = Cluster::start(small()).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    let mut before;
    {
        let owner = database.owner().await;
        let first = fixture::populate(&owner, 6).await;
        trade(&database.trader().await, "before", first).await;
        before = books(&owner).await;
        assert!(before.len() > 20, "only {} orders rest", before.len());
        assert_eq!(resting(&owner).await, before);
    }
    for is_crash in [false, true, true] {
        if is_crash {
            cluster.primary().kill().expect("it is killed");
        } else {
            cluster.primary().stop().expect("it stops");
        }
        cluster.primary().start().expect("it starts");
        let owner = database.owner().await;
        assert_eq!(books(&owner).await, before);
        assert_eq!(book_problems(&owner).await, Vec::<String>::new());
        assert_clean(&owner).await;
        let first = tests::trading::number(
            &owner,
            "select min(account_id) from exchange.accounts where role = 'user'",
        );
        trade(
            &database.trader().await,
            &format!("after{}", before.len()),
            first.await,
        )
        .await;
        assert_clean(&owner).await;
        before = books(&owner).await;
    }
}

#[tokio::test]
async fn a_standby_serves_the_book_and_takes_over() {
    let cluster = Cluster::start(small()).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    let owner = database.owner().await;
    let trader = database.trader().await;
    let first = fixture::populate(&owner, 6).await;
    trade(&trader, "early", first).await;
    let standby = cluster.standby().expect("a standby");
    let replica = Database::existing(&standby, database.name());
    trade(&trader, "late", first).await;
    let depth = "select d::text from exchange.order_book('BTC/USDT') d";
    let expected = rows(&owner, depth).await;
    assert!(expected.len() > 5, "{expected:?}");
    let reader = replica.trader().await;
    wait::until("the standby shows the primary's book", async || {
        rows(&reader, depth).await == expected
    })
    .await;
    // What rests moves on, and the standby with it.
    must(&trader, limit(first, "BTC/USDT", "buy", "0.5", "60")).await;
    let expected = rows(&owner, depth).await;
    wait::until("the standby follows", async || {
        rows(&reader, depth).await == expected
    })
    .await;
    let order = limit(first, "BTC/USDT", "buy", "0.1", "60");
    let text = format!("select exchange.submit('[{order}]')");
    assert_eq!(refusal(&reader, &text).await.0, "25006");

    let all = books(&owner).await;
    drop((owner, trader, reader));
    cluster.primary().kill().expect("the primary is killed");
    standby.promote().expect("the standby is promoted");
    let owner = replica.owner().await;
    assert_eq!(books(&owner).await, all);
    assert_clean(&owner).await;
    trade(&replica.trader().await, "promoted", first).await;
    assert_eq!(resting(&owner).await, books(&owner).await);
    assert_clean(&owner).await;
}
