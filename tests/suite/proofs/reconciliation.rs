//! What a node is said to hold against what the facts say, and what follows from a difference.

use tests::checks;
use tests::database::Database;
use tests::fixture;
use tests::trading::{number, refusal, rows};
use tests::wait;
use tests::worker::Worker;
use tokio_postgres::Client;

/// A network at block 3 with a hot wallet that somebody filled with 10 BTC.
async fn stage() -> (Database, Client) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let text = "
        select chain.create_network(1, 'bitcoin', 'bitcoin', 'regtest');
        select chain.create_coin('BTC', 'bitcoin', null, confirmations => 2, large_amount => 5,
            large_confirmations => 6, min_deposit => 0.0001, min_withdrawal => 0.001,
            review_above => 1, second_review_above => 5, fee_units => 200, fee_floor => 0.00001,
            fee_ceiling => 0.001, sweep_above => 0.001, hot_floor => 1, hot_ceiling => 100);
        insert into chain.wallets (network_id, role, address, script)
        values (1, 'hot', 'hot', decode(repeat('aa', 34), 'hex'));
        insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
        select 1, n, sha256(int4send(n)), sha256(int4send(n - 1)), now()
        from generate_series(0, 3) n;
        insert into exchange.reserve_entries (network_id, txid, position, asset_id, wallet_id,
            amount, block_height, capital_account_id, external_account_id)
        select 1, sha256('t'), 'output:0', 1, wallet_id, 10, 1, exchange.house_account('capital'),
            exchange.house_account('external') from chain.wallets";
    owner.batch_execute(text).await.expect("a network");
    (database, owner)
}

/// Compares; gives difference and whether it halted now, or nothing where the block is another.
async fn compare(owner: &Client, block: i32, held: &str) -> Vec<String> {
    let text = format!(
        "select difference::text || ' ' || is_halted
         from proof.record_reconciliation(1, sha256(int4send({block})), array[1], array[{held}],
            (select array_agg(expected) from proof.facts_of(1)), array['{{}}'::jsonb])"
    );
    rows(owner, &text).await
}

async fn halted(owner: &Client) -> Vec<String> {
    rows(owner, "select halt_reason from chain.coins where is_halted").await
}

#[tokio::test]
async fn a_difference_that_stays_halts_the_coin_and_is_told() {
    let (database, owner) = stage().await;
    assert_eq!(compare(&owner, 3, "10").await, ["0.00000000 false"]);
    assert_eq!(compare(&owner, 3, "9.5").await, ["-0.50000000 false"]);
    assert_eq!(
        halted(&owner).await,
        Vec::<String>::new(),
        "once may be a race"
    );
    assert_eq!(compare(&owner, 3, "9.5").await, ["-0.50000000 true"]);
    let reason = "the chain holds 9.5 BTC, the books say 10.00000000, at block 3";
    assert_eq!(halted(&owner).await, [reason]);
    let told = "select payload ->> 'change' from exchange.events where stream_id = 10001";
    assert_eq!(rows(&owner, told).await, ["withdrawals_halted"]);
    // It is halted already, and stays so when all is well again: people lift it.
    assert_eq!(compare(&owner, 3, "9.5").await, ["-0.50000000 false"]);
    assert_eq!(compare(&owner, 3, "10").await, ["0.00000000 false"]);
    assert_eq!(halted(&owner).await, [reason]);
    let kept = "select count(*) from proof.reconciliations";
    assert_eq!(number(&owner, kept).await, 5);
    database.drop().await;
}

