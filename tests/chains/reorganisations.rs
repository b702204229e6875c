//! Chains that change their minds: what vanished is taken back, and what comes again is credited
//! once.

use alloy::primitives::U256;
use serde_json::json;
use tests::arrivals::{
    ask, assert_sound, available_of, owed_by, spend, states_of, told_of, until_it_says,
};
use tests::looks::{Gate, watcher_has_looked};
use tests::purse::{FEE, Purse};
use tests::watched_bitcoin::WatchedBitcoin;
use tests::watched_evm::{WatchedEvm, milliether_wei};

/// Confirmations of a small Bitcoin deposit in the tests.
const CONFIRMATIONS: u64 = 2;
/// How many blocks the watcher has left.
const LEFT: &str = "select count(*)::text from chain.blocks where not is_active";

#[tokio::test]
async fn a_deposit_survives_reorganisations_of_every_depth_before_and_after_its_credit() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    let mut total = 0;
    for depth in 1..=CONFIRMATIONS + 2 {
        let txid = world.pay(&[(0, 100_000)]).await.compute_txid().to_string();
        world.mine(u32::try_from(depth).expect("small")).await;
        let reached = match depth < CONFIRMATIONS {
            true => "output:0 pending",
            false => "output:0 credited",
        };
        until_it_says(&world.owner, &states_of(&txid), reached).await;
        world.caught_up().await;

        world.node.drop_blocks(depth).await.expect("dropped");
        world.mine_empty(depth + 1).await;
        world.caught_up().await;
        until_it_says(&world.owner, &states_of(&txid), "output:0 seen").await;
        let before = match total {
            0 if depth < CONFIRMATIONS => String::new(),
            total => format!("{}", total),
        };
        let of = format!(
            "select trim_scale(b.available * 1000)::text from exchange.balances b
             where b.account_id = {}",
            world.account(0)
        );
        until_it_says(&world.owner, &of, &before).await;
        assert_sound(&world.owner).await;

        world.mine(2).await;
        until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
        total += 1;
        until_it_says(&world.owner, &of, &format!("{total}")).await;
        assert_sound(&world.owner).await;
        world.assert_sums_agree().await;
    }
    let mails = "select count(*)::text from exchange.mails where kind = 'deposit_reversed'";
    assert_eq!(ask(&world.owner, mails).await, "3");
}

