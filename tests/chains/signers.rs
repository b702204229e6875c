//! Signers judge by themselves: what was tampered with is refused, told, and refunded; what has to
//! wait waits; nobody stores a signature for another.

use alloy::primitives::{Address, U256};
use tests::arrivals::{ask, until_it_says};
use tests::checks::assert_clean;
use tests::house::{House, ask_withdrawal, fund, state_of};
use tests::trading::refusal;
use tests::watched_evm::{WatchedEvm, milliether_wei};
use tests::worker::Worker;

/// Until a withdrawal is final, where it is listed.
const FINAL: u64 = 12;

/// A world in which somebody watches and pays, and nobody signs.
async fn start(name: &str) -> (WatchedEvm, House, [Worker; 2]) {
    let world = WatchedEvm::start(1).await;
    let house = House::make(name).expect("tokens");
    house
        .settle_evm(&world.database, &world.node)
        .await
        .expect("a Safe");
    world.mine(1).await;
    fund(&world.owner, world.account(0), "ETH", "100").await;
    let watcher = world.watch();
    world.caught_up().await;
    let payments = house.payments(&world.database, &world.settings());
    (world, house, [watcher, payments])
}

#[tokio::test]
async fn what_was_tampered_with_is_refused_by_each_signer_and_refunded() {
    let (world, house, _workers) = start("tampered").await;
    let owner = &world.owner;
    let thief = hex::encode(Address::repeat_byte(0x66));
    let tampers = [
        (
            "another address",
            format!("update exchange.withdrawals set script = decode('{thief}', 'hex')"),
        ),
        (
            "another amount",
            "update exchange.withdrawals set amount = amount / 2".to_owned(),
        ),
        (
            "0 of 1 reviewers",
            "update exchange.withdrawals set required_reviews = 1".to_owned(),
        ),
        (
            "it is requested",
            "update exchange.withdrawals set state = 'requested'".to_owned(),
        ),
        (
            "nothing leaves the account now (WITHDRAWALS_BLOCKED)",
            "update exchange.accounts set withdrawals_blocked_until = now() + interval '1 day'
             from exchange.withdrawals"
                .to_owned(),
        ),
    ];
    for (number, (words, tamper)) in (0_u8..).zip(&tampers) {
        let to = Address::repeat_byte(0x70 + number);
        refused_and_refunded(&world, &house, to, words, tamper).await;
    }
    let told = "select count(*)::text from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'signing_refused'";
    assert_eq!(ask(owner, told).await, "10");
    let over = "update exchange.accounts set withdrawals_blocked_until = now()";
    owner.batch_execute(over).await.expect("a day later");
    // Those after it go on.
    let _signers = house.signers(&world.database);
    let to = Address::repeat_byte(0x7f);
    let withdrawal = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    until_it_says(owner, &state_of(withdrawal), "broadcast").await;
    world.mine(FINAL).await;
    world.caught_up().await;
    until_it_says(owner, &state_of(withdrawal), "confirmed").await;
    assert_eq!(
        world.node.balance(to).await.expect("a balance"),
        milliether_wei(2_000)
    );
    assert_clean(owner).await;
}

