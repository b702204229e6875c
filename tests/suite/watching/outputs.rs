//! Outputs that a payment has reserved are free again once the payment cannot spend them.

use tests::arrivals::ask;
use tests::chain_fixture::list_bitcoin;
use tests::database::Database;
use tests::many_deposits::{give_addresses, read_block};
use tests::trading::number;
use tokio_postgres::Client;

/// Bitcoin with a hot wallet, three outputs of it and blocks 0 to 20.
async fn stage() -> (Database, Client) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    list_bitcoin(&owner).await;
    let text = "insert into chain.wallets (network_id, role, address, script)
            values (1, 'hot', 'hot', decode(repeat('aa', 34), 'hex'));
        insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
        select 1, n, sha256(int8send(n)), sha256(int8send(n - 1)), now()
        from generate_series(0, 20) n;
        insert into chain.outputs (network_id, txid, output_index, amount, wallet_id, block_hash,
            block_height)
        select 1, sha256(name::bytea), 0, 1, (select wallet_id from chain.wallets),
            sha256(int8send(1)), 1 from unnest(array['a', 'b', 'c']) name";
    owner.batch_execute(text).await.expect("a wallet");
    (database, owner)
}

/// A payment that has reserved these outputs, with two versions that a node has.
async fn pay(owner: &Client, purpose: &str, outputs: &[&str]) -> i64 {
    let text = format!(
        "insert into chain.payments (network_id, purpose, state, asset_id, amount, plan)
         values (1, '{purpose}', 'broadcast', 1, 1, '{{}}') returning payment_id"
    );
    let payment = number(owner, &text).await;
    let text = format!(
        "insert into chain.attempts (payment_id, network_id, number, state, unsigned, raw, txid,
            fee_rate, fee)
         select {payment}, 1, n, 'broadcast', '', '\\x01', sha256(('{payment} ' || n)::bytea), 1, 0
         from generate_series(1, 2) n"
    );
    owner.batch_execute(&text).await.expect("versions");
    for output in outputs {
        let text = format!(
            "update chain.outputs set payment_id = {payment} where txid = sha256('{output}')"
        );
        owner.batch_execute(&text).await.expect("reserved");
    }
    payment
}

/// Says which version spends an output, in which block if in any.
async fn spend(owner: &Client, output: &str, by: &str, height: &str) {
    let text = format!(
        "update chain.outputs set spent_txid = sha256('{by}'), spent_height = {height}
         where txid = sha256('{output}')"
    );
    owner.batch_execute(&text).await.expect("spent");
}

/// A block holds a version of a payment.
async fn mine(owner: &Client, payment: i64, version: i64, height: i64) {
    let text = format!(
        "update chain.attempts set state = 'replaced', is_success = null, block_hash = null,
            block_height = null where payment_id = {payment};
         update chain.attempts set state = 'mined', is_success = true,
            block_hash = sha256(int8send({height})), block_height = {height}
         where payment_id = {payment} and number = {version}"
    );
    owner.batch_execute(&text).await.expect("mined");
}

async fn is_free(owner: &Client, output: &str) -> bool {
    let text = format!(
        "select count(*) from chain.free_outputs(1, 'hot') where txid = sha256('{output}')"
    );
    number(owner, &text).await == 1
}

async fn failed(owner: &Client) -> i64 {
    number(owner, "select chain.fail_conflicts(1)").await
}

const STATE: &str = "select state from chain.payments order by payment_id limit 1";

#[tokio::test]
async fn what_a_version_of_a_lost_block_had_spent_is_free_once_another_is_final() {
    let (database, owner) = stage().await;
    let payment = pay(&owner, "cold", &["a", "b"]).await;
    // Version 2 was mined and undone, version 1 spends less and is final.
    spend(&owner, "a", &format!("{payment} 1"), "10").await;
    spend(&owner, "b", &format!("{payment} 2"), "null").await;
    mine(&owner, payment, 1, 10).await;
    let settled = "select chain.settle_payments(1, 10)";
    assert_eq!(number(&owner, settled).await, 1);
    assert!(!is_free(&owner, "a").await);
    assert!(is_free(&owner, "b").await);
    database.drop().await;
}

#[tokio::test]
async fn what_a_payment_that_failed_had_spent_for_a_while_is_free() {
    let (database, owner) = stage().await;
    let payment = pay(&owner, "cold", &["a", "b"]).await;
    spend(&owner, "a", "a stranger", "10").await;
    spend(&owner, "b", &format!("{payment} 2"), "null").await;
    assert_eq!(failed(&owner).await, 1);
    assert_eq!(ask(&owner, STATE).await, "failed");
    assert!(is_free(&owner, "b").await);
    database.drop().await;
}