#[tokio::test]
async fn a_transaction_that_is_mined_again_in_another_block_is_credited_once() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    let paid = world.pay(&[(0, 100_000)]).await;
    let txid = paid.compute_txid().to_string();
    world.mine(1).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 pending").await;
    world.node.drop_blocks(1).await.expect("dropped");
    let miner = Purse::new(200).address().clone();
    let again = world.node.mine_only(&miner, std::slice::from_ref(&paid));
    again.await.expect("mined");
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    let entries = "select count(*)::text from exchange.deposit_entries";
    assert_eq!(ask(&world.owner, entries).await, "1");
    until_it_says(
        &world.owner,
        &available_of(world.account(0), "BTC"),
        "0.001",
    )
    .await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn who_spent_what_vanished_owes_it_until_a_later_deposit_settles_it() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    let account = world.account(0);
    let lost = world.pay(&[(0, 300_000)]).await;
    let states = states_of(&lost.compute_txid().to_string());
    world.mine(2).await;
    until_it_says(&world.owner, &states, "output:0 credited").await;
    spend(&world.owner, account, "BTC", "0.002")
        .await
        .expect("spent");

    // In the new chain the coins went elsewhere: it never comes again.
    world.node.drop_blocks(2).await.expect("dropped");
    let outside = Purse::new(7).address().clone();
    let elsewhere = [(outside.script_pubkey(), 300_000)];
    let other = world.purse.replace(&lost, &elsewhere, 2 * FEE);
    let other = [other.expect("a payment")];
    let mined = world.node.mine_only(&outside, &other).await;
    mined.expect("mined");
    world.mine_empty(2).await;
    until_it_says(&world.owner, &states, "output:0 orphaned").await;
    until_it_says(&world.owner, &available_of(account, "BTC"), "0").await;
    until_it_says(&world.owner, &owed_by(account, "BTC"), "0.002").await;
    let stopped = format!("select exchange.is_in_debt({account})::text");
    assert_eq!(ask(&world.owner, &stopped).await, "true");
    assert_sound(&world.owner).await;

    world.pay(&[(0, 150_000)]).await;
    world.mine(2).await;
    until_it_says(&world.owner, &owed_by(account, "BTC"), "0.0005").await;
    assert_eq!(ask(&world.owner, &stopped).await, "true", "not all of it");
    until_it_says(&world.owner, &available_of(account, "BTC"), "0").await;
    world.pay(&[(0, 150_000), (0, 20_000)]).await;
    world.mine(2).await;
    until_it_says(&world.owner, &owed_by(account, "BTC"), "").await;
    until_it_says(&world.owner, &available_of(account, "BTC"), "0.0012").await;
    assert_eq!(
        ask(&world.owner, &stopped).await,
        "false",
        "withdrawals again"
    );
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_reorganisation_while_nobody_watched_is_found_afterwards() {
    let mut world = WatchedBitcoin::start(1).await;
    let watcher = world.watch();
    let txid = world.pay(&[(0, 100_000)]).await.compute_txid().to_string();
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    world.caught_up().await;
    drop(watcher);
    world.node.drop_blocks(3).await.expect("dropped");
    world.mine_empty(5).await;
    let _watcher = world.watch();
    world.caught_up().await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 seen").await;
    until_it_says(&world.owner, &available_of(world.account(0), "BTC"), "0").await;
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_node_that_is_behind_has_left_no_chain() {
    let mut world = WatchedBitcoin::start(1).await;
    let mut watcher = world.watch();
    let txid = world.pay(&[(0, 100_000)]).await.compute_txid().to_string();
    world.mine(2).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    let dropped = world.node.drop_blocks(1).await.expect("dropped");
    // It looks again and again, and takes nothing back; then the node has its block again.
    let told = told_of(&txid);
    let before = ask(&world.owner, &told).await;
    tests::arrivals::ring(&world.owner, 1).await;
    watcher_has_looked(&world.database).await;
    assert_eq!(ask(&world.owner, LEFT).await, "0");
    world.node.reconsider(dropped).await.expect("taken back");
    world.mine(1).await;
    world.caught_up().await;
    assert_eq!(ask(&world.owner, &told).await, before);
    assert_eq!(watcher.has_ended().expect("asked"), None);
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn a_node_that_falls_behind_amid_a_look_has_left_no_chain() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    let txid = world.pay(&[(0, 100_000)]).await.compute_txid().to_string();
    world.mine(2).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    let gate = Gate::amid_a_look_of_the_watcher(&world.database).await;
    gate.shut().await;
    world.node.drop_blocks(2).await.expect("dropped");
    gate.open().await;
    watcher_has_looked(&world.database).await;
    let states = ask(&world.owner, &states_of(&txid)).await;
    assert_eq!(states, "output:0 credited", "nothing is taken back");
    assert_eq!(ask(&world.owner, LEFT).await, "0");
}

#[tokio::test]
async fn an_ethereum_deposit_is_reversed_and_credited_when_it_is_mined_again() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let account = world.account(0);
    // All of it is said, so that the same words make the same transaction again.
    let payment = json!({
        "from": world.node.account(1), "to": world.address(0), "value": milliether_wei(800),
        "nonce": "0x0", "gas": "0x5208", "gasPrice": U256::from(20_000_000_000_u64),
    });
    let sent = world.node.send(payment.clone()).await.expect("taken");
    let txid = hex::encode(sent);
    world.mine(3).await;
    until_it_says(&world.owner, &states_of(&txid), "value credited").await;
    world.caught_up().await;
    world.node.reorganise(4).await.expect("reorganised");
    world.mine(2).await;
    world.caught_up().await;
    until_it_says(&world.owner, &states_of(&txid), "value orphaned").await;
    until_it_says(&world.owner, &available_of(account, "ETH"), "0").await;
    let told = ask(&world.owner, &told_of(&txid)).await;
    assert!(told.ends_with(", orphaned 0"), "{told}");
    assert_sound(&world.owner).await;

    let again = world.node.send(payment).await.expect("taken");
    assert_eq!(hex::encode(again), txid);
    world.mine(1).await;
    until_it_says(&world.owner, &states_of(&txid), "value pending").await;
    world.mine(2).await;
    until_it_says(&world.owner, &states_of(&txid), "value credited").await;
    until_it_says(&world.owner, &available_of(account, "ETH"), "0.8").await;
    let entries = "select string_agg(trim_scale(amount)::text, ', ' order by deposit_entry_id)
        from exchange.deposit_entries";
    assert_eq!(ask(&world.owner, entries).await, "0.8, -0.8, 0.8");
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn an_ethereum_chain_that_goes_back_takes_tokens_with_it() {
    let world = WatchedEvm::start(1).await;
    let _watcher = world.watch();
    let account = world.account(0);
    let moment = world.node.snapshot().await.expect("a moment");
    let txid = hex::encode(world.pay_token(world.token, 0, 40_000_000).await);
    world.mine(4).await;
    until_it_says(&world.owner, &states_of(&txid), "log:0 credited").await;
    spend(&world.owner, account, "USDT", "15")
        .await
        .expect("spent");
    world.caught_up().await;
    world.node.revert(moment).await.expect("gone back");
    let other = hex::encode(world.pay_token(world.token, 0, 5_000_000).await);
    world.mine(6).await;
    until_it_says(&world.owner, &states_of(&txid), "log:0 orphaned").await;
    until_it_says(&world.owner, &states_of(&other), "log:0 credited").await;
    until_it_says(&world.owner, &owed_by(account, "USDT"), "10").await;
    until_it_says(&world.owner, &available_of(account, "USDT"), "0").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}
