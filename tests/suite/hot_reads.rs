//! What is read from memory: as fresh as the database on every server, equal to its book, and gone
//! with it rather than stale.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::api_server::{Answer, ApiServer, login, open_account, request};
use tests::cluster::{Cluster, Settings};
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{limit, must, rows, submit};
use tests::wait;
use tokio_postgres::Client;

const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];

async fn get(port: u16, path: &str, token: Option<&str>) -> Answer {
    let answer = request(port, "GET", path, token, None).await;
    answer.expect("it is answered")
}

/// The body of an answer that must be good.
async fn read(port: u16, path: &str, token: Option<&str>) -> Value {
    let answer = get(port, path, token).await;
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    answer.body
}

async fn depth(port: u16, market: &str) -> Value {
    read(
        port,
        &format!("/api/market/depth?market={market}&limit=1000"),
        None,
    )
    .await
}

/// A trader with money.
async fn trader(owner: &Client, port: u16, name: &str) -> (i64, String) {
    let account = open_account(owner, name).await.expect("an account");
    let text = format!(
        "select exchange.adjust_balance({account}, symbol, 1000000, 'test', '{name}' || symbol)
         from exchange.assets"
    );
    owner.batch_execute(&text).await.expect("funded");
    (account, login(port, name).await.expect("logs in"))
}

async fn place(port: u16, token: &str, side: &str, price: &str) -> String {
    let order = json!({ "market": "BTC/USDT", "side": side, "price": price, "quantity": "0.5" });
    let text = order.to_string();
    let path = "/api/trade/create-order";
    let answer = request(port, "POST", path, Some(token), Some(&text)).await;
    let answer = answer.expect("it is answered");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.body["orderId"]
        .as_str()
        .expect("an order")
        .to_owned()
}

fn has_level(levels: &Value, price: &str) -> bool {
    let levels = levels.as_array().expect("levels");
    levels.iter().any(|level| level[0] == price)
}

