//! The list of deposits: whose they are, how far they are, page by page.

use tests::raw::now_ms;

use super::{Stage, numbers};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn confirmations_are_counted_to_the_highest_block_that_was_read() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let address = stage.address("BTC", &token).await;
    stage.read_blocks(4).await;
    let number = stage.deposit(alice, "0.5", "pending", Some(4)).await;
    let seen = stage.deposit(alice, "0.25", "seen", None).await;
    let path = format!("/api/wallet/deposit?depositId={number}");
    for tip in [4, 5, 9] {
        stage.read_blocks(tip).await;
        let shown = stage.get(&path, &token).await.body;
        assert_eq!(shown["confirmations"], tip - 3, "{shown}");
        assert_eq!(shown["requiredConfirmations"], 2);
        assert_eq!(
            (&shown["address"], &shown["amount"]),
            (&address.clone().into(), &"0.50000000".into())
        );
        assert_eq!(shown["txid"].as_str().map(str::len), Some(64));
    }
    let path = format!("/api/wallet/deposit?depositId={seen}");
    let shown = stage.get(&path, &token).await.body;
    assert_eq!(
        (&shown["confirmations"], &shown["state"]),
        (&0.into(), &"seen".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_the_deposits_of_another() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let (_, other) = stage.join("bob").await;
    stage.address("BTC", &token).await;
    stage.address("BTC", &other).await;
    stage.read_blocks(4).await;
    let number = stage.deposit(alice, "0.5", "pending", Some(4)).await;
    let listed = stage.get("/api/wallet/deposits", &other).await.body;
    assert_eq!(numbers(&listed["deposits"]), Vec::<String>::new());
    for (number, shown) in [
        (number.to_string(), "404 DEPOSIT_NOT_FOUND"),
        (i64::MAX.to_string(), "404 DEPOSIT_NOT_FOUND"),
        ("0".to_owned(), "400 MALFORMED"),
    ] {
        let path = format!("/api/wallet/deposit?depositId={number}");
        assert_eq!(stage.get(&path, &other).await.shown(), shown);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_newest_first_and_goes_on_where_the_page_before_ended() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    stage.address("BTC", &token).await;
    stage.read_blocks(4).await;
    let mut made = Vec::new();
    for _ in 0..5 {
        let number = stage.deposit(alice, "0.5", "pending", Some(4)).await;
        made.insert(0, number.to_string());
    }
    let mut read = Vec::new();
    let mut path = "/api/wallet/deposits?limit=2".to_owned();
    loop {
        let page = stage.get(&path, &token).await.body;
        read.extend(numbers(&page["deposits"]));
        let Some(cursor) = page["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/wallet/deposits?limit=2&cursor={cursor}");
    }
    assert_eq!(read, made);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_is_narrowed_by_asset_network_state_and_time() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    stage.address("BTC", &token).await;
    stage.read_blocks(4).await;
    let pending = stage.deposit(alice, "0.5", "pending", Some(4)).await;
    let orphaned = stage.deposit(alice, "0.5", "orphaned", None).await;
    let both = vec![orphaned.to_string(), pending.to_string()];
    let soon = now_ms() + 60_000;
    for (query, expected) in [
        ("asset=BTC&network=bitcoin".to_owned(), both.clone()),
        ("asset=ETH".to_owned(), vec![]),
        ("network=ethereum".to_owned(), vec![]),
        ("state=pending".to_owned(), vec![pending.to_string()]),
        ("state=orphaned".to_owned(), vec![orphaned.to_string()]),
        (format!("to={soon}"), both),
        (format!("from={soon}"), vec![]),
    ] {
        let page = stage
            .get(&format!("/api/wallet/deposits?{query}"), &token)
            .await;
        assert_eq!(numbers(&page.body["deposits"]), expected, "{query}");
    }
    for (query, shown) in [
        ("asset=DOGE", "404 UNKNOWN_ASSET"),
        ("network=doge", "404 UNKNOWN_NETWORK"),
        ("state=lost", "400 MALFORMED"),
        ("cursor=1", "400 MALFORMED"),
    ] {
        let page = stage
            .get(&format!("/api/wallet/deposits?{query}"), &token)
            .await;
        assert_eq!(page.shown(), shown, "{query}");
    }
}
