//! Candles are what the trades make, however often their counter is killed.

use std::time::{Duration, Instant};

use serde_json::Value;
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{limit, must, number, refusal, rows, submit};
use tests::wait;
use tests::worker::Worker;
use tokio_postgres::Client;

/// All candles with all their columns, in the form in which they are stored.
const STORED: &str = "select c::text from exchange.candles c
    order by market_id, interval_seconds, opened_at";

/// The same, counted by another way from all trades.
const EXPECTED: &str = "
    select (t.market_id, i.seconds, b.opened_at, (array_agg(price order by trade_id))[1],
        max(price), min(price), (array_agg(price order by trade_id desc))[1], sum(quantity),
        sum(quote_amount), count(*), min(trade_id), max(trade_id))::text
    from exchange.trades t, unnest(array[60, 300, 900, 3600, 14400, 86400]) i (seconds),
        lateral (select to_timestamp(floor(extract(epoch from traded_at) / i.seconds) * i.seconds))
            b (opened_at)
    group by t.market_id, i.seconds, b.opened_at
    order by t.market_id, i.seconds, b.opened_at";

/// What the function reads, in the form of [`STORED`].
const READ: &str = "
    select (m.market_id, i.seconds, c.opened_at, c.open, c.high, c.low, c.close, c.base_volume,
        c.quote_volume, c.trades, c.first_trade_id, c.last_trade_id)::text
    from exchange.markets m, unnest(array[60, 300, 900, 3600, 14400, 86400]) i (seconds),
        lateral exchange.candles_of(m.symbol, i.seconds, limit_candles => 10000) c
    order by m.market_id, i.seconds, c.opened_at";

/// Trades that no candle holds yet.
const UNCOUNTED: &str = "
    select count(*) from exchange.trades t
    where t.trade_id > coalesce((select p.last_trade_id from exchange.candle_positions p
        where p.market_id = t.market_id), 0)";

const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];

/// Writes so many trades of market 1 as they might have been, each so long after the last, between
/// times that go back and forth.
async fn make_trades(owner: &Client, count: i64, apart: &str) {
    let text = format!(
        "insert into exchange.trades (trade_id, market_id, price, quantity, quote_amount,
            taker_side, maker_order_id, taker_order_id, maker_account_id, taker_account_id,
            maker_fee, taker_fee, traded_at)
         select 100000000000000 + last + n, 1, price, quantity, price * quantity,
            'buy', 1, 1, 1, 1, 0, 0,
            date_trunc('month', now()) + (last + n) * interval '{apart}'
                + (n * 7919 % 13) * interval '9 seconds'
         from generate_series(1, {count}) n,
            lateral (select round((100 + n * 31 % 17)::numeric, 2),
                round((1 + n % 5)::numeric, 4)) p (price, quantity),
            (select coalesce(max(trade_id) - 100000000000000, 0) as last
                from exchange.trades) l"
    );
    owner
        .batch_execute(&text)
        .await
        .expect("the trades are written");
}

async fn advance(owner: &Client, limit_trades: i64) -> i64 {
    let text = format!("select exchange.advance_candles(1, {limit_trades})::bigint");
    number(owner, &text).await
}

async fn trade(database: &Database, name: &str, seed: u64, first: i64, batches: usize) {
    let trader = database.trader().await;
    let mut commands = RandomCommands::new(name, seed, &MARKETS, first..first + 6);
    for _ in 0..batches {
        let batch: Vec<Value> = commands.batch(40);
        match submit(&trader, &batch).await {
            Ok(outcomes) => commands.learn(&batch, &outcomes),
            Err(error) => assert_eq!(error.code().map(|c| c.code()), Some("40001")),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counting_as_they_come_equals_counting_all_at_once_though_the_worker_dies() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 6).await;
    let mut workers = vec![
        Worker::start(&database, "candles").expect("a worker"),
        Worker::start(&database, "candles").expect("another"),
    ];
    for round in 0..6u64 {
        let name = format!("round{round}");
        trade(&database, &name, round, first, 10).await;
        // In the middle of it: stored candles and trades after them make the whole.
        assert_eq!(rows(&owner, READ).await, rows(&owner, EXPECTED).await);
        assert_clean(&owner).await;
        let worker = &mut workers[round as usize % 2];
        worker.kill().expect("it is killed");
        *worker = Worker::start(&database, "candles").expect("it starts again");
    }
    wait::until("all trades are counted", async || {
        number(&owner, UNCOUNTED).await == 0
    })
    .await;
    drop(workers);
    let stored = rows(&owner, STORED).await;
    assert!(stored.len() >= 18, "{}", stored.len());
    assert_eq!(stored, rows(&owner, EXPECTED).await);
    let text = "select sum(exchange.rebuild_candles(symbol))::bigint from exchange.markets";
    let trades = number(&owner, "select count(*) from exchange.trades").await;
    assert_eq!(number(&owner, text).await, trades);
    assert_eq!(rows(&owner, STORED).await, stored);
    assert_clean(&owner).await;
}

#[tokio::test]
async fn trades_whose_times_go_back_are_merged_into_older_candles() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    make_trades(&owner, 3000, "11 seconds").await;
    let mut limit_trades = 1;
    while advance(&owner, limit_trades).await == limit_trades {
        // Pieces of many sizes, each compared with the trades as a whole.
        assert_eq!(rows(&owner, READ).await, rows(&owner, EXPECTED).await);
        limit_trades = limit_trades * 3 % 701 + 1;
    }
    let stored = rows(&owner, STORED).await;
    assert_eq!(stored, rows(&owner, EXPECTED).await);
    assert_eq!(
        number(&owner, "select exchange.rebuild_candles('BTC/USDT')").await,
        3000
    );
    assert_eq!(rows(&owner, STORED).await, stored);
}

