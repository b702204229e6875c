//! Bitcoin deposits: seen, counted, credited; and what is not.

use tests::arrivals::{assert_sound, available_of, states_of, told_of, until_it_says};
use tests::purse::{FEE, Purse};
use tests::watched_bitcoin::WatchedBitcoin;

#[tokio::test]
async fn a_deposit_is_seen_counts_its_confirmations_and_is_credited() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    world.caught_up().await;
    let txid = world.pay(&[(0, 150_000)]).await.compute_txid().to_string();
    until_it_says(&world.owner, &states_of(&txid), "output:0 seen").await;
    world.mine(1).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 pending").await;
    world.mine(1).await;
    until_it_says(&world.owner, &states_of(&txid), "output:0 credited").await;
    let available = available_of(world.account(0), "BTC");
    until_it_says(&world.owner, &available, "0.0015").await;
    let told = "seen 0, pending 1, pending 2, credited 2";
    until_it_says(&world.owner, &told_of(&txid), told).await;
    let mails = "select string_agg(kind || ' ' || (facts ->> 'amount') || ' '
        || (facts ->> 'network'), ', ') from exchange.mails";
    until_it_says(&world.owner, mails, "deposit_credited 0.0015 bitcoin").await;
    let rate = "select (count(*) > 0 and bool_and(rate > 0))::text from chain.fee_samples";
    until_it_says(&world.owner, rate, "true").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_large_deposit_waits_longer() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    let large = world.pay(&[(0, 500_000_000)]).await.compute_txid();
    let small = world.pay(&[(0, 499_999_999)]).await.compute_txid();
    world.mine(5).await;
    let (large, small) = (states_of(&large.to_string()), states_of(&small.to_string()));
    until_it_says(&world.owner, &small, "output:0 credited").await;
    until_it_says(&world.owner, &large, "output:0 pending").await;
    world.mine(1).await;
    until_it_says(&world.owner, &large, "output:0 credited").await;
    let available = available_of(world.account(0), "BTC");
    until_it_says(&world.owner, &available, "9.99999999").await;
    assert_sound(&world.owner).await;
}

#[tokio::test]
async fn every_output_of_a_transaction_counts() {
    let mut world = WatchedBitcoin::start(3).await;
    let _watcher = world.watch();
    let outputs = [
        (0, 100_000),
        (1, 200_000),
        (0, 300_000),
        (0, 9_999),
        (2, 50_000),
    ];
    let txid = world.pay(&outputs).await.compute_txid().to_string();
    world.mine(2).await;
    let states = "output:0 credited, output:1 credited, output:2 credited, \
        output:3 below_minimum, output:4 credited";
    until_it_says(&world.owner, &states_of(&txid), states).await;
    for (number, available) in [(0, "0.004"), (1, "0.002"), (2, "0.0005")] {
        let of = available_of(world.account(number), "BTC");
        until_it_says(&world.owner, &of, available).await;
    }
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_replaced_transaction_disappears() {
    let mut world = WatchedBitcoin::start(2).await;
    let _watcher = world.watch();
    world.caught_up().await;
    let first = world.pay(&[(0, 700_000)]).await;
    let first_states = states_of(&first.compute_txid().to_string());
    until_it_says(&world.owner, &first_states, "output:0 seen").await;
    let elsewhere = [(world.script(1), 600_000)];
    let second = world.purse.replace(&first, &elsewhere, 5 * FEE);
    let second = second.expect("a payment");
    world.node.send(&second).await.expect("taken");
    until_it_says(&world.owner, &first_states, "output:0 orphaned").await;
    world.mine(2).await;
    let second_states = states_of(&second.compute_txid().to_string());
    until_it_says(&world.owner, &second_states, "output:0 credited").await;
    until_it_says(&world.owner, &first_states, "output:0 orphaned").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn a_double_spend_that_is_mined_ends_what_was_seen() {
    let mut world = WatchedBitcoin::start(1).await;
    let _watcher = world.watch();
    world.caught_up().await;
    let seen = world.pay(&[(0, 700_000)]).await;
    let states = states_of(&seen.compute_txid().to_string());
    until_it_says(&world.owner, &states, "output:0 seen").await;
    // The node never saw it wait: it comes with its block.
    let outside = Purse::new(7).address().clone();
    let elsewhere = [(outside.script_pubkey(), 600_000)];
    let other = world.purse.replace(&seen, &elsewhere, FEE);
    let other = [other.expect("a payment")];
    let mined = world.node.mine_only(&outside, &other).await;
    mined.expect("mined");
    until_it_says(&world.owner, &states, "output:0 orphaned").await;
    world.mine(2).await;
    world.caught_up().await;
    until_it_says(&world.owner, &states, "output:0 orphaned").await;
    assert_sound(&world.owner).await;
    world.assert_sums_agree().await;
}

#[tokio::test]
async fn what_comes_into_the_houses_wallet_is_its_own() {
    let mut world = WatchedBitcoin::start(1).await;
    let cold = Purse::new(9).address().clone();
    let text = "insert into chain.wallets (network_id, role, address, script)
        values (1, 'cold', $1, $2)";
    let (name, script) = (cold.to_string(), cold.script_pubkey().to_bytes());
    let inserted = world.owner.execute(text, &[&name, &script]).await;
    inserted.expect("a wallet");
    let _watcher = world.watch();
    let paid = world.purse.pay(&[(cold.script_pubkey(), 800_000)], FEE);
    world.node.send(&paid.expect("paid")).await.expect("taken");
    world.mine(2).await;
    let reserves = "select string_agg(trim_scale(amount)::text, ', ' order by reserve_entry_id)
        from exchange.reserve_entries";
    until_it_says(&world.owner, reserves, "0.008").await;
    world.node.drop_blocks(2).await.expect("dropped");
    world.mine_empty(3).await;
    until_it_says(&world.owner, reserves, "0.008, -0.008").await;
    world.mine(1).await;
    until_it_says(&world.owner, reserves, "0.008, -0.008, 0.008").await;
    let outputs = "select count(*)::text from chain.outputs where wallet_id is not null";
    until_it_says(&world.owner, outputs, "1").await;
    assert_sound(&world.owner).await;
}
