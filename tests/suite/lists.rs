//! What accounts list of their past: in the order of time, page by page, and read by index alone.

use serde_json::{Value, json};
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, number, rows, submit};
use tokio_postgres::Client;

const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
/// Pages of 8 kB that a page of a list may touch, whatever the account's history.
const MOST_BLOCKS: i64 = 4000;

/// So many batches of orders that rest, trade and end, in all markets.
async fn history(database: &Database, alice: i64, batches: usize, size: usize) {
    let trader = database.trader().await;
    for number in 0..batches {
        let mut batch: Vec<Value> = (0..size)
            .map(|n| {
                let market = MARKETS[(n + number) % MARKETS.len()];
                let side = if n % 7 == 0 { "sell" } else { "buy" };
                let account = if n % 7 == 0 && n % 2 == 0 {
                    alice + 1
                } else {
                    alice
                };
                let mut order = limit(account, market, side, "0.1", "90");
                if n % 3 == 0 {
                    order["client_order_id"] = json!(format!("{number}-{n}"));
                }
                order
            })
            .collect();
        if number % 4 != 3 {
            batch.push(json!({ "verb": "cancel_all", "account_id": alice }));
        }
        submit(&trader, &batch).await.expect("it is answered");
    }
}

/// The numbers of all rows, read page by page; `page` is a query with the last row's place.
async fn paged(client: &Client, page: impl Fn(&str) -> String) -> Vec<String> {
    let mut all = Vec::new();
    let mut place = "null, null, null".to_owned();
    loop {
        let rows = client
            .query(&page(&place), &[])
            .await
            .expect("a page is read");
        let Some(last) = rows.last() else { return all };
        let at: String = last.get(1);
        place = format!(
            "'{at}', {}, {}",
            last.get::<_, i64>(2),
            last.get::<_, i32>(3)
        );
        all.extend(rows.iter().map(|row| row.get::<_, String>(0)));
    }
}

#[tokio::test]
async fn pages_put_together_are_the_whole_list() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    history(&database, alice, 9, 40).await;
    let orders = rows(
        &owner,
        &format!(
            "select order_id::text from exchange.orders where account_id = {alice}
             order by placed_at desc, order_id desc"
        ),
    )
    .await;
    let listed = paged(&owner, |place| {
        let place = place.rsplit_once(',').map_or("", |(place, _)| place);
        format!(
            "select order_id::text, placed_at::text, order_id, 0
             from exchange.orders_of({alice}, null, null, null, null, null, {place}, 7)"
        )
    });
    assert_eq!(listed.await, orders);
    let trades = rows(
        &owner,
        &format!(
            "select t.trade_id || ' ' || s.part from exchange.trades t,
                 lateral (values (maker_account_id, 0), (taker_account_id, 1)) s (account_id, part)
             where s.account_id = {alice} order by traded_at desc, trade_id desc, part"
        ),
    )
    .await;
    let listed = paged(&owner, |place| {
        format!(
            "select trade_id || ' ' || part, traded_at::text, trade_id, part
             from (select *, (liquidity = 'taker')::integer as part
                 from exchange.trades_of({alice}, null, null, null, null, {place}, 7)) t"
        )
    });
    assert_eq!(listed.await, trades);
    let misnamed = format!(
        "select count(*) from exchange.trades_of({alice}) t join exchange.orders o using (order_id)
         where t.client_order_id is distinct from o.client_order_id"
    );
    assert_eq!(number(&owner, &misnamed).await, 0);
    let entries = rows(
        &owner,
        &format!(
            "select fact_id || ' ' || leg || ' ' || amount from exchange.account_statement({alice})
             order by 1"
        ),
    )
    .await;
    let listed = paged(&owner, |place| {
        format!(
            "select fact_id || ' ' || leg || ' ' || amount, occurred_at::text, fact_id, part
             from exchange.ledger_of({alice}, null, null, null, {place}, 7)"
        )
    });
    let mut listed = listed.await;
    listed.sort();
    assert_eq!(listed, entries);
}

#[tokio::test]
async fn times_bound_a_list_as_they_say() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    history(&database, alice, 9, 40).await;
    let times = rows(
        &owner,
        "select distinct placed_at::text from exchange.orders order by 1",
    )
    .await;
    assert_eq!(times.len(), 9);
    for (from, to) in [(0, 8), (2, 5), (3, 4), (5, 5)] {
        let (from, to) = (&times[from], &times[to]);
        for market in ["null", "'ETH/USDT'"] {
            let expected = format!(
                "select count(*) from exchange.account_orders where account_id = {alice}
                 and placed_at >= '{from}' and placed_at < '{to}'
                 and market = coalesce({market}, market)"
            );
            let listed = format!(
                "select count(*) from exchange.orders_of({alice}, {market}, null, null, '{from}',
                 '{to}', limit_orders => 1000)"
            );
            assert_eq!(
                number(&owner, &listed).await,
                number(&owner, &expected).await
            );
        }
    }
}

/// Blocks that a query touches.
async fn blocks(client: &Client, text: &str) -> i64 {
    let plan = format!("explain (analyze, buffers, format json) {text}");
    let row = client.query_one(&plan, &[]).await.expect("it is explained");
    let Value::Array(plans) = row.get::<_, Value>(0) else {
        panic!("no plan")
    };
    let of = |name: &str| plans[0]["Plan"][name].as_i64().unwrap_or_default();
    of("Shared Hit Blocks") + of("Shared Read Blocks")
}

#[tokio::test]
async fn a_page_is_read_by_index_whatever_the_history() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    history(&database, alice, 26, 4000).await;
    let count = "select count(*) from exchange.orders";
    assert!(number(&owner, count).await >= 100_000);
    owner.batch_execute("analyze").await.expect("analyzed");
    let api = database.trader().await;
    let acting = format!("set exchange.account_id = '{alice}'");
    api.batch_execute(&acting).await.expect("it acts");
    let middle = "(select percentile_disc(0.5) within group (order by placed_at)
        from exchange.orders)";
    let middle = rows(&owner, &format!("select {middle}::text"))
        .await
        .remove(0);
    let order = rows(
        &owner,
        &format!("select max(order_id)::text from exchange.orders where placed_at = '{middle}'"),
    )
    .await
    .remove(0);
    for text in [
        format!("select * from exchange.orders_of({alice})"),
        format!("select * from exchange.orders_of({alice}, states => array['open'])"),
        format!("select * from exchange.orders_of({alice}, 'ETH/BTC', array['cancelled'])"),
        format!("select * from exchange.orders_of({alice}, to_time => '{middle}')"),
        format!(
            "select * from exchange.orders_of({alice}, before_time => '{middle}',
             before_order_id => {order})"
        ),
        format!("select * from exchange.order_of({alice}, {order})"),
        format!("select * from exchange.trades_of({alice})"),
        format!("select * from exchange.trades_of({alice}, to_time => '{middle}')"),
        format!("select * from exchange.ledger_of({alice})"),
        format!("select * from exchange.ledger_of({alice}, 'BTC', to_time => '{middle}')"),
    ] {
        // Once for the caches of plans and catalogs.
        blocks(&api, &text).await;
        let touched = blocks(&api, &text).await;
        assert!(touched < MOST_BLOCKS, "{touched} blocks: {text}");
    }
}
