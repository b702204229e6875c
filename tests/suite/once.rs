//! Commands that are done once, and commands that are only tried.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::trading::{books, limit, must, number, refusal, rows};
use tokio_postgres::Client;
use tokio_postgres::types::Json;

const MARKET: &str = "BTC/USDT";

async fn once(client: &Client, account: i64, key: &str, batch: &Value) -> Value {
    let text = "select exchange.submit_once($1, $2, $3)";
    let row = client
        .query_one(text, &[&account, &key, &Json(batch)])
        .await;
    row.expect("it is answered").get::<_, Json<Value>>(0).0
}

#[tokio::test]
async fn of_many_that_come_at_once_one_is_done_and_all_are_answered_alike() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    for _ in 0..5 {
        must(&trader, limit(alice, MARKET, "buy", "1", "90")).await;
    }
    let batch = json!([{ "verb": "cancel_all", "account_id": alice },
        limit(alice, MARKET, "buy", "2", "91")]);
    let answers = join_all((0..8).map(|_| {
        let (database, batch) = (database.clone(), batch.clone());
        async move { once(&database.trader().await, alice, "race", &batch).await }
    }));
    let answers = answers.await;
    let first: Vec<&Value> = answers
        .iter()
        .filter(|answer| answer[0].get("repeated").is_none())
        .collect();
    assert_eq!(first.len(), 1, "{answers:?}");
    for answer in &answers {
        assert_eq!(answer[0]["cancelled"], 5);
        assert_eq!(answer[1]["order_id"], first[0][1]["order_id"]);
    }
    assert_eq!(
        number(&owner, "select count(*) from exchange.orders_open").await,
        1
    );
    assert_clean(&owner).await;
}

#[tokio::test]
async fn a_key_belongs_to_one_request_of_one_account() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    let all = json!([{ "verb": "cancel_all", "account_id": alice }]);
    once(&trader, alice, "k", &all).await;
    let bobs = json!([{ "verb": "cancel_all", "account_id": alice + 1 }]);
    assert_eq!(
        once(&trader, alice + 1, "k", &bobs).await[0].get("repeated"),
        None
    );
    for (account, batch, code) in [
        (
            alice,
            json!([{ "verb": "cancel_all", "account_id": alice, "side": "buy" }]),
            "DUPLICATE_IDEMPOTENCY_KEY",
        ),
        (alice, bobs.clone(), "MALFORMED"),
    ] {
        let text = format!("select exchange.submit_once({account}, 'k', '{batch}')");
        let (state, words) = refusal(&trader, &text).await;
        assert!(state == "RJECT" && words.starts_with(code), "{words}");
    }
    // What nobody was allowed to ask is not kept, so whoever is may ask.
    let late = json!([{ "verb": "cancel_all", "account_id": alice, "valid_until": 1 }]);
    let refused = once(&trader, alice, "late", &late).await;
    assert_eq!(refused[0]["reject"], "REQUEST_EXPIRED");
    assert_eq!(once(&trader, alice, "late", &all).await[0]["cancelled"], 0);
    // And what was answered is given only to who may ask.
    let text = format!("select exchange.submit_once({alice}, 'late', '{late}')");
    assert!(
        refusal(&trader, &text)
            .await
            .1
            .starts_with("REQUEST_EXPIRED")
    );
}

/// Every table's rows, every stream's position and every book.
async fn everything(owner: &Client) -> Vec<String> {
    let tables = rows(
        owner,
        "select format('select %L || count(*) || coalesce(md5(string_agg(t::text, '','' \
             order by t::text)), '''') from %s t', c.oid::regclass, c.oid::regclass)
         from pg_class c
         where c.relnamespace = 'exchange'::regnamespace and c.relkind = 'r' order by 1",
    );
    let mut all = Vec::new();
    for text in tables.await {
        all.extend(rows(owner, &text).await);
    }
    let positions = "select p::text from exchange.stream_positions() p order by 1";
    all.extend(rows(owner, positions).await);
    all.extend(books(owner).await);
    all
}

