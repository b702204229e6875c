//! What real nodes say that we hold, against the books: equal through deposits, refills and
//! reorganisations; not equal once somebody takes what is ours.

use alloy::primitives::{Address, U256};
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::checks::assert_clean;
use tests::comparison::{compare, halted, newest};
use tests::house::House;
use tests::purse::{FEE, Purse};
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tests::worker;

/// Key of the hot wallet in these tests.
const HOT_KEY: u8 = 200;
/// Key of the first deposit address in these tests.
const FIRST_DEPOSIT_KEY: u8 = 100;

async fn register_hot(world: &WatchedBitcoin) -> Purse {
    let hot = Purse::new(HOT_KEY);
    let (address, script) = (hot.address().to_string(), hot.address().script_pubkey());
    let text = "insert into chain.wallets (network_id, role, address, script)
        values (1, 'hot', $1, $2)";
    let script = script.as_bytes();
    let made = world.owner.execute(text, &[&address, &script]).await;
    made.expect("a wallet");
    hot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chain_and_books_agree_through_deposits_refills_and_reorganisations() {
    let mut world = WatchedBitcoin::start(2).await;
    let hot = register_hot(&world).await;
    let settings = world.settings();
    let _watcher = world.watch();
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(newest(&world.owner, "BTC").await, "0 0");

    // One that will be credited, one below the minimum, and one that only waits in the mempool.
    world.pay(&[(0, 150_000_000), (1, 5_000)]).await;
    compare(&world.database, &settings);
    assert_eq!(newest(&world.owner, "BTC").await, "0 0", "nothing is mined");
    world.mine(1).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(
        newest(&world.owner, "BTC").await,
        "1.50005 0",
        "not credited yet"
    );
    let refill = (hot.address().script_pubkey(), 700_000_000);
    let refill = world.purse.pay(&[refill], FEE).expect("a payment");
    world.node.send(&refill).await.expect("taken");
    world.mine(2).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(
        newest(&world.owner, "BTC").await,
        "8.50005 0",
        "credited, refilled"
    );

    // Everything vanishes, credited or not, and the comparison stays calm.
    world.node.drop_blocks(3).await.expect("dropped");
    world.mine_empty(4).await;
    world.caught_up().await;
    for _ in 0..3 {
        compare(&world.database, &settings);
        assert_eq!(newest(&world.owner, "BTC").await, "0 0");
    }
    world.mine(3).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(
        newest(&world.owner, "BTC").await,
        "8.50005 0",
        "mined again"
    );
    assert_eq!(halted(&world.owner).await, "");
    assert_clean(&world.owner).await;
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stolen_output_halts_the_coin_at_the_second_look_and_a_booked_loss_settles_it() {
    let mut world = WatchedBitcoin::start(1).await;
    register_hot(&world).await;
    let settings = world.settings();
    let _watcher = world.watch();
    let paid = world.pay(&[(0, 300_000_000)]).await;
    world.mine(3).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(newest(&world.owner, "BTC").await, "3 0");

    // Somebody else has the key.
    let mut thief = Purse::new(FIRST_DEPOSIT_KEY);
    thief.receive(&paid);
    let away = (Purse::new(99).address().script_pubkey(), 299_990_000);
    let theft = thief.pay(&[away], FEE).expect("a payment");
    world.node.send(&theft).await.expect("taken");
    world.mine(1).await;
    world.caught_up().await;
    let said = compare(&world.database, &settings);
    assert!(said.contains("they differ"), "{said}");
    assert_eq!(newest(&world.owner, "BTC").await, "0 -3");
    assert_eq!(halted(&world.owner).await, "", "one look may be a race");
    let said = compare(&world.database, &settings);
    assert!(
        said.contains("withdrawals of the coin are halted"),
        "{said}"
    );
    assert_eq!(halted(&world.owner).await, "BTC");

    let txid = theft.compute_txid();
    let book = format!(
        "select proof.book_loss('bitcoin', 'hot', 'BTC', decode('{txid}', 'hex'), 3,
             'a key leaked')"
    );
    world.owner.batch_execute(&book).await.expect("booked");
    compare(&world.database, &settings);
    assert_eq!(newest(&world.owner, "BTC").await, "0 0");
    assert_eq!(halted(&world.owner).await, "BTC", "people lift it");
    assert_clean(&world.owner).await;
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ether_and_tokens_agree_and_only_the_stolen_coin_is_halted() {
    let world = WatchedEvm::start(2).await;
    let hot = Address::repeat_byte(0x77);
    let text = "insert into chain.wallets (network_id, role, address, script)
        values (2, 'hot', $1, $2)";
    let (name, bytes) = (hot.to_string(), &hot[..]);
    let made = world.owner.execute(text, &[&name, &bytes]).await;
    made.expect("a wallet");
    let settings = world.settings();
    let _watcher = world.watch();
    world.pay(0, 1_500).await;
    world.pay_token(world.token, 1, 25_000_000).await;
    let refill = world.node.pay(0, hot, milliether_wei(2_000)).await;
    refill.expect("taken");
    world.mine(1).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert_eq!(newest(&world.owner, "ETH").await, "3.5 0");
    assert_eq!(newest(&world.owner, "USDT").await, "25 0");
    world.node.reorganise(1).await.expect("reorganised");
    world.mine(1).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    assert!(newest(&world.owner, "ETH").await.ends_with(" 0"));
    assert!(newest(&world.owner, "USDT").await.ends_with(" 0"));

    world.pay(1, 4_000).await;
    world.mine(4).await;
    world.caught_up().await;
    compare(&world.database, &settings);
    let before = newest(&world.owner, "USDT").await;
    // Somebody else has the key of that address.
    let robbed = world.address(1);
    let impersonate = world.node.call("anvil_impersonateAccount", json!([robbed]));
    impersonate.await.expect("somebody else");
    let theft = json!({ "from": robbed, "to": Address::repeat_byte(0x66),
        "value": milliether_wei(1_000), "gasPrice": U256::from(2_000_000_000_u64),
        "gas": "0x5208" });
    world.node.send(theft).await.expect("taken");
    world.mine(1).await;
    world.caught_up().await;
    for _ in 0..2 {
        compare(&world.database, &settings);
    }
    let stolen = newest(&world.owner, "ETH").await;
    assert!(stolen.ends_with(" -1.000042"), "{stolen}");
    assert_eq!(newest(&world.owner, "USDT").await, before);
    assert_eq!(halted(&world.owner).await, "ETH");
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_states_what_the_node_says_at_its_block() {
    let mut world = WatchedBitcoin::start(1).await;
    register_hot(&world).await;
    let settings = world.settings();
    let _watcher = world.watch();
    world.pay(&[(0, 300_000_000)]).await;
    world.mine(3).await;
    world.caught_up().await;
    let credited = "select string_agg(state, ',') from exchange.deposits";
    until_it_says(&world.owner, credited, "credited").await;
    let output = worker::run(&world.database, &["proof"], &settings).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let text = "select string_agg(holder || ' ' || trim_scale(amount), ', ' order by holder)
        from proof.reserves";
    assert_eq!(ask(&world.owner, text).await, "deposits 3, hot 0");
    let text = "select message from proof.statements";
    let message = ask(&world.owner, text).await;
    let height = world.node.height().await.expect("a height");
    assert!(message.contains(&format!("block {height} ")), "{message}");
    assert!(message.contains("Owed BTC 3.00000000, root "), "{message}");
    assert!(
        message.contains("Held BTC 3.00000000, deposit addresses"),
        "{message}"
    );
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_stands_elsewhere_or_is_away_compares_nothing() {
    let world = WatchedBitcoin::start(1).await;
    register_hot(&world).await;
    let settings = world.settings();
    let watcher = world.watch();
    world.caught_up().await;
    drop(watcher);
    world.mine(1).await;
    let output = worker::run(&world.database, &["reserves", "--once"], &settings);
    let output = output.expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        !output.status.success() && said.contains("another block"),
        "{said}"
    );
    world.node.kill();
    let output = worker::run(&world.database, &["reserves", "--once"], &settings);
    assert!(!output.expect("it runs").status.success());
    let compared = ask(
        &world.owner,
        "select count(*)::text from proof.reconciliations",
    )
    .await;
    assert_eq!(compared, "0");
    assert_eq!(halted(&world.owner).await, "");
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_ethereum_node_that_is_ahead_is_asked_as_of_the_block_that_was_read() {
    let world = WatchedEvm::start(1).await;
    let watcher = world.watch();
    world.pay(0, 1_500).await;
    world.pay_token(world.token, 0, 25_000_000).await;
    world.mine(1).await;
    world.caught_up().await;
    drop(watcher);
    world.pay(0, 1_000).await;
    world.pay_token(world.token, 0, 5_000_000).await;
    world.mine(1).await;
    compare(&world.database, &world.settings());
    assert_eq!(newest(&world.owner, "ETH").await, "1.5 0");
    assert_eq!(newest(&world.owner, "USDT").await, "25 0");
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_making_the_safe_has_cost_is_in_the_books() {
    let world = WatchedEvm::start(1).await;
    let house = House::make("evm_costs").expect("tokens");
    let settled = house.settle_evm(&world.database, &world.node).await;
    settled.expect("a Safe");
    let _watcher = world.watch();
    world.mine(1).await;
    world.caught_up().await;
    compare(&world.database, &world.settings());
    // The node was told that 1,100 ether are there, which no transaction says; what the gas account
    // has paid for contracts is in the books to the last wei.
    let found = newest(&world.owner, "ETH").await;
    assert!(
        found.starts_with("1099.9") && found.ends_with(" 1100"),
        "{found}"
    );
    assert_clean(&world.owner).await;
    world.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_odd_number_of_wei_is_credited_and_held_to_the_wei() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let wei = U256::from(1_234_567_890_123_456_789_u64);
    let paid = world.node.pay(0, world.address(0), wei).await;
    paid.expect("taken");
    world.mine(3).await;
    world.caught_up().await;
    let available = available_of(world.account(0), "ETH");
    until_it_says(&world.owner, &available, "1.234567890123456789").await;
    compare(&world.database, &world.settings());
    assert_eq!(newest(&world.owner, "ETH").await, "1.234567890123456789 0");
    assert_clean(&world.owner).await;
    world.database.drop().await;
}