/// A withdrawal that somebody changes between its plan and its signatures.
async fn refused_and_refunded(
    world: &WatchedEvm,
    house: &House,
    to: Address,
    words: &str,
    tamper: &str,
) {
    let owner = &world.owner;
    let withdrawal = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    let only = format!(" where withdrawal_id = {withdrawal}");
    let planned = "select (payment_id is not null)::text from exchange.withdrawals";
    until_it_says(owner, &format!("{planned}{only}"), "true").await;
    let tampered = owner.batch_execute(&format!("{tamper}{only}")).await;
    tampered.expect("tampered");
    let _signers = house.signers(&world.database);
    for signer in ["a", "b"] {
        let refusal = format!(
            "select (s.refusal like '%{words}%')::text from chain.signings s
             join exchange.withdrawals w on w.withdrawal_id = {withdrawal}
                and s.payment_id = w.payment_id
             where s.signer = '{signer}' and s.state = 'refused'"
        );
        until_it_says(owner, &refusal, "true").await;
    }
    // What was changed is put right, as somebody who looks would do.
    let right = "update exchange.withdrawals set amount = 2, state = 'approved'";
    let put = owner.batch_execute(&format!("{right}{only}")).await;
    put.expect("put right");
    let cancelled = "select count(*)::text from chain.payments
        where purpose = 'cancel' and state = 'broadcast'";
    until_it_says(owner, cancelled, "1").await;
    world.mine(FINAL).await;
    world.caught_up().await;
    until_it_says(owner, &state_of(withdrawal), "failed").await;
    let held = world.node.balance(to).await;
    assert_eq!(held.expect("a balance"), U256::ZERO);
}

#[tokio::test]
async fn a_signer_that_has_signed_enough_waits() {
    let (world, house, _workers) = start("limited").await;
    let owner = &world.owner;
    let _a = house.signer(&world.database, "a", &[]);
    let limited = house.signer(&world.database, "b", &[("EXCHANGE_SIGNER_HOURLY", "ETH=3")]);
    let to = Address::repeat_byte(0x77);
    let first = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    until_it_says(owner, &state_of(first), "broadcast").await;
    let second = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    let by_a = "select count(*)::text from chain.signings
        where signer = 'a' and kind = 'safe' and state = 'signed'";
    until_it_says(owner, by_a, "2").await;
    let by_b = "select string_agg(state, ' ' order by signing_id) from chain.signings
        where signer = 'b' and kind = 'safe'";
    assert_eq!(ask(owner, by_b).await, "signed waiting");
    drop(limited);
    let _b = house.signer(&world.database, "b", &[]);
    until_it_says(owner, &state_of(second), "broadcast").await;
}

#[tokio::test]
async fn a_signature_is_stored_by_the_signer_that_was_asked_alone() {
    let (world, _house, _workers) = start("stored").await;
    let owner = &world.owner;
    let to = Address::repeat_byte(0x78);
    ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    until_it_says(owner, "select count(*)::text from chain.signings", "2").await;
    let of_a = "select signing_id::text from chain.signings where signer = 'a'";
    let put = format!(
        "select chain.put_signature({}, 'x')::text",
        ask(owner, of_a).await
    );
    for role in ["exchange_worker", "exchange_api", "exchange_analyst"] {
        let client = world.database.connect(role).await.expect("it logs in");
        assert_eq!(refusal(&client, &put).await.0, "42501", "{role}");
    }
    let b = world
        .database
        .connect("exchange_signer_b")
        .await
        .expect("it logs in");
    assert_eq!(ask(&b, &put).await, "false");
    let table = "update chain.signings set state = 'signed', signature = 'x'";
    assert_eq!(refusal(&b, table).await.0, "42501");
}

#[tokio::test]
async fn what_alone_is_more_than_a_limit_is_refunded() {
    let (world, house, _workers) = start("alone").await;
    let owner = &world.owner;
    let _a = house.signer(&world.database, "a", &[]);
    let _b = house.signer(&world.database, "b", &[("EXCHANGE_SIGNER_DAILY", "ETH=3")]);
    let to = Address::repeat_byte(0x79);
    let more = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "3.5").await;
    let less = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    let cancelled = "select count(*)::text from chain.payments
        where purpose = 'cancel' and state = 'broadcast'";
    until_it_says(owner, cancelled, "1").await;
    world.mine(FINAL).await;
    world.caught_up().await;
    until_it_says(owner, &state_of(more), "failed").await;
    // It may be in a block by now.
    let paid = "select (state in ('broadcast', 'confirmed'))::text from exchange.withdrawals";
    let paid = format!("{paid} where withdrawal_id = {less}");
    until_it_says(owner, &paid, "true").await;
    assert_clean(owner).await;
}