#[tokio::test]
async fn a_range_is_read_from_its_beginning_or_else_from_its_end() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    // One trade every ten minutes, thirty of them, ten of which no candle holds yet.
    make_trades(&owner, 30, "10 minutes").await;
    assert_eq!(advance(&owner, 20).await, 20);
    let minutes = |arguments: &str| {
        format!(
            "select (extract(epoch from opened_at - date_trunc('month', now())) / 60)::bigint::text
             from exchange.candles_of('BTC/USDT', 60, {arguments})"
        )
    };
    let at = |minutes: i64| format!("date_trunc('month', now()) + interval '{minutes} minutes'");
    let all = rows(&owner, &minutes("limit_candles => 1000")).await;
    assert_eq!(all.len(), 30);
    let last = rows(&owner, &minutes("limit_candles => 12")).await;
    assert_eq!(last, all[18..]);
    let before = format!("to_time => {}, limit_candles => 3", at(260));
    assert_eq!(rows(&owner, &minutes(&before)).await, all[22..25]);
    let from = format!("from_time => {}, limit_candles => 15", at(100));
    assert_eq!(rows(&owner, &minutes(&from)).await, all[9..24]);
    let between = format!("from_time => {}, to_time => {}", at(50), at(80));
    assert_eq!(rows(&owner, &minutes(&between)).await, all[4..7]);
    for (call, code) in [
        ("candles_of('XRP/USDT', 60)", "UNKNOWN_MARKET"),
        ("candles_of('BTC/USDT', 61)", "INVALID_INTERVAL"),
        ("advance_candles(77)", "UNKNOWN_MARKET"),
        ("rebuild_candles(null)", "UNKNOWN_MARKET"),
    ] {
        let (_, words) = refusal(&owner, &format!("select exchange.{call}")).await;
        assert!(words.starts_with(code), "{call}: {words}");
    }
}

#[tokio::test]
async fn counting_keeps_up_with_ten_thousand_trades_a_second() {
    const TRADES: i64 = 200_000;
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    make_trades(&owner, TRADES, "100 milliseconds").await;
    let began = Instant::now();
    while advance(&owner, 10_000).await == 10_000 {}
    let took = began.elapsed();
    println!("{} µs a trade", took.as_micros() / TRADES as u128);
    assert_eq!(number(&owner, UNCOUNTED).await, 0);
    // As the functions run them: whatever is read comes from an index, in its order.
    owner
        .batch_execute(
            "set enable_seqscan = off; set enable_bitmapscan = off; set enable_sort = off",
        )
        .await
        .expect("the settings of the functions");
    let trades = "exchange.trades where trade_id > 100000000100000 and trade_id < 200000000000000
        order by trade_id limit 10000";
    let candles = "exchange.candles where market_id = 1 and interval_seconds = 60
        and opened_at < 'infinity' order by opened_at desc limit 500";
    for read in [trades, candles] {
        let text = format!("explain select * from {read}");
        let plan = rows(&owner, &text).await.join("\n");
        assert!(
            !plan.contains("Sort  (") && plan.contains("_pkey"),
            "{plan}"
        );
    }
    let began = Instant::now();
    let read = "select count(*) from exchange.candles_of('BTC/USDT', 60, limit_candles => 500)";
    assert_eq!(number(&owner, read).await, 336);
    println!("{:?} to read 500 candles", began.elapsed());
    assert!(
        took < Duration::from_secs(TRADES as u64 / 10_000),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_wrong_candle_is_found() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    must(&trader, limit(alice, "BTC/USDT", "buy", "1", "90")).await;
    must(&trader, limit(alice + 1, "BTC/USDT", "sell", "0.4", "90")).await;
    assert_eq!(advance(&owner, 10).await, 1);
    assert_clean(&owner).await;
    let found = "select count(*) from checks.candles_equal_trades";
    for (harm, expected) in [
        ("update exchange.candles set base_volume = 7", 1),
        (
            "update exchange.candles set close = low, high = 91 where interval_seconds = 300",
            1,
        ),
        (
            "delete from exchange.candles where interval_seconds = 60",
            6,
        ),
        ("delete from exchange.candles", 1),
    ] {
        owner.batch_execute("begin").await.expect("begins");
        owner.batch_execute(harm).await.expect("it is harmed");
        assert!(number(&owner, found).await >= expected, "{harm}");
        owner.batch_execute("rollback").await.expect("rolls back");
    }
    assert_clean(&owner).await;
}