/// Ticker and candles have the trade at this price, the last of so many.
async fn assert_counted(port: u16, price: &str, trades: i64) {
    for query in ["?market=BTC/USDT", ""] {
        let answer = read(port, &format!("/api/market/ticker{query}"), None).await;
        let ticker = &answer["tickers"][0];
        assert_eq!(ticker["last"], price, "{trades}: {ticker}");
        assert_eq!(ticker["trades"], trades, "{ticker}");
    }
    for query in ["", "&from=0"] {
        let path = format!("/api/market/klines?market=BTC/USDT&interval=1d{query}");
        let answer = read(port, &path, None).await;
        let klines = answer["klines"].as_array().expect("candles");
        let newest = klines.last().expect("a candle");
        assert_eq!(newest["close"], price, "{trades}: {newest}");
        let counted = klines.iter().filter_map(|kline| kline["trades"].as_i64());
        assert_eq!(counted.sum::<i64>(), trades, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_after_an_acknowledged_write_sees_it_on_every_server() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let servers = [
        ApiServer::start(&database).await.expect("a server"),
        ApiServer::start(&database).await.expect("another server"),
    ];
    let ports = servers.each_ref().map(ApiServer::port);
    let (_, maker) = trader(&owner, ports[0], "maker").await;
    let (_, taker) = trader(&owner, ports[1], "taker").await;
    for round in 0..150 {
        let price = format!("{}.{:02}", 90 + round / 100, round % 100);
        let (writer, other) = (ports[round % 2], ports[(round + 1) % 2]);
        let order_id = place(writer, &maker, "buy", &price).await;
        for reader in [other, writer] {
            let book = depth(reader, "BTC/USDT").await;
            assert!(
                has_level(&book["bids"], &price),
                "{round}: {price} in {book}"
            );
            let path = "/api/trade/orders?state=open&market=BTC/USDT";
            let open = read(reader, path, Some(&maker)).await;
            assert_eq!(
                open["orders"][0]["orderId"],
                order_id.as_str(),
                "{round}: {open}"
            );
        }
        place(other, &taker, "sell", &price).await;
        for reader in [writer, other] {
            let book = depth(reader, "BTC/USDT").await;
            assert!(
                !has_level(&book["bids"], &price),
                "{round}: {price} in {book}"
            );
            let trades = read(reader, "/api/market/trades?market=BTC/USDT&limit=1", None).await;
            assert_eq!(
                trades["trades"][0]["price"],
                price.as_str(),
                "{round}: {trades}"
            );
            let open = read(reader, "/api/trade/orders?state=open", Some(&maker)).await;
            assert_eq!(open["orders"], json!([]), "{round}");
            assert_counted(reader, &price, round as i64 + 1).await;
        }
        // By a statement of the operator's own, not by a function.
        let band = format!("0.5{:03}00", round + 1);
        let text = format!("update exchange.markets set price_band = {band} where market_id = 1");
        owner.batch_execute(&text).await.expect("a rule changes");
        for reader in ports {
            let symbols = read(reader, "/api/market/symbols", None).await;
            let market = &symbols["symbols"][0];
            assert_eq!(market["priceBand"], band.as_str(), "{round}: {market}");
        }
    }
}

/// As `exchange.order_book` and `exchange.book_at` show it: side, price, quantity.
async fn levels(client: &Client, from: &str) -> Vec<String> {
    let text = format!("select side || ' ' || price || ' ' || quantity from exchange.{from}");
    rows(client, &text).await
}

fn shown(book: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (side, levels) in [("buy", &book["bids"]), ("sell", &book["asks"])] {
        for level in levels.as_array().expect("levels") {
            let (price, quantity) = (level[0].as_str(), level[1].as_str());
            let (price, quantity) = (price.expect("a price"), quantity.expect("a quantity"));
            lines.push(format!("{side} {price} {quantity}"));
        }
    }
    lines
}

fn checksum(book: &Value) -> u32 {
    let side = |levels: &Value| {
        let levels = levels.as_array().expect("levels").iter().take(10);
        let level = |level: &Value| {
            let (price, quantity) = (level[0].as_str(), level[1].as_str());
            format!(
                "{}:{}",
                price.expect("a price"),
                quantity.expect("a quantity")
            )
        };
        levels.map(level).collect::<Vec<_>>().join(",")
    };
    let text = format!("{}|{}", side(&book["bids"]), side(&book["asks"]));
    crc32fast::hash(text.as_bytes())
}

async fn assert_equal_books(client: &Client, port: u16) {
    for market in MARKETS {
        let book = depth(port, market).await;
        let sequence = &book["sequence"];
        let expected = levels(client, &format!("order_book('{market}', 1000)")).await;
        assert_eq!(shown(&book), expected, "{market} at {sequence}");
        let past = levels(client, &format!("book_at('{market}', {sequence})")).await;
        assert_eq!(shown(&book), past, "{market} at {sequence}");
        assert_eq!(book["checksum"], checksum(&book), "{market}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_book_in_memory_is_the_exchanges_own() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let trader = database.trader().await;
    let mut stream = RandomCommands::new("memory", 8, &MARKETS, first..first + 6);
    let early = ApiServer::start(&database).await.expect("a server");
    for round in 0..12 {
        let batch = stream.batch(80);
        let outcomes = submit(&trader, &batch).await.expect("it is answered");
        stream.learn(&batch, &outcomes);
        if round % 3 == 0 {
            assert_equal_books(&owner, early.port()).await;
        }
    }
    // One that followed from the first fact, and one that begins with what is there.
    let late = ApiServer::start(&database).await.expect("a server");
    for server in [&early, &late] {
        assert_equal_books(&owner, server.port()).await;
    }
    // Pages of trades go on in the database where memory ends, and none is there twice.
    let count = tests::trading::number(
        &owner,
        "select count(*) from exchange.trades where market_id = 1",
    );
    let (mut seen, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let after = cursor
            .map(|text| format!("&cursor={text}"))
            .unwrap_or_default();
        let path = format!("/api/market/trades?market=BTC/USDT&limit=7{after}");
        let page = read(late.port(), &path, None).await;
        let trades = page["trades"].as_array().expect("trades");
        seen.extend(trades.iter().map(|trade| trade["sequence"].as_i64()));
        match page["nextCursor"].as_str() {
            Some(text) => cursor = Some(text.to_owned()),
            None => break,
        }
    }
    assert_eq!(seen.len() as i64, count.await);
    assert!(seen.is_sorted_by(|left, right| left > right));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_market_that_is_made_later_is_read_from_memory_too() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let server = ApiServer::start(&database).await.expect("a server");
    let text = "insert into exchange.assets values (9, 'XAU', 4);
        select exchange.create_market(9, 'XAU', 'USDT', tick => 0.01, lot => 0.01,
            min_quantity => 0.01, max_quantity => 1000, min_notional => 0.01, price_band => 0.5,
            reference_price => 100)";
    owner.batch_execute(text).await.expect("a market");
    assert_eq!(depth(server.port(), "XAU/USDT").await["bids"], json!([]));
    must(
        &database.trader().await,
        limit(alice, "XAU/USDT", "buy", "1", "90"),
    )
    .await;
    let book = depth(server.port(), "XAU/USDT").await;
    assert_eq!(book["bids"], json!([["90.00", "1.00"]]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_database_there_is_no_answer_and_then_a_fresh_one() {
    let settings = Settings {
        durable: true,
        max_markets: 8,
        max_open_orders: 4096,
        extra: "",
    };
    let cluster = Cluster::start(settings).expect("a cluster");
    let database = Database::on(cluster.primary()).await.expect("an exchange");
    let alice = fixture::populate(&database.owner().await, 1).await;
    let server = ApiServer::start(&database).await.expect("a server");
    let order = |price: &'static str| limit(alice, "BTC/USDT", "buy", "1", price);
    must(&database.trader().await, order("90")).await;
    for stopped_by_force in [false, true] {
        if stopped_by_force {
            cluster.primary().kill().expect("it is killed");
        } else {
            cluster.primary().stop().expect("it stops");
        }
        for path in [
            "depth?market=BTC/USDT",
            "trades?market=BTC/USDT",
            "ticker",
            "klines?market=BTC/USDT&interval=1m",
            "symbols",
        ] {
            let began = Instant::now();
            let answer = get(server.port(), &format!("/api/market/{path}"), None).await;
            assert_eq!(answer.status, 503, "{answer:?}");
            assert!(
                began.elapsed() < Duration::from_secs(1),
                "{:?}",
                began.elapsed()
            );
        }
        cluster.primary().start().expect("it starts");
        let price = if stopped_by_force { "92" } else { "91" };
        must(&database.trader().await, order(price)).await;
        let path = "/api/market/depth?market=BTC/USDT";
        wait::until("the server reads again", async || {
            get(server.port(), path, None).await.status == 200
        })
        .await;
        assert_equal_books(&database.owner().await, server.port()).await;
    }
}