#[tokio::test]
async fn differences_with_a_match_or_a_change_of_sign_between_them_do_not_halt() {
    let (database, owner) = stage().await;
    for held in ["9", "10", "9", "11", "10", "11"] {
        compare(&owner, 3, held).await;
        assert!(halted(&owner).await.is_empty(), "{held}");
    }
    compare(&owner, 3, "12").await;
    assert_eq!(
        halted(&owner).await.len(),
        1,
        "more than expected is no better"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_block_that_is_the_highest_no_more_counts_until_it_leaves_the_chain() {
    let (database, owner) = stage().await;
    assert_eq!(compare(&owner, 2, "10").await, ["0.00000000 false"]);
    let kept = "select max(block_height) from proof.reconciliations";
    assert_eq!(number(&owner, kept).await, 2);
    let fork = "update chain.blocks set is_active = false where height = 3";
    owner.batch_execute(fork).await.expect("a fork");
    assert!(compare(&owner, 3, "10").await.is_empty());
    database.drop().await;
}

/// A payment of so much BTC whose bytes a node has, with a fee of 0.001.
const UNDER_WAY: &str = "
    insert into chain.payments (network_id, purpose, state, asset_id, amount, plan)
    values (1, 'withdrawal', 'broadcast', 1, 2, '{}');
    insert into chain.payment_items (payment_id, item, address, script, amount)
    select payment_id, 0, 'somebody', decode(repeat('bb', 22), 'hex'), 2 from chain.payments;
    insert into chain.attempts (payment_id, network_id, number, state, unsigned, raw, txid,
        fee_rate, fee)
    select payment_id, 1, 1, 'broadcast', '', '\\x01', sha256('sent'), 1, 0.001
    from chain.payments";

#[tokio::test]
async fn what_payments_under_way_explain_is_waited_for_a_quarter_of_an_hour() {
    let (database, owner) = stage().await;
    owner.batch_execute(UNDER_WAY).await.expect("a payment");
    // Two moments between the watcher's block and whoever notes that the payment is in it.
    for held in ["10", "7.999", "7.999", "8.5"] {
        compare(&owner, 3, held).await;
        assert!(halted(&owner).await.is_empty(), "{held}");
    }
    let later = "update proof.reconciliations set compared_at = now() - interval '16 minutes'";
    owner.batch_execute(later).await.expect("later");
    compare(&owner, 3, "8.5").await;
    assert_eq!(halted(&owner).await.len(), 1, "nobody noted it");
    database.drop().await;
}

#[tokio::test]
async fn more_than_payments_under_way_explain_halts_at_the_second_look() {
    let (database, owner) = stage().await;
    owner.batch_execute(UNDER_WAY).await.expect("a payment");
    for held in ["10", "7.998"] {
        compare(&owner, 3, held).await;
        assert!(halted(&owner).await.is_empty(), "{held}");
    }
    compare(&owner, 3, "7.998").await;
    assert_eq!(halted(&owner).await.len(), 1);
    let ended = "update chain.coins set is_halted = false, halt_reason = null;
        update chain.payments set state = 'failed', ended_at = now()";
    owner.batch_execute(ended).await.expect("ended");
    compare(&owner, 3, "9.999").await;
    assert_eq!(
        halted(&owner).await.len(),
        1,
        "an ended one explains nothing"
    );
    database.drop().await;
}

#[tokio::test]
async fn ether_that_no_transfer_explains_is_told_and_may_not_shrink() {
    let (database, owner) = stage().await;
    let evm = "update chain.networks set family = 'evm', chain = '31337'";
    owner.batch_execute(evm).await.expect("a network");
    for held in ["11", "12", "12", "12"] {
        compare(&owner, 3, held).await;
        assert!(halted(&owner).await.is_empty(), "{held}");
    }
    let told = "select (payload ->> 'change') || ' ' || (payload ->> 'amount')
        from exchange.events where stream_id = 10001";
    assert_eq!(rows(&owner, told).await, ["gain_unexplained 2.00000000"]);
    // Booked, it is explained.
    let book = "select proof.book_loss('bitcoin', 'hot', 'BTC', sha256('x'), -0.5, 'a reward')";
    owner.batch_execute(book).await.expect("booked");
    compare(&owner, 3, "12").await;
    compare(&owner, 3, "12").await;
    assert!(halted(&owner).await.is_empty(), "nothing is missing");
    compare(&owner, 3, "11.9").await;
    compare(&owner, 3, "11.9").await;
    assert_eq!(
        halted(&owner).await.len(),
        1,
        "a gain that shrinks is a loss"
    );
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_coin_that_nobody_compares_is_told_and_halts_nothing() {
    let (database, owner) = stage().await;
    let missing = "select count(*) from checks.coins_are_compared";
    assert_eq!(number(&owner, missing).await, 0, "the wallet is new");
    let old = "update chain.wallets set created_at = now() - interval '16 minutes'";
    owner.batch_execute(old).await.expect("an old wallet");
    assert_eq!(number(&owner, missing).await, 1);
    let output = tests::worker::run(&database, &["upkeep", "--once"], &[]).expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("coins_are_compared"), "{said}");
    let networks = "select count(*) from chain.networks where is_halted";
    assert_eq!(number(&owner, networks).await, 0);
    compare(&owner, 3, "10").await;
    assert_eq!(number(&owner, missing).await, 0);
    database.drop().await;
}

#[tokio::test]
async fn a_loss_that_is_booked_makes_the_books_agree_at_the_cost_of_the_house() {
    let (database, owner) = stage().await;
    let lose = "select proof.book_loss('bitcoin', 'hot', 'BTC', sha256('theft'), 0.5, 'stolen')";
    owner.batch_execute(lose).await.expect("booked");
    assert_eq!(compare(&owner, 3, "9.5").await, ["0.00000000 false"]);
    let capital = "select sum(l.amount)::text from exchange.ledger l
        join exchange.accounts a using (account_id) where a.role = 'capital'";
    assert_eq!(rows(&owner, capital).await, ["9.5"]);
    for wrong in [
        "select proof.book_loss('bitcoin', 'cold', 'BTC', sha256('x'), 1, 'stolen')",
        "select proof.book_loss('bitcoin', 'hot', 'BTC', sha256('x'), 0.000000001, 'stolen')",
        "select proof.book_loss('bitcoin', 'hot', 'BTC', sha256('x'), 1, '')",
    ] {
        refusal(&owner, wrong).await;
    }
    checks::assert_clean(&owner).await;
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_violated_check_halts_every_network() {
    let (database, owner) = stage().await;
    let spoil = "update exchange.balances set available = available + 1 where asset_id = 1";
    owner.batch_execute(spoil).await.expect("spoilt");
    let _worker = Worker::start(&database, "upkeep").expect("it starts");
    let halted = "select count(*) from chain.networks where is_halted and halt_reason like
        'the check % is violated'";
    wait::until("the network is halted", async || {
        number(&owner, halted).await == 1
    })
    .await;
    let told = "select payload ->> 'change' from exchange.events where stream_id = 10001";
    assert_eq!(rows(&owner, told).await, ["withdrawals_halted"]);
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_halted_while_the_checks_are_empty() {
    let (database, owner) = stage().await;
    let output = tests::worker::run(&database, &["upkeep", "--once"], &[]).expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let halted = "select count(*) from chain.networks where is_halted";
    assert_eq!(number(&owner, halted).await, 0);
    database.drop().await;
}

/// Totals and changes as the comparison has them, and how many changes wait to be added.
const COUNTED: &str = "select concat_ws(' ', term, trim_scale(sum(amount))) from (
        select term, amount from proof.fact_totals union all
        select term, amount from proof.fact_changes) c
    group by term having sum(amount) <> 0 order by term";

#[tokio::test]
async fn a_comparison_reads_what_changed_and_not_every_fact() {
    let (database, owner) = stage().await;
    assert_eq!(compare(&owner, 3, "10").await, ["0.00000000 false"]);
    assert_eq!(rows(&owner, COUNTED).await, ["reserves 10"]);
    let changes = "select count(*) from proof.fact_changes";
    assert_eq!(number(&owner, changes).await, 0, "added to the totals");
    // A fact that nothing counted: the comparison does not see it, the check does.
    let hidden = "set session_replication_role = replica;
        update exchange.reserve_entries set amount = 12;
        set session_replication_role = origin";
    owner.batch_execute(hidden).await.expect("hidden");
    assert_eq!(compare(&owner, 3, "10").await, ["0.00000000 false"]);
    let found = "select concat_ws(' ', term, trim_scale(counted), trim_scale(facts))
        from checks.fact_totals_equal_facts";
    assert_eq!(rows(&owner, found).await, ["reserves 10 12"]);
    let right = "set session_replication_role = replica;
        update exchange.reserve_entries set amount = 10;
        set session_replication_role = origin";
    owner.batch_execute(right).await.expect("put right");
    checks::assert_clean(&owner).await;
    // What comes meanwhile counts at once, and in its own transaction alone.
    let (one, two) = (database.owner().await, database.owner().await);
    let lose = "select proof.book_loss('bitcoin', 'hot', 'BTC', sha256('theft'), 0.5, 'stolen')";
    one.batch_execute("begin").await.expect("begun");
    one.batch_execute(lose).await.expect("booked");
    assert_eq!(compare(&two, 3, "10").await, ["0.00000000 false"]);
    one.batch_execute("commit").await.expect("committed");
    assert_eq!(compare(&two, 3, "9.5").await, ["0.00000000 false"]);
    checks::assert_clean(&owner).await;
    database.drop().await;
}

#[tokio::test]
async fn a_payment_is_left_out_once_all_of_it_is_in_the_ledger() {
    let (database, owner) = stage().await;
    let mined = "
        with paid as (
            insert into chain.payments (network_id, purpose, state, asset_id, amount, plan,
                ended_at)
            values (1, 'cold', 'confirmed', 1, 1, '{}', now()) returning payment_id)
        insert into chain.attempts (payment_id, network_id, number, unsigned, raw, txid, fee_rate,
            fee, state, block_hash, block_height, is_success, signed_at, broadcast_at)
        select payment_id, 1, 1, 'u', 'r', sha256('t'), 1, 0.1, 'mined', sha256(int4send(2)), 2,
            true, now(), now()
        from paid";
    owner.batch_execute(mined).await.expect("mined");
    let even = "select count(*) from chain.payments where is_even";
    // Its fee has left the chain and is not in the ledger yet.
    for _ in 0..2 {
        assert_eq!(compare(&owner, 3, "9.9").await, ["0.00000000 false"]);
        assert_eq!(number(&owner, even).await, 0);
    }
    let ignored = "update chain.payments set is_even = true";
    owner.batch_execute(ignored).await.expect("ignored");
    let found = "select term from checks.fact_totals_equal_facts";
    assert_eq!(rows(&owner, found).await, ["payments"]);
    let booked = "update chain.payments set is_even = false;
        select chain.book_costs(array_agg(payment_id)) from chain.payments";
    owner.batch_execute(booked).await.expect("booked");
    assert_eq!(compare(&owner, 3, "9.9").await, ["0.00000000 false"]);
    assert_eq!(number(&owner, even).await, 1);
    // Its block goes: the attempt is open again, and costs nothing until it is mined again.
    let undone = "update chain.blocks set is_active = false where height >= 2;
        select chain.reopen_attempts(1)";
    owner.batch_execute(undone).await.expect("undone");
    assert_eq!(number(&owner, even).await, 0);
    checks::assert_clean(&owner).await;
    database.drop().await;
}
