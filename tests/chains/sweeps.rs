//! What lies at deposit addresses is gathered into the hot wallet; a suspicious deposit goes back;
//! what the hot wallet holds too much or too little of is seen to.

use alloy::primitives::{Address, U256};
use bitcoin::ScriptBuf;
use chain::network::BitcoinNetwork;
use tests::arrivals::{ask, until_it_says};
use tests::chain_fixture::{BITCOIN, ETHEREUM};
use tests::checks::assert_clean;
use tests::house::House;
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tokio_postgres::Client;

/// Gives an account's address the name and script that its number derives.
async fn derive(owner: &Client, address_id: i64, address: &str, script: &[u8]) {
    let text = "update chain.addresses set address = $2, script = $3 where address_id = $1";
    let derived = owner.execute(text, &[&address_id, &address, &script]).await;
    assert_eq!(derived.expect("derived"), 1);
}

async fn first_address(owner: &Client, network_id: i32) -> i64 {
    let text = "select min(address_id) from chain.addresses where network_id = $1";
    owner
        .query_one(text, &[&network_id])
        .await
        .expect("an address")
        .get(0)
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
    let number = first_address(owner, ETHEREUM).await;
    let deposits = house.deposits("evm").expect("a key");
    let address: Address = deposits
        .evm_deposit(number.try_into().expect("small"))
        .expect("one");
    derive(owner, number, &address.to_string(), address.as_slice()).await;
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
    let number = first_address(&world.owner, BITCOIN).await;
    let deposits = house.deposits("bitcoin-test").expect("a key");
    let index = number.try_into().expect("small");
    let deposit = deposits
        .bitcoin_deposit(index, BitcoinNetwork::Regtest)
        .expect("one");
    derive(
        &world.owner,
        number,
        &deposit.address,
        deposit.script.as_bytes(),
    )
    .await;
    let _watcher = world.watch();
    let script: ScriptBuf = deposit.script.clone();
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
    settings.push(("EXCHANGE_BITCOIN_XPUB", deposits.to_string()));
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
    let number = first_address(owner, ETHEREUM).await;
    let deposits = house.deposits("evm").expect("a key");
    let address: Address = deposits
        .evm_deposit(number.try_into().expect("small"))
        .expect("one");
    derive(owner, number, &address.to_string(), address.as_slice()).await;
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
