//! Withdrawals of ETH and tokens: planned, signed by two, carried, followed, settled or refunded.

use alloy::primitives::U256;
use alloy::sol;
use alloy::sol_types::SolCall as _;
use serde_json::json;
use tests::arrivals::{ask, available_of, until_it_says};
use tests::checks::assert_clean;
use tests::fault_points::Part;
use tests::house::{ask_withdrawal, count_in, state_of};
use tests::looks::payments_have_looked;
use tests::paying_evm::{FINAL, PayingEvm as Paying, receiver};
use tests::watched_evm::milliether_wei;

sol! {
    function balanceOf(address of) returns (uint256);
}

#[tokio::test]
async fn an_approved_withdrawal_is_signed_by_two_sent_and_settled() {
    let paying = Paying::start("evm_settled").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(receiver(0), "1.5").await;
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL - 1).await;
    let mined = "select state from chain.attempts";
    until_it_says(owner, mined, "mined").await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(
        ask(owner, &state_of(withdrawal)).await,
        "broadcast",
        "not final yet"
    );
    paying.mined(1).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(0)).await, milliether_wei(1_500));
    let available = available_of(paying.world.account(0), "ETH");
    assert_eq!(ask(owner, &available).await, "98.4999");
    let told = "select string_agg(payload ->> 'change', ' ' order by last_sequence)
        from exchange.events where stream_id = 10001 and payload ? 'withdrawal_id'";
    assert_eq!(ask(owner, told).await, "signed broadcast confirmed");
    let signed = "select string_agg(signer || ' ' || kind, ', ' order by signing_id)
        from chain.signings where state = 'signed'";
    assert_eq!(ask(owner, signed).await.split(", ").count(), 3);
    let cost = "select count(*)::text from exchange.network_costs where amount > 0";
    assert_eq!(ask(owner, cost).await, "1");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_token_is_paid_by_its_contract() {
    let paying = Paying::start("evm_token").await;
    let owner = &paying.world.owner;
    let (node, token) = (&paying.world.node, paying.world.token);
    paying.gets_tokens().await;
    let account = paying.world.account(0);
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let to = receiver(1);
    let withdrawal = ask_withdrawal(owner, account, "USDT", to.as_slice(), "25.5").await;
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    let asked = balanceOfCall { of: to }.abi_encode();
    let held = node.ask(token, asked).await.expect("an answer");
    assert_eq!(U256::from_be_slice(&held), U256::from(25_500_000_u64));
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_receiver_that_refuses_gets_nothing_and_the_owner_is_refunded_without_the_fee() {
    let paying = Paying::start("evm_refused").await;
    let owner = &paying.world.owner;
    let node = &paying.world.node;
    let refuser = node
        .deploy(0, "Refuser", Vec::new())
        .await
        .expect("a contract");
    paying.world.caught_up().await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let refused = paying.withdraw(refuser, "2").await;
    let other = paying.withdraw(receiver(2), "3").await;
    paying.until(refused, "broadcast").await;
    paying.until(other, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(refused, "failed").await;
    paying.until(other, "confirmed").await;
    assert_eq!(paying.holds(refuser).await, U256::ZERO);
    assert_eq!(paying.holds(receiver(2)).await, milliether_wei(3_000));
    let available = available_of(paying.world.account(0), "ETH");
    assert_eq!(ask(owner, &available).await, "96.9998");
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_is_stuck_in_a_fee_spike_is_replaced_and_counts_once() {
    let paying = Paying::start("evm_bumped").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[("EXCHANGE_BUMP_AFTER_MS", "500".to_owned())]);
    let withdrawal = paying.withdraw(receiver(3), "1").await;
    paying.until(withdrawal, "broadcast").await;
    let spike = json!(["0x174876e800"]);
    let node = &paying.world.node;
    node.call("anvil_setNextBlockBaseFeePerGas", spike)
        .await
        .expect("set");
    paying.mined(1).await;
    let attempts = "select (count(*) > 1 and bool_or(number > 1 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, attempts, "true").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(3)).await, milliether_wei(1_000));
    let mined = "select count(*) filter (where state = 'mined') || ' '
        || count(*) filter (where state not in ('mined', 'replaced')) || ' '
        || count(distinct nonce) from chain.attempts";
    assert_eq!(ask(owner, mined).await, "1 0 1");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_reorganisation_sends_the_same_bytes_again_before_and_after_the_end() {
    let paying = Paying::start("evm_reorganised").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(receiver(4), "1").await;
    paying.until(withdrawal, "broadcast").await;
    let state = "select state from chain.attempts";
    let mut height = paying.world.node.height().await.expect("a height");
    for (blocks, ended) in [(3, "broadcast"), (FINAL, "confirmed")] {
        paying.mined_again().await;
        paying.mined(blocks - 1).await;
        paying.until(withdrawal, ended).await;
        let now = paying.world.node.height().await.expect("a height");
        paying
            .world
            .node
            .reorganise(now - height)
            .await
            .expect("reorganised");
        height = now;
        until_it_says(owner, state, "broadcast").await;
        assert_eq!(paying.holds(receiver(4)).await, U256::ZERO, "it has gone");
    }
    paying.mined_again().await;
    paying.mined(FINAL).await;
    until_it_says(owner, "select state from chain.payments", "confirmed").await;
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "confirmed");
    assert_eq!(paying.holds(receiver(4)).await, milliether_wei(1_000));
    assert_eq!(
        ask(owner, "select count(*)::text from chain.attempts").await,
        "1"
    );
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_node_and_a_halt_are_waited_for() {
    let mut paying = Paying::start("evm_away").await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let halt =
        "update chain.coins set is_halted = true, halt_reason = 'test' where contract is null";
    paying
        .world
        .owner
        .batch_execute(halt)
        .await
        .expect("halted");
    let withdrawal = paying.withdraw(receiver(5), "1").await;
    paying.world.node.stop();
    let go_on = "update chain.coins set is_halted = false, halt_reason = null";
    assert_eq!(
        ask(&paying.world.owner, &state_of(withdrawal)).await,
        "approved"
    );
    paying
        .world
        .owner
        .batch_execute(go_on)
        .await
        .expect("goes on");
    paying.world.node.start_again().await.expect("it starts");
    paying.until(withdrawal, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(5)).await, milliether_wei(1_000));
    assert_clean(&paying.world.owner).await;
}

#[tokio::test]
async fn two_workers_at_once_pay_each_withdrawal_once() {
    const COUNT: usize = 24;
    let paying = Paying::start("evm_two").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = [paying.pays(&[]), paying.pays(&[])];
    for _ in 0..COUNT {
        paying.withdraw(receiver(6), "0.1").await;
    }
    for _ in 0..4 {
        until_it_says(owner, &count_in("approved"), "0").await;
        until_it_says(owner, &count_in("signed"), "0").await;
        paying.mined(FINAL).await;
    }
    until_it_says(owner, &count_in("confirmed"), &COUNT.to_string()).await;
    assert_eq!(paying.holds(receiver(6)).await, milliether_wei(2_400));
    let nonces = "select (count(*) = count(distinct safe_nonce) and count(*) = 24)::text
        from chain.payments";
    assert_eq!(ask(owner, nonces).await, "true");
    assert_clean(owner).await;
}

#[tokio::test]
async fn the_worker_may_be_killed_at_every_step() {
    let paying = Paying::start("evm_killed").await;
    let _signers = paying.house.signers(&paying.world.database);
    for (count, point) in (1_u64..).zip(Part::EvmPayment.points()) {
        let doomed = paying.withdraw_through(receiver(7), "EXCHANGE_FAULT_POINT", &point);
        let (mut doomed, _) = doomed.await;
        doomed.dies_at(&point).await;
        let _payments = paying.pays(&[]);
        paying.ends_well(receiver(7), count, &point).await;
    }
}

#[tokio::test]
async fn each_signer_may_be_killed_at_every_step() {
    let paying = Paying::start("evm_signers").await;
    let _payments = paying.pays(&[]);
    let database = &paying.world.database;
    let mut count = 0;
    for (name, other) in [("a", "b"), ("b", "a")] {
        let _other = paying.house.signer(database, other, &[]);
        for point in Part::Signer.points() {
            count += 1;
            let fault = [("EXCHANGE_FAULT_POINT", point.as_str())];
            let mut doomed = paying.house.signer(database, name, &fault);
            let withdrawal = paying.withdraw(receiver(8), "0.1").await;
            doomed.dies_at(&point).await;
            let _signer = paying.house.signer(database, name, &[]);
            paying.until(withdrawal, "broadcast").await;
            paying.mined(FINAL).await;
            paying.until(withdrawal, "confirmed").await;
            let held = paying.holds(receiver(8)).await;
            assert_eq!(held, milliether_wei(100 * count), "{point}");
        }
    }
    paying.assert_agreed().await;
}

#[tokio::test]
async fn a_withdrawal_that_comes_back_by_a_contract_is_a_deposit() {
    let paying = Paying::start("evm_comes_back").await;
    let owner = &paying.world.owner;
    let back = [paying.deposit, paying.safe];
    let mut relays = Vec::new();
    for to in back {
        let node = &paying.world.node;
        let relay = node.deploy(0, "Relay", to.into_word().to_vec()).await;
        relays.push(relay.expect("a contract"));
    }
    paying.mined(1).await;
    let reserves = "select trim_scale(coalesce(sum(r.amount), 0))::text
        from exchange.reserve_entries r where r.position like 'trace:%'";
    assert_eq!(ask(owner, reserves).await, "0");
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let first = paying.withdraw(relays[0], "1.5").await;
    paying.until(first, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(first, "confirmed").await;
    let deposits = "select trim_scale(amount) || ' ' || state from exchange.deposits";
    until_it_says(owner, deposits, "1.5 credited").await;
    let second = paying.withdraw(relays[1], "2.5").await;
    paying.until(second, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(second, "confirmed").await;
    until_it_says(owner, reserves, "2.5").await;
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_no_node_took_is_replaced_by_what_pays_enough() {
    let paying = Paying::start("evm_untaken").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let mut doomed = paying.pays(&[("EXCHANGE_FAULT_POINT", "raw_stored".to_owned())]);
    let withdrawal = paying.withdraw(receiver(8), "1").await;
    tests::wait::until_blocking("the worker ended before it sent", || {
        doomed.has_ended().expect("asked").is_some()
    });
    // A block costs so much by now that nodes do not even take what was signed.
    let dear = json!(["0x174876e800"]);
    let node = &paying.world.node;
    let set = node.call("anvil_setNextBlockBaseFeePerGas", dear).await;
    set.expect("it is dear");
    paying.mined(1).await;
    let _payments = paying.pays(&[("EXCHANGE_BUMP_AFTER_MS", "100".to_owned())]);
    paying.until(withdrawal, "broadcast").await;
    let attempts = "select string_agg(state, ', ' order by number) from chain.attempts";
    assert_eq!(ask(owner, attempts).await, "signed, broadcast");
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(receiver(8)).await, milliether_wei(1_000));
    assert_clean(owner).await;
}