#[tokio::test]
async fn what_is_only_tried_leaves_nothing_behind() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let trader = database.trader().await;
    for price in ["99", "98", "97"] {
        must(&trader, limit(alice, MARKET, "buy", "1", price)).await;
    }
    let before = everything(&owner).await;
    let mut named = limit(alice + 1, MARKET, "sell", "2.5", "97");
    named["client_order_id"] = "tried".into();
    let batch = json!([named, limit(alice + 1, "ETH/USDT", "buy", "1", "100"),
        { "verb": "cancel_all", "account_id": alice }]);
    for _ in 0..3 {
        let text = "select exchange.try_commands($1)";
        let row = trader.query_one(text, &[&Json(&batch)]).await;
        let Json(outcomes): Json<Value> = row.expect("it is answered").get(0);
        assert_eq!(outcomes[0]["filled_quantity"], "2.5000");
        assert_eq!(outcomes[1]["state"], "open");
        assert_eq!(outcomes[2]["cancelled"], 1);
        assert_eq!(everything(&owner).await, before);
    }
    // The markets are free although the transaction goes on, and numbers have no gap.
    trader.batch_execute("begin").await.expect("begins");
    let text = "select exchange.try_commands($1)";
    trader
        .query_one(text, &[&Json(&batch)])
        .await
        .expect("answered");
    let other = database.trader().await;
    let placed = must(&other, limit(alice, MARKET, "buy", "1", "96")).await;
    assert_eq!(placed["order_id"], "100000000000004");
    trader.batch_execute("commit").await.expect("commits");
    assert_clean(&owner).await;
    let problems = tests::trading::book_problems(&owner).await;
    assert_eq!(problems, Vec::<String>::new());
}

#[tokio::test]
async fn answers_are_forgotten_after_their_time_and_no_earlier() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    let all = json!([{ "verb": "cancel_all", "account_id": alice }]);
    for key in ["old-1", "old-2", "old-3", "new"] {
        once(&trader, alice, key, &all).await;
    }
    let text = "update exchange.request_keys set created_at = now() - interval '25 hours'
        where request_key like 'old-%'";
    owner.batch_execute(text).await.expect("they age");
    let worker = database
        .connect("exchange_worker")
        .await
        .expect("a session");
    let forget = "select exchange.forget_request_keys(24, 2)::bigint";
    assert_eq!(number(&worker, forget).await, 2, "in pieces");
    assert_eq!(number(&worker, forget).await, 1);
    assert_eq!(number(&worker, forget).await, 0);
    let kept = rows(&owner, "select request_key from exchange.request_keys").await;
    assert_eq!(kept, ["new"]);
    assert_eq!(once(&trader, alice, "new", &all).await[0]["repeated"], true);
    assert!(
        once(&trader, alice, "old-1", &all).await[0]
            .get("repeated")
            .is_none()
    );
}

#[tokio::test]
async fn a_client_order_id_is_kept_until_long_after_its_order_ended() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    let trader = database.trader().await;
    for name in ["open", "ended", "long-ended", "new"] {
        let mut order = limit(alice, MARKET, "buy", "1", "90");
        order["client_order_id"] = json!(name);
        must(&trader, order).await;
        if name.ends_with("ended") {
            let cancel = json!({ "verb": "cancel", "account_id": alice, "client_order_id": name });
            must(&trader, cancel).await;
        }
    }
    // An order that ended long ago lies in a month that this database does not have any more.
    owner
        .batch_execute(
            "update exchange.order_keys set placed_at = now() - interval '91 days'
             where client_order_id <> 'new';
             delete from exchange.orders_closed where client_order_id = 'long-ended'",
        )
        .await
        .expect("they age");
    let worker = database
        .connect("exchange_worker")
        .await
        .expect("a session");
    let forget = "select coalesce(next_block, -1) || ' ' || forgotten
        from exchange.forget_order_keys(90, 0, 1000)";
    assert_eq!(rows(&worker, forget).await, ["-1 1"]);
    let kept = "select client_order_id from exchange.order_keys order by 1";
    assert_eq!(rows(&owner, kept).await, ["ended", "new", "open"]);
}
