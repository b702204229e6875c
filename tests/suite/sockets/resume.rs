//! Coming back: on the same server, on another, after Postgres was gone, and at a stop.

use tests::cluster::{Cluster, Settings};
use tests::wait;

use super::*;

/// Follows until the market's last number, and gives the book.
async fn follow(port: u16, owner: &Client) -> LocalBook {
    let mut socket = connect(port).await;
    socket.subscribe(depth(None)).await.expect("subscribes");
    let mut book = LocalBook::default();
    reach(&mut socket, &mut book, last_sequence(owner).await).await;
    book
}

/// Comes back with what is known, and reaches the end without a snapshot.
async fn come_back(port: u16, book: &mut LocalBook, owner: &Client) {
    let mut socket = connect(port).await;
    let channel = depth(Some(book.sequence));
    socket.subscribe(channel).await.expect("subscribes");
    book.resume();
    let last = last_sequence(owner).await;
    while book.sequence < last {
        let message = socket.next_of("depth").await.expect("a message");
        let is_snapshot = book.apply(&message);
        let is_snapshot = is_snapshot.unwrap_or_else(|error| panic!("{error:#}: {message}"));
        assert!(!is_snapshot, "what was missed is still known");
    }
    assert_eq!(book.levels(), rest_levels(port).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_comes_back_without_gap_to_the_same_server_and_to_another() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let mut one = server(&database, &[]).await;
    let other = server(&database, &[]).await;
    let session = database.trader().await;
    trade(&session, "before", first, 4).await;
    let mut book = follow(one.port(), &owner).await;
    trade(&session, "between", first, 4).await;
    come_back(one.port(), &mut book, &owner).await;
    one.kill().expect("it is killed");
    trade(&session, "after", first, 4).await;
    come_back(other.port(), &mut book, &owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_for_the_future_gets_a_snapshot() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let server = server(&database, &[]).await;
    trade(&database.trader().await, "some", first, 2).await;
    for after in [i64::MAX, -1] {
        let mut socket = connect(server.port()).await;
        socket
            .subscribe(depth(Some(after)))
            .await
            .expect("subscribes");
        let message = socket.next_of("depth").await.expect("a message");
        assert_eq!(message["type"], "snapshot", "after {after}");
    }
}

/// Facts that a server keeps for who comes back.
const FACTS_KEPT: i64 = 10_000;
/// Orders of one batch that end at once, two facts each at most.
const MANY: usize = 1000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_away_too_long_gets_a_snapshot() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let server = server(&database, &[]).await;
    let session = database.trader().await;
    trade(&session, "before", first, 2).await;
    let mut book = follow(server.port(), &owner).await;
    let left_at = book.sequence;
    let order = json!({ "verb": "place", "account_id": first, "market": MARKET, "side": "buy",
        "price": "61", "quantity": "0.01", "time_in_force": "ioc" });
    let batch = vec![order; MANY];
    let enough = left_at + 2 * FACTS_KEPT + 1;
    while last_sequence(&owner).await <= enough {
        submit(&session, &batch).await.expect("it is answered");
    }
    must(&session, limit(first, MARKET, "buy", "0.5", "62")).await;
    let last = last_sequence(&owner).await;
    let mut socket = connect(server.port()).await;
    let channel = depth(Some(left_at));
    socket.subscribe(channel).await.expect("subscribes");
    let message = socket.next_of("depth").await.expect("a message");
    assert_eq!(message["type"], "snapshot", "{message}");
    book.apply(&message).expect("a book");
    reach(&mut socket, &mut book, last).await;
    assert_eq!(book.levels(), rest_levels(server.port()).await);
}

/// The orders that a private channel tells until this number, as number and state.
async fn orders_until(socket: &mut Socket, sequence: i64) -> Vec<(i64, String)> {
    let mut told = Vec::new();
    while told.last().is_none_or(|(last, _)| *last < sequence) {
        let message = socket.next_of("orders").await.expect("an order");
        assert_ne!(
            message["type"], "snapshot",
            "what was missed is still known"
        );
        let number = message["sequence"].as_i64().expect("a number");
        told.push((number, message["order"].to_string()));
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_comes_back_to_exactly_what_it_missed_on_either_server() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let servers = [server(&database, &[]).await, server(&database, &[]).await];
    let (_, token) = trader(&owner, servers[0].port(), "alice").await;
    let mut whole = authenticated(servers[0].port(), &token).await;
    let channels = json!([{ "channel": "orders" }, { "channel": "fills" }]);
    let op = json!({ "op": "subscribe", "channels": channels });
    whole.must(op).await.expect("subscribes");
    let snapshot = whole.next_of("orders").await.expect("a snapshot");
    assert_eq!(snapshot["type"], "snapshot");
    let mut trading = authenticated(servers[1].port(), &token).await;
    for (side, price) in [("buy", "90"), ("buy", "91"), ("sell", "99"), ("buy", "92")] {
        let op = json!({ "op": "createOrder", "order": order(side, price, "1") });
        trading.must(op).await.expect("placed");
    }
    let last = last_sequence(&owner).await;
    let told = orders_until(&mut whole, last).await;
    assert_eq!(told.len(), 4, "{told:?}");
    for (known, (after, _)) in told.iter().enumerate().take(3) {
        for server in &servers {
            let mut socket = authenticated(server.port(), &token).await;
            let channel = json!({ "channel": "orders", "after": { MARKET: after } });
            socket.subscribe(channel).await.expect("subscribes");
            assert_eq!(orders_until(&mut socket, last).await, told[known + 1..]);
        }
    }
    // A number of the future cannot be gone on from.
    let mut socket = authenticated(servers[0].port(), &token).await;
    let channel = json!({ "channel": "orders", "after": { MARKET: last + 1 } });
    socket.subscribe(channel).await.expect("subscribes");
    let message = socket.next_of("orders").await.expect("a snapshot");
    assert_eq!(message["type"], "snapshot", "{message}");
    assert_eq!(message["orders"].as_array().map(Vec::len), Some(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_go_on_over_a_restart_of_postgres() {
    let settings = Settings {
        durable: true,
        max_markets: 8,
        max_open_orders: 65_536,
        extra: "",
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    let first = {
        let owner = database.owner().await;
        fixture::populate(&owner, 6).await
    };
    let server = server(&database, &[]).await;
    let mut socket = connect(server.port()).await;
    socket.subscribe(depth(None)).await.expect("subscribes");
    let mut book = LocalBook::default();
    for round in 0..3 {
        let session = database.trader().await;
        trade(&session, &format!("round{round}"), first, 4).await;
        let last = last_sequence(&database.owner().await).await;
        // The same socket, and every number follows the one before.
        reach(&mut socket, &mut book, last).await;
        tokio::task::block_in_place(|| {
            cluster.primary().kill().expect("it is killed");
            cluster.primary().start().expect("it starts again");
        });
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_stops_says_so_first() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let mut server = server(&database, &[]).await;
    let mut socket = connect(server.port()).await;
    socket.subscribe(depth(None)).await.expect("subscribes");
    server.ask_to_stop();
    let mut notice = socket.next().await.expect("a message");
    while notice["event"] != "shutdown" {
        notice = socket.next().await.expect("a message");
    }
    assert!(notice["reconnectWithinMs"].is_u64(), "{notice}");
    let end = socket
        .end()
        .await
        .expect("an end")
        .expect("a closing frame");
    assert_eq!(end.0, 1012);
    drop(socket);
    wait::until_blocking("the API has ended", || {
        server.has_stopped().expect("it ends well")
    });
}
