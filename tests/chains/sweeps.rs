//! What lies at deposit addresses is gathered into the hot wallet; a suspicious deposit goes back;
//! what the hot wallet holds too much or too little of is seen to.

use alloy::primitives::U256;
use bitcoin::ScriptBuf;
use tests::arrivals::{ask, until_it_says};
use tests::chain_fixture::{BITCOIN, ETHEREUM};
use tests::checks::assert_clean;
use tests::house::House;
use tests::paying_bitcoin::{FINAL, PayingBitcoin};
use tests::paying_evm::PayingEvm;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tokio_postgres::Client;

/// What is kept of a network's price: a hundred samples of this one.
async fn price_was(owner: &Client, network_id: i32, rate: u64) {
    let text = format!(
        "delete from chain.fee_samples where network_id = {network_id};
         insert into chain.fee_samples (network_id, sampled_at, rate)
         select {network_id}, now() - n * interval '1 minute', {rate}
         from generate_series(1, 100) n"
    );
    owner.batch_execute(&text).await.expect("sampled");
}

/// Waits until the sweeper has looked at everything: what it was told is wanted, and is not, it
/// takes back at the beginning of each look.
async fn has_looked(owner: &Client, network_id: i32) {
    let wanted = format!(
        "select is_refill_wanted::text from chain.coins
         where network_id = {network_id} and contract is null"
    );
    for _ in 0..2 {
        let told = format!(
            "update chain.coins set is_refill_wanted = true
             where network_id = {network_id} and contract is null"
        );
        owner.batch_execute(&told).await.expect("told");
        until_it_says(owner, &wanted, "false").await;
    }
}

#[tokio::test]
async fn ether_and_tokens_of_deposit_addresses_reach_the_safe() {
    let world = WatchedEvm::start(1).await;
    let owner = &world.owner;
    let house = House::make("evm_swept").expect("tokens");
    let safe = house
        .settle_evm(&world.database, &world.node)
        .await
        .expect("a Safe");
    let address = house.derive_evm(owner).await.expect("an address");
    let _watcher = world.watch();
    world.caught_up().await;
    world
        .node
        .pay(0, address, milliether_wei(2_000))
        .await
        .expect("paid");
    world.mine(3).await;
    world.caught_up().await;
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    until_it_says(owner, credited, "1").await;
    let _signers = house.signers(&world.database);
    let _payments = house.payments(&world.database, &world.settings());
    let swept = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
        from chain.payments";
    until_it_says(owner, swept, "sweep broadcast").await;
    world.mine(12).await;
    world.caught_up().await;
    until_it_says(owner, swept, "sweep confirmed").await;
    let held = world.node.balance(safe).await.expect("a balance");
    assert!(held > milliether_wei(1_001_900), "{held}");
    assert_eq!(ask(owner, credited).await, "1", "a sweep is no deposit");
    assert_clean(owner).await;
}