#[tokio::test]
async fn what_a_signer_cannot_judge_holds_up_nothing_else() {
    let (world, house, _workers) = start("odd").await;
    let owner = &world.owner;
    let to = Address::repeat_byte(0x7a);
    for _ in 0..2 {
        ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    }
    until_it_says(owner, "select count(*)::text from chain.payments", "2").await;
    // More atoms than there are numbers for.
    let odd = "update chain.payments set amount = 10::numeric ^ 70
        where payment_id = (select min(payment_id) from chain.payments)";
    owner.batch_execute(odd).await.expect("tampered");
    let limit = [("EXCHANGE_SIGNER_DAILY", "ETH=1000")];
    let _signers = ["a", "b"].map(|name| house.signer(&world.database, name, &limit));
    let signings = "select string_agg(state, ' ' order by payment_id, signer) from chain.signings
        where kind = 'safe'";
    until_it_says(owner, signings, "waiting waiting signed signed").await;
    let right = "update chain.payments set amount = 2";
    owner.batch_execute(right).await.expect("put right");
    let sent = "select count(*)::text from exchange.withdrawals where state = 'broadcast'";
    until_it_says(owner, sent, "2").await;
}

#[tokio::test]
async fn what_was_refused_at_large_is_cancelled_while_all_is_halted() {
    let (world, house, [_watcher, payments]) = start("cancelled").await;
    let owner = &world.owner;
    let to = Address::repeat_byte(0x7b);
    let withdrawal = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    until_it_says(owner, "select count(*)::text from chain.payments", "1").await;
    drop(payments);
    let less = "update chain.payments set amount = 1";
    owner.batch_execute(less).await.expect("tampered");
    let _signers = house.signers(&world.database);
    let halted = "select is_halted::text from chain.networks";
    until_it_says(owner, halted, "true").await;
    let _payments = house.payments(&world.database, &world.settings());
    let cancelled = "select string_agg(purpose || ' ' || state, ', ' order by payment_id)
        from chain.payments";
    until_it_says(owner, cancelled, "withdrawal planned, cancel broadcast").await;
    let lift = "select exchange.set_withdrawal_halt(null, 'ethereum', null)::text";
    assert_eq!(ask(owner, lift).await, "1");
    world.mine(FINAL).await;
    world.caught_up().await;
    // It is paid anew, and nothing halts again.
    until_it_says(owner, &state_of(withdrawal), "broadcast").await;
    assert_eq!(ask(owner, halted).await, "false");
    world.mine(FINAL).await;
    world.caught_up().await;
    until_it_says(owner, &state_of(withdrawal), "confirmed").await;
    assert_eq!(
        world.node.balance(to).await.expect("a balance"),
        milliether_wei(2_000)
    );
    assert_clean(owner).await;
}

#[tokio::test]
async fn a_rule_that_tightens_after_an_approval_refunds_nothing() {
    let (world, house, _workers) = start("tightened").await;
    let owner = &world.owner;
    let to = Address::repeat_byte(0x79);
    let withdrawal = ask_withdrawal(owner, world.account(0), "ETH", to.as_slice(), "2").await;
    let planned = format!(
        "select (payment_id is not null)::text from exchange.withdrawals
         where withdrawal_id = {withdrawal}"
    );
    until_it_says(owner, &planned, "true").await;
    let tighten = "update chain.coins set review_above = 0, second_review_above = 0;
        update exchange.accounts set kyc_level = 1";
    owner.batch_execute(tighten).await.expect("tightened");
    let _signers = house.signers(&world.database);
    until_it_says(owner, &state_of(withdrawal), "broadcast").await;
    world.mine(FINAL).await;
    world.caught_up().await;
    until_it_says(owner, &state_of(withdrawal), "confirmed").await;
    assert_clean(owner).await;
}
