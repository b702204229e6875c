//! Streams over real sockets of one and two real servers: nothing is lost, doubled or late.

mod attacks;
mod credentials;
mod example;
mod orders;
mod private;
mod resume;

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tests::api_server::{ApiServer, Build, login, open_account, request};
use tests::database::Database;
use tests::fixture;
use tests::local_book::LocalBook;
use tests::random_commands::RandomCommands;
use tests::socket::Socket;
use tests::trading::{limit, must, submit};
use tokio_postgres::Client;

const MARKET: &str = "BTC/USDT";
const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];

/// A server with these settings, where address and account may do as much as they like.
async fn server(database: &Database, settings: &[(&str, &str)]) -> ApiServer {
    let settings: Vec<_> = [
        ("EXCHANGE_RATE_ADDRESS", "1000000/60"),
        ("EXCHANGE_RATE_ACCOUNT", "1000000/60"),
    ]
    .iter()
    .chain(settings)
    .copied()
    .collect();
    let server = ApiServer::start_as(database, Build::Debug, &settings).await;
    server.expect("the server starts")
}

/// An account with money, and its token.
async fn trader(owner: &Client, port: u16, name: &str) -> (i64, String) {
    let account = open_account(owner, name).await.expect("an account");
    let text = format!(
        "select exchange.adjust_balance({account}, symbol, 1000000, 'test', '{name}' || symbol)
         from exchange.assets"
    );
    owner.batch_execute(&text).await.expect("funded");
    (account, login(port, name).await.expect("logs in"))
}

async fn connect(port: u16) -> Socket {
    Socket::connect(port).await.expect("connects")
}

async fn authenticated(port: u16, token: &str) -> Socket {
    Socket::login(port, token).await.expect("authenticates")
}

fn depth(after: Option<i64>) -> Value {
    match after {
        Some(after) => json!({ "channel": "depth", "market": MARKET, "after": after }),
        None => json!({ "channel": "depth", "market": MARKET }),
    }
}

fn order(side: &str, price: &str, quantity: &str) -> Value {
    json!({ "market": MARKET, "side": side, "price": price, "quantity": quantity })
}

/// Trades for a while, by so many batches of fifty.
async fn trade(trader: &Client, name: &str, first: i64, batches: usize) {
    let mut commands = RandomCommands::new(name, 7, &MARKETS, first..first + 6);
    for _ in 0..batches {
        let batch = commands.batch(50);
        let outcomes = submit(trader, &batch).await.expect("it is answered");
        commands.learn(&batch, &outcomes);
    }
    // Far from the others, it rests: the last fact changes the book, and depth tells its number. At
    // a price of its own: the same order again would make up for one that was just cancelled.
    static TRADED: AtomicU32 = AtomicU32::new(0);
    let price = format!("60.{:02}", TRADED.fetch_add(1, Ordering::Relaxed) % 100);
    must(trader, limit(first, MARKET, "buy", "0.5", &price)).await;
}

/// Reads depth until the book has reached that number.
async fn reach(socket: &mut Socket, book: &mut LocalBook, sequence: i64) {
    while book.sequence < sequence {
        let message = socket.next_of("depth").await.expect("a message");
        book.apply(&message)
            .unwrap_or_else(|error| panic!("{error:#}: {message}"));
    }
}

/// Bids and asks by REST, and the market's last number by the database.
async fn rest_levels(port: u16) -> Value {
    let path = "/api/market/depth?market=BTC/USDT&limit=1000";
    let answer = request(port, "GET", path, None, None).await.expect("depth");
    json!([answer.body["bids"], answer.body["asks"]])
}

async fn last_sequence(owner: &Client) -> i64 {
    let text = "select max(last_sequence) from exchange.events where stream_id = 1";
    tests::trading::number(owner, text).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_kept_from_updates_equals_the_depth_on_every_server() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let servers = [server(&database, &[]).await, server(&database, &[]).await];
    let mut followers = Vec::new();
    for server in &servers {
        let mut socket = connect(server.port()).await;
        socket.subscribe(depth(None)).await.expect("subscribes");
        followers.push((socket, LocalBook::default(), server.port()));
    }
    let session = database.trader().await;
    let trading = tokio::spawn(async move { trade(&session, "random", first, 30).await });
    let mut trades = connect(servers[0].port()).await;
    let channel = json!({ "channel": "trades", "market": MARKET });
    trades.subscribe(channel).await.expect("subscribes");
    trading.await.expect("it trades");
    let last = last_sequence(&owner).await;
    for (socket, book, port) in &mut followers {
        reach(socket, book, last).await;
        assert_eq!(book.levels(), rest_levels(*port).await);
    }
    // Trades have no gap either: each message goes on where the one before ended.
    let count = tests::trading::number(
        &owner,
        "select count(*) from exchange.trades where market_id = 1",
    );
    let count = count.await;
    let mut seen: Vec<i64> = Vec::new();
    let mut told = None;
    let text = "select max(trade_id) from exchange.trades where market_id = 1";
    let newest = tests::trading::number(&owner, text).await;
    while seen.last().is_none_or(|trade_id| *trade_id < newest) {
        let message = trades.next_of("trades").await.expect("trades");
        if let Some(told) = told {
            assert_eq!(message["first"], json!(told + 1));
        }
        told = message["last"].as_i64();
        let listed = message["trades"].as_array().expect("trades");
        let ids = listed.iter().filter_map(|trade| trade["tradeId"].as_str());
        seen.extend(ids.map(|id| id.parse::<i64>().expect("a number")));
    }
    assert!(seen.is_sorted() && count > 20, "{count} trades");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_public_channel_tells() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let server = server(&database, &[]).await;
    let mut socket = connect(server.port()).await;
    let channels = json!([
        { "channel": "ticker", "market": MARKET },
        { "channel": "klines", "market": MARKET, "interval": "1m" },
        { "channel": "trades", "market": MARKET },
    ]);
    let result = socket
        .must(json!({ "op": "subscribe", "channels": channels }))
        .await;
    assert_eq!(result.expect("subscribes")["subscriptions"], 3);
    trade(&database.trader().await, "random", first, 4).await;
    while socket.next_of("ticker").await.expect("a ticker")["ticker"]["last"].is_null() {}
    let kline = socket.next_of("klines").await.expect("a candle");
    assert!(kline["kline"]["openTime"].is_i64(), "{kline}");
    let channels = json!([{ "channel": "ticker", "market": MARKET }]);
    let again = json!({ "op": "subscribe", "channels": channels });
    let refused = socket.refused(again).await.expect("refused");
    assert_eq!(refused.0, "DUPLICATE_SUBSCRIPTION");
    let end = json!({ "op": "unsubscribe", "channels": channels });
    assert_eq!(
        socket.must(end.clone()).await.expect("done")["subscriptions"],
        2
    );
    assert_eq!(
        socket.refused(end).await.expect("refused").0,
        "NOT_SUBSCRIBED"
    );
}
