//! Withdrawals of BTC: several in one transaction, signed by two, replaced where it is stuck.

use tests::arrivals::{ask, available_of, until_it_says};
use tests::checks::assert_clean;
use tests::fault_points::Part;
use tests::house::{count_in, state_of};
use tests::looks::payments_have_looked;
use tests::paying_bitcoin::{FINAL, PayingBitcoin as Paying, receiver};

#[tokio::test]
async fn withdrawals_that_wait_go_in_one_transaction() {
    let paying = Paying::start("bitcoin_batch").await;
    let owner = &paying.world.owner;
    let mut withdrawals = Vec::new();
    for key in [50, 51, 52] {
        withdrawals.push(paying.withdraw(&receiver(key), "0.5").await);
    }
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    for withdrawal in &withdrawals {
        paying.until(*withdrawal, "broadcast").await;
    }
    assert_eq!(
        ask(owner, "select count(*)::text from chain.payments").await,
        "1"
    );
    paying.mined(FINAL - 1).await;
    until_it_says(owner, "select state from chain.attempts", "mined").await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(
        ask(owner, &state_of(withdrawals[0])).await,
        "broadcast",
        "not final yet"
    );
    paying.mined(1).await;
    for (withdrawal, key) in withdrawals.iter().zip([50, 51, 52]) {
        paying.until(*withdrawal, "confirmed").await;
        assert_eq!(paying.holds(key).await, "0.5");
    }
    let available = available_of(paying.world.account(0), "BTC");
    assert_eq!(ask(owner, &available).await, "8.4997");
    let cost = "select (c.amount = a.fee and a.fee > 0)::text
        from exchange.network_costs c join chain.attempts a using (attempt_id)";
    assert_eq!(ask(owner, cost).await, "true");
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_is_stuck_is_replaced_from_the_same_outputs_and_counts_once() {
    let paying = Paying::start("bitcoin_bumped").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let withdrawal = {
        let _payments = paying.pays(&[]);
        let withdrawal = paying.withdraw(&receiver(53), "0.5").await;
        paying.until(withdrawal, "broadcast").await;
        withdrawal
    };
    // Blocks ask for more from now on.
    let _payments = paying.pays(&[
        ("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ]);
    let replaced = "select (count(*) > 1 and bool_or(number > 1 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, replaced, "true").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(53).await, "0.5");
    let mined = "select count(*) filter (where state = 'mined') || ' '
        || count(*) filter (where state not in ('mined', 'replaced')) from chain.attempts";
    assert_eq!(ask(owner, mined).await, "1 0");
    let reserved = "select count(*)::text from chain.outputs
        where payment_id is not null and spent_txid is null";
    assert_eq!(ask(owner, reserved).await, "0");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_reorganisation_sends_the_same_bytes_again_before_and_after_the_end() {
    let paying = Paying::start("bitcoin_reorganised").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    let withdrawal = paying.withdraw(&receiver(54), "0.5").await;
    paying.until(withdrawal, "broadcast").await;
    let state = "select state from chain.attempts";
    let mut height = paying.world.node.height().await.expect("a height");
    for (blocks, ended) in [(2, "broadcast"), (FINAL, "confirmed")] {
        paying.mined_again().await;
        paying.mined(blocks - 1).await;
        paying.until(withdrawal, ended).await;
        let now = paying.world.node.height().await.expect("a height");
        paying
            .world
            .node
            .drop_blocks(now - height)
            .await
            .expect("dropped");
        paying.world.mine_empty(now - height + 1).await;
        height = now + 1;
        until_it_says(owner, state, "broadcast").await;
    }
    paying.mined_again().await;
    paying.mined(FINAL).await;
    until_it_says(owner, "select state from chain.payments", "confirmed").await;
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "confirmed");
    assert_eq!(paying.holds(54).await, "0.5");
    assert_clean(owner).await;
}

#[tokio::test]
async fn the_worker_may_be_killed_at_every_step() {
    let paying = Paying::start("bitcoin_killed").await;
    let _signers = paying.house.signers(&paying.world.database);
    for (key, point) in (60..).zip(Part::BitcoinPayment.points()) {
        let doomed = paying.withdraw_through(key, "EXCHANGE_FAULT_POINT", &point);
        let (mut doomed, _) = doomed.await;
        doomed.dies_at(&point).await;
        let _payments = paying.pays(&[]);
        paying.ends_well(key, &point).await;
    }
}

#[tokio::test]
async fn each_signer_of_bitcoin_may_be_killed_at_every_step() {
    let paying = Paying::start("bitcoin_signers").await;
    let _payments = paying.pays(&[]);
    let database = &paying.world.database;
    let mut key = 100;
    for (name, other) in [("a", "b"), ("b", "a")] {
        let _other = paying.house.signer(database, other, &[]);
        for point in Part::Signer.points() {
            key += 1;
            let fault = [("EXCHANGE_FAULT_POINT", point.as_str())];
            let mut doomed = paying.house.signer(database, name, &fault);
            let withdrawal = paying.withdraw(&receiver(key), "0.1").await;
            doomed.dies_at(&point).await;
            let _signer = paying.house.signer(database, name, &[]);
            paying.until(withdrawal, "broadcast").await;
            paying.mined(FINAL).await;
            paying.until(withdrawal, "confirmed").await;
            assert_eq!(paying.holds(key).await, "0.1", "{point}");
        }
    }
    paying.assert_agreed().await;
}

#[tokio::test]
async fn two_workers_at_once_pay_each_withdrawal_once() {
    let paying = Paying::start("bitcoin_two").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = [paying.pays(&[]), paying.pays(&[])];
    for key in 70..82 {
        paying.withdraw(&receiver(key), "0.1").await;
    }
    tests::wait::until("each is confirmed", async || {
        paying.mined(1).await;
        ask(owner, &count_in("confirmed")).await == "12"
    })
    .await;
    for key in 70..82 {
        assert_eq!(paying.holds(key).await, "0.1");
    }
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_replacement_that_was_refused_is_not_the_last() {
    let paying = Paying::start("bitcoin_refused").await;
    let (owner, database) = (&paying.world.owner, &paying.world.database);
    let _a = paying.house.signer(database, "a", &[]);
    let withdrawal = {
        let _b = paying.house.signer(database, "b", &[]);
        let _payments = paying.pays(&[]);
        let withdrawal = paying.withdraw(&receiver(55), "0.5").await;
        paying.until(withdrawal, "broadcast").await;
        withdrawal
    };
    let dear = [
        ("EXCHANGE_MIN_SATS_PER_KVB", "5000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ];
    let payments = paying.pays(&dear);
    let halted = "select is_halted::text from chain.networks";
    {
        let mean = [("EXCHANGE_SIGNER_MAX_FEE_SATS", "500")];
        let _b = paying.house.signer(database, "b", &mean);
        until_it_says(owner, halted, "true").await;
    }
    drop(payments);
    assert_eq!(ask(owner, &state_of(withdrawal)).await, "broadcast");
    let b = paying.house.signer(database, "b", &[]);
    let lift = "select exchange.set_withdrawal_halt(null, 'bitcoin', null)::text";
    assert_eq!(ask(owner, lift).await, "1");
    let payments = paying.pays(&dear);
    let replaced = "select (bool_or(number > 2 and state = 'broadcast'))::text
        from chain.attempts";
    until_it_says(owner, replaced, "true").await;
    // Another one is half signed when the payment ends.
    drop((b, payments));
    let _payments = paying.pays(&[
        ("EXCHANGE_MIN_SATS_PER_KVB", "9000".to_owned()),
        ("EXCHANGE_BUMP_AFTER_MS", "100".to_owned()),
    ]);
    let half = "select count(*)::text from chain.signings where state = 'waiting'";
    until_it_says(owner, half, "1").await;
    paying.mined(FINAL).await;
    paying.until(withdrawal, "confirmed").await;
    assert_eq!(paying.holds(55).await, "0.5");
    let left = "select count(*)::text from chain.signings where state = 'waiting'";
    assert_eq!(
        ask(owner, left).await,
        "0",
        "what has ended waits for nobody"
    );
    assert_clean(owner).await;
}

#[tokio::test]
async fn change_that_is_on_its_way_is_not_missed() {
    let paying = Paying::start("bitcoin_change").await;
    let owner = &paying.world.owner;
    let set = async |text: &str| {
        let text = format!("update chain.coins set {text} where network_id = 1");
        owner.batch_execute(&text).await.expect("set");
    };
    set("hot_floor = 1.2").await;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[]);
    // Three of four outputs are reserved; 1.4999 of them and of their change stay.
    let first = paying.withdraw(&receiver(53), "2.5").await;
    paying.until(first, "broadcast").await;
    // As if it had been told: the next look takes it back.
    set("is_refill_wanted = true").await;
    let wanted = "select is_refill_wanted::text from chain.coins where network_id = 1";
    until_it_says(owner, wanted, "false").await;
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refill_wanted'";
    assert_eq!(ask(owner, told).await, "0");
    // What leaves is missed as soon as it is planned.
    paying.mined(1).await;
    let second = paying.withdraw(&receiver(54), "0.5").await;
    paying.until(second, "broadcast").await;
    until_it_says(owner, told, "1").await;
    assert_eq!(ask(owner, wanted).await, "true");
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_withdrawal_larger_than_the_hot_wallet_holds_up_no_smaller_one() {
    let paying = Paying::start("bitcoin_too_large").await;
    let owner = &paying.world.owner;
    let _signers = paying.house.signers(&paying.world.database);
    let _payments = paying.pays(&[("EXCHANGE_SWEEP_EVERY_MS", "100".to_owned())]);
    let large = paying.withdraw(&receiver(61), "7").await;
    let small = paying.withdraw(&receiver(62), "0.5").await;
    paying.until(small, "broadcast").await;
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refill_wanted'";
    until_it_says(owner, told, "1").await;
    assert_eq!(ask(owner, &state_of(large)).await, "approved");
    paying.mined(FINAL).await;
    paying.until(small, "confirmed").await;
    assert_clean(owner).await;
}