#[tokio::test]
async fn outputs_of_deposit_addresses_reach_the_hot_wallet() {
    let mut world = WatchedBitcoin::start(1).await;
    let house = House::make("bitcoin_swept").expect("tokens");
    house.settle_bitcoin(&world.database).expect("a wallet");
    let deposit = house.derive_bitcoin(&world.owner).await;
    let deposit = deposit.expect("an address");
    let _watcher = world.watch();
    let script = ScriptBuf::from_bytes(deposit.script.clone());
    let outputs = [(script.clone(), 40_000_000), (script, 2_000_000)];
    let paid = world.purse.pay(&outputs, 10_000).expect("a payment");
    world.node.send(&paid).await.expect("taken");
    world.mine(2).await;
    world.caught_up().await;
    let owner = &world.owner;
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    until_it_says(owner, credited, "2").await;
    let _signers = house.signers(&world.database);
    let mut settings = world.settings();
    settings.push(("EXCHANGE_BITCOIN_XPUB", deposit.key.clone()));
    let _payments = house.payments(&world.database, &settings);
    let swept = "select string_agg(purpose || ' ' || state, ', ') from chain.payments";
    until_it_says(owner, swept, "sweep broadcast").await;
    world.mine(6).await;
    world.caught_up().await;
    until_it_says(owner, swept, "sweep confirmed").await;
    let hot = "select (sum(o.amount) between 0.4199 and 0.42)::text from chain.outputs o
        join chain.wallets w using (wallet_id) where w.role = 'hot' and o.spent_txid is null";
    assert_eq!(ask(owner, hot).await, "true");
    let refill = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refill_wanted'";
    assert_eq!(ask(owner, refill).await, "1", "asked once");
    assert_eq!(ask(owner, credited).await, "2", "a sweep is no deposit");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_token_gets_gas_before_it_is_gathered() {
    let world = WatchedEvm::start(1).await;
    let owner = &world.owner;
    let house = House::make("evm_token_swept").expect("tokens");
    let safe = house
        .settle_evm(&world.database, &world.node)
        .await
        .expect("a Safe");
    let address = house.derive_evm(owner).await.expect("an address");
    let _watcher = world.watch();
    world.caught_up().await;
    let paid = tests::watched_evm::transfer_call(address, 30_000_000);
    let paid = world.node.invoke(0, world.token, paid, U256::ZERO).await;
    paid.expect("taken");
    world.mine(3).await;
    world.caught_up().await;
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    until_it_says(owner, credited, "1").await;
    let _signers = house.signers(&world.database);
    let _payments = house.payments(&world.database, &world.settings());
    let all = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
        from chain.payments";
    for said in ["gas broadcast", "gas confirmed, sweep broadcast"] {
        until_it_says(owner, all, said).await;
        world.mine(12).await;
        world.caught_up().await;
    }
    until_it_says(owner, all, "gas confirmed, sweep confirmed").await;
    let asked = tests::watched_evm::balance_call(safe);
    let held = world.node.ask(world.token, asked).await.expect("an answer");
    assert_eq!(U256::from_be_slice(&held), U256::from(30_000_000_u64));
    assert_eq!(ask(owner, credited).await, "1", "gas is no deposit");
    assert_clean(owner).await;
}

/// What is swept, and how much the chain has of it.
const SWEPT: &str = "select coalesce(string_agg(purpose || ' ' || state, ', '), 'none')
    from chain.payments";

#[tokio::test]
async fn ether_waits_while_it_is_dust_and_while_blocks_are_dear() {
    let paying = PayingEvm::start("evm_dear").await;
    let (owner, node) = (&paying.world.owner, &paying.world.node);
    price_was(owner, ETHEREUM, 1_000_000_000_000).await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[("EXCHANGE_SWEEP_EVERY_MS", "50".to_owned())]);
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    let pay = async |milliether: u64, all: &str| {
        let paid = node.pay(0, paying.deposit, milliether_wei(milliether));
        paid.await.expect("paid");
        paying.mined(3).await;
        until_it_says(owner, credited, all).await;
        has_looked(owner, ETHEREUM).await;
    };
    pay(5, "1").await;
    assert_eq!(ask(owner, SWEPT).await, "none", "dust waits");
    price_was(owner, ETHEREUM, 1).await;
    pay(2_000, "2").await;
    assert_eq!(
        ask(owner, SWEPT).await,
        "none",
        "dear blocks are waited for"
    );
    price_was(owner, ETHEREUM, 1_000_000_000_000).await;
    until_it_says(owner, SWEPT, "sweep broadcast").await;
    paying.mined(12).await;
    until_it_says(owner, SWEPT, "sweep confirmed").await;
    let held = paying.holds(paying.deposit).await;
    assert!(held < milliether_wei(5), "dust went along: {held}");
    assert_clean(owner).await;
}

#[tokio::test]
async fn bitcoins_wait_while_they_are_dust_and_while_blocks_are_dear() {
    let mut paying = PayingBitcoin::start("bitcoin_dear").await;
    price_was(&paying.world.owner, BITCOIN, 100).await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[
        ("EXCHANGE_SWEEP_EVERY_MS", "50".to_owned()),
        ("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()),
    ]);
    let script = ScriptBuf::from_bytes(paying.deposit.script.clone());
    let credited = "select count(*)::text from exchange.deposits where state = 'credited'";
    for (sats, rate, all, why) in [
        (50_000, 100, "1", "dust waits"),
        (40_000_000, 1, "2", "dear blocks are waited for"),
    ] {
        price_was(&paying.world.owner, BITCOIN, rate).await;
        let paid = paying.world.purse.pay(&[(script.clone(), sats)], 10_000);
        let paid = paid.expect("a payment");
        paying.world.node.send(&paid).await.expect("taken");
        paying.mined(2).await;
        until_it_says(&paying.world.owner, credited, all).await;
        has_looked(&paying.world.owner, BITCOIN).await;
        assert_eq!(ask(&paying.world.owner, SWEPT).await, "none", "{why}");
    }
    let owner = &paying.world.owner;
    price_was(owner, BITCOIN, 100).await;
    until_it_says(owner, SWEPT, "sweep broadcast").await;
    paying.mined(FINAL).await;
    until_it_says(owner, SWEPT, "sweep confirmed").await;
    let left = paying.holds_at(&paying.deposit.name).await;
    assert_eq!(left, "0.0", "dust went along");
    assert_clean(owner).await;
}
