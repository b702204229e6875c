//! Ethereum deposits: value, logs of listed tokens, calls inside transactions; and what is not.

use alloy::primitives::U256;
use alloy::sol;
use alloy::sol_types::SolCall as _;
use tests::arrivals::{ask, assert_sound, available_of, states_of, told_of, until_it_says};
use tests::evm_node::EvmNode;
use tests::watched_evm::{WatchedEvm, milliether_wei};

sol! {
    function mint(address to, uint256 value);
    function payMany(address[] to, uint256[] values);
    function forward(address to);
    function forwardMany(address[] to, uint256[] values);
    function forwardInVain(address to);
    function dive(uint256 depth, address to);
}

#[tokio::test]
async fn ether_and_tokens_are_seen_counted_and_credited() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    world.caught_up().await;
    let ether = hex::encode(world.pay(0, 1_500).await);
    let token = hex::encode(world.pay_token(world.token, 0, 25_500_000).await);
    until_it_says(&world.owner, &states_of(&ether), "value seen").await;
    until_it_says(&world.owner, &states_of(&token), "log:0 seen").await;
    for _ in 0..3 {
        world.mine(1).await;
        world.caught_up().await;
    }
    until_it_says(&world.owner, &states_of(&ether), "value credited").await;
    until_it_says(&world.owner, &states_of(&token), "log:0 credited").await;
    let told = "seen 0, pending 1, pending 2, pending 3, credited 3";
    until_it_says(&world.owner, &told_of(&ether), told).await;
    let account = world.account(0);
    until_it_says(&world.owner, &available_of(account, "ETH"), "1.5").await;
    until_it_says(&world.owner, &available_of(account, "USDT"), "25.5").await;
    let from =
        format!("select from_address from exchange.deposits where txid = decode('{token}', 'hex')");
    let payer = world.node.account(0).to_checksum(None);
    assert_eq!(ask(&world.owner, &from).await, payer);
    let rate = "select (count(*) > 0 and bool_and(rate > 0))::text from chain.fee_samples";
    until_it_says(&world.owner, rate, "true").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn large_amounts_wait_longer_and_small_ones_for_ever() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let large = hex::encode(world.pay(0, 50_000).await);
    let small = hex::encode(
        world
            .node
            .pay(0, world.address(0), U256::from(999))
            .await
            .expect("paid"),
    );
    world.mine(11).await;
    world.caught_up().await;
    until_it_says(&world.owner, &states_of(&large), "value pending").await;
    until_it_says(&world.owner, &states_of(&small), "value below_minimum").await;
    world.mine(1).await;
    until_it_says(&world.owner, &states_of(&large), "value credited").await;
    until_it_says(&world.owner, &states_of(&small), "value below_minimum").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn every_log_of_a_transaction_counts() {
    let world = WatchedEvm::start(2).await;
    let _watcher = world.watch();
    let to = [0, 1, 0].map(|number| world.address(number)).to_vec();
    let values = [5_000_000_u64, 6_000_000, 7_000_000]
        .map(U256::from)
        .to_vec();
    let call = payManyCall { to, values }.abi_encode();
    let paid = world.node.invoke(0, world.token, call, U256::ZERO).await;
    let txid = hex::encode(paid.expect("taken"));
    world.mine(3).await;
    let states = "log:0 credited, log:1 credited, log:2 credited";
    until_it_says(&world.owner, &states_of(&txid), states).await;
    until_it_says(&world.owner, &available_of(world.account(0), "USDT"), "12").await;
    until_it_says(&world.owner, &available_of(world.account(1), "USDT"), "6").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_token_is_known_by_its_contract_and_never_by_its_name() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let fake = world.node.deploy_token("USDT", 6).await.expect("a token");
    let minted = mintCall {
        to: world.address(0),
        value: U256::from(90_000_000),
    };
    let minted = world.node.invoke(0, fake, minted.abi_encode(), U256::ZERO);
    minted.await.expect("taken");
    let real = hex::encode(world.pay_token(world.token, 0, 10_000_000).await);
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&real), "log:0 credited").await;
    let all = "select count(*)::text from exchange.deposits";
    assert_eq!(ask(&world.owner, all).await, "1");
    until_it_says(&world.owner, &available_of(world.account(0), "USDT"), "10").await;
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_token_that_answers_nothing_is_credited_all_the_same() {
    let node = EvmNode::start().await.expect("a node");
    let token = node.deploy(0, "SilentToken", Vec::new()).await;
    let world = WatchedEvm::with_token(node, token.expect("a token"), 1).await;
    let _watcher = world.watch();
    let txid = hex::encode(world.pay_token(world.token, 0, 3_000_000).await);
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&txid), "log:0 credited").await;
    until_it_says(&world.owner, &available_of(world.account(0), "USDT"), "3").await;
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_transaction_that_fails_moves_nothing() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    world.caught_up().await;
    // More than there is: seen while it waits, gone when it fails.
    let failed = hex::encode(world.pay_token(world.token, 0, 9_000_000_000_000_000).await);
    until_it_says(&world.owner, &states_of(&failed), "log:0 seen").await;
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&failed), "log:0 orphaned").await;
    until_it_says(&world.owner, &available_of(world.account(0), "USDT"), "").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn ether_that_a_contract_sends_is_credited_once() {
    let world = WatchedEvm::start(2).await;
    let forwarder = world.node.deploy(0, "Forwarder", Vec::new()).await;
    let forwarder = forwarder.expect("a contract");
    let _watcher = world.watch();
    let one = forwardCall {
        to: world.address(0),
    }
    .abi_encode();
    let one = world.node.invoke(0, forwarder, one, milliether_wei(2_000));
    let one = hex::encode(one.await.expect("taken"));
    let to = [0, 1, 0].map(|number| world.address(number)).to_vec();
    let values = [100, 200, 300].map(milliether_wei).to_vec();
    let many = forwardManyCall { to, values }.abi_encode();
    let many = world.node.invoke(0, forwarder, many, milliether_wei(600));
    let many = hex::encode(many.await.expect("taken"));
    let vain = forwardInVainCall {
        to: world.address(0),
    }
    .abi_encode();
    let vain = world.node.invoke(0, forwarder, vain, milliether_wei(700));
    let vain = hex::encode(vain.await.expect("taken"));
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&one), "trace:0 credited").await;
    let states = "trace:0 credited, trace:1 credited, trace:2 credited";
    until_it_says(&world.owner, &states_of(&many), states).await;
    until_it_says(&world.owner, &states_of(&vain), "").await;
    until_it_says(&world.owner, &available_of(world.account(0), "ETH"), "2.4").await;
    until_it_says(&world.owner, &available_of(world.account(1), "ETH"), "0.2").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn what_the_house_sends_to_a_deposit_address_is_no_deposit() {
    let world = WatchedEvm::start(1).await;
    let gas = world.node.account(3);
    let text = "insert into chain.wallets (network_id, role, address, script)
        values (2, 'gas', $1, $2)";
    let name = gas.to_checksum(None);
    let inserted = world.owner.execute(text, &[&name, &gas.to_vec()]).await;
    inserted.expect("a wallet");
    let _watcher = world.watch();
    let topped_up = world.node.pay(3, world.address(0), milliether_wei(5)).await;
    topped_up.expect("taken");
    let into_gas = world.node.pay(0, gas, milliether_wei(9_000)).await;
    into_gas.expect("taken");
    world.mine(4).await;
    world.caught_up().await;
    let reserves = "select trim_scale(sum(amount))::text from exchange.reserve_entries";
    until_it_says(&world.owner, reserves, "9").await;
    let all = "select count(*)::text from exchange.deposits";
    assert_eq!(ask(&world.owner, all).await, "0");
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_contract_that_calls_itself_many_levels_deep_stops_no_deposit() {
    let world = WatchedEvm::start(1).await;
    let deep = world.node.deploy(0, "Deep", Vec::new()).await;
    let deep = deep.expect("a contract");
    let _watcher = world.watch();
    let call = diveCall {
        depth: U256::from(150),
        to: world.address(0),
    };
    let call = call.abi_encode();
    let dived = world
        .node
        .invoke(0, deep, call, milliether_wei(2_000))
        .await;
    let dived = hex::encode(dived.expect("taken"));
    world.mine(1).await;
    let after = hex::encode(world.pay(0, 1_000).await);
    world.mine(3).await;
    let place = vec!["0"; 151].join(".");
    let states = format!("trace:{place} credited");
    until_it_says(&world.owner, &states_of(&dived), &states).await;
    until_it_says(&world.owner, &states_of(&after), "value credited").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}