#[tokio::test]
async fn a_sweep_ends_once_an_output_of_it_has_vanished_for_good() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    list_bitcoin(&owner).await;
    give_addresses(&owner, 4).await.expect("addresses");
    for (height, ours) in [(0, 0), (1, 2), (2, 0)] {
        let block = read_block(&owner, height, ours.max(1), ours, 4).await;
        block.expect("the block follows");
    }
    let payment = pay(&owner, "sweep", &[]).await;
    let reserve = format!("update chain.outputs set payment_id = {payment}");
    owner.batch_execute(&reserve).await.expect("reserved");
    let undone = "select chain.reorganise(1, sha256(int8send(2)), 0)::text";
    assert_eq!(ask(&owner, undone).await, "true");
    // One of the two is mined again, the other never.
    let again = "update chain.outputs o
        set block_hash = b.hash, block_height = b.height, lost_height = null
        from chain.blocks b
        where b.height = 0 and o.txid = (select txid from chain.outputs limit 1)";
    owner.batch_execute(again).await.expect("mined again");
    for height in 1..=6 {
        assert_eq!(failed(&owner).await, 0, "{height} blocks");
        let block = format!(
            "insert into chain.blocks (network_id, height, hash, parent_hash, mined_at)
             values (1, {height}, sha256('new {height}'), sha256('x'), now())"
        );
        owner.batch_execute(&block).await.expect("a block");
    }
    assert_eq!(failed(&owner).await, 1);
    let reserved = "select count(*) from chain.outputs where payment_id is not null";
    assert_eq!(number(&owner, reserved).await, 0);
    database.drop().await;
}

#[tokio::test]
async fn a_withdrawal_ends_only_where_what_it_spends_can_never_be_there() {
    let (database, owner) = stage().await;
    let parent = pay(&owner, "cold", &["a"]).await;
    let payment = pay(&owner, "withdrawal", &["b", "c"]).await;
    // It spends the change of version 1 of a payment whose version 2 is mined.
    let lose = format!(
        "update chain.outputs set txid = sha256('{parent} 1'), block_hash = null,
            block_height = null, lost_height = 1 where txid = sha256('b')"
    );
    owner.batch_execute(&lose).await.expect("lost");
    assert_eq!(failed(&owner).await, 0, "it may come back");
    mine(&owner, parent, 2, 16).await;
    assert_eq!(failed(&owner).await, 0, "not final");
    mine(&owner, parent, 2, 15).await;
    assert_eq!(failed(&owner).await, 1);
    let state = format!("select state from chain.payments where payment_id = {payment}");
    assert_eq!(ask(&owner, &state).await, "failed");
    assert!(is_free(&owner, "c").await);
    database.drop().await;
}

#[tokio::test]
async fn one_payment_ends_a_transaction() {
    let (database, owner) = stage().await;
    for output in ["a", "b"] {
        pay(&owner, "withdrawal", &[output]).await;
        spend(&owner, output, "a stranger", "10").await;
    }
    for left in [1, 0] {
        assert_eq!(failed(&owner).await, 1);
        let open = "select count(*) from chain.payments where ended_at is null";
        assert_eq!(number(&owner, open).await, left);
    }
    for _ in 0..2 {
        let payment = pay(&owner, "withdrawal", &[]).await;
        let refuse = format!(
            "update chain.attempts set raw = null, txid = null, state = 'unsigned'
                where payment_id = {payment};
             insert into chain.signings (payment_id, signer, kind, state, refusal, ended_at)
             values ({payment}, 'a', 'hot_outputs', 'refused', 'no', now())"
        );
        owner.batch_execute(&refuse).await.expect("refused");
    }
    let dropped = "select chain.drop_refused_payments(1)";
    for wanted in [1, 1, 0] {
        assert_eq!(number(&owner, dropped).await, wanted);
    }
    database.drop().await;
}

#[tokio::test]
async fn what_waits_to_be_paid_is_wanted_beside_the_floor() {
    let (database, owner) = stage().await;
    let account = tests::arrivals::open_accounts(&owner, 1).await;
    tests::house::fund(&owner, account, "BTC", "20").await;
    let look = "select coalesce(chain.note_hot_balance(1, 1, '500000000'), 'nothing')";
    assert_eq!(ask(&owner, look).await, "nothing", "the floor is 1 BTC");
    tests::house::ask_withdrawal(&owner, account, "BTC", &[7; 22], "9").await;
    assert_eq!(ask(&owner, look).await, "refill_wanted");
    assert_eq!(ask(&owner, look).await, "nothing", "it was told");
    let told = "select payload ->> 'waiting' from exchange.events
        where stream_id = 10001 and payload ->> 'change' = 'refill_wanted'";
    assert_eq!(ask(&owner, told).await, "9");
    let enough = "select chain.note_hot_balance(1, 1, '1000000000')";
    assert_eq!(ask(&owner, enough).await, "refilled");
    database.drop().await;
}
