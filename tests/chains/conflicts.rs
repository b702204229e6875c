//! A transaction that is none of ours spends what a payment was to spend: the payment is given up
//! when that is final, never before, and is paid where the other is undone.

use bitcoin::Transaction;
use bitcoin::consensus::encode::deserialize_hex;
use tests::arrivals::{ask, available_of, open_accounts, until_it_says};
use tests::chain_fixture::list_bitcoin;
use tests::checks::assert_clean;
use tests::comparison::{compare, newest};
use tests::database::Database;
use tests::house::{ask_withdrawal, fund};
use tests::looks::payments_have_looked;
use tests::paying_bitcoin::{FINAL, PayingBitcoin, receiver};
use tests::purse::Purse;
use tests::wait;
use tests::worker::Worker;
use tokio_postgres::Client;

/// Who is paid by us, and by the others.
const OURS: u8 = 40;
const THEIRS: u8 = 41;

/// Withdrawals of 0.9 BTC each, which take all four outputs of the hot wallet.
const TOGETHER: usize = 4;

/// Another exchange that has the same keys, and knows nothing of the first.
struct Twin {
    owner: Client,
    _workers: [Worker; 4],
}

impl Twin {
    /// It pays all that the hot wallet has, and offers miners more.
    async fn start(paying: &PayingBitcoin) -> Twin {
        let database = Database::fresh().await;
        let owner = database.owner().await;
        list_bitcoin(&owner).await;
        let account = open_accounts(&owner, 1).await;
        let house = &paying.house;
        house.settle_bitcoin(&database).expect("a wallet");
        let mut settings = paying.world.settings();
        let watcher = Worker::start_with(&database, "bitcoin", &settings).expect("it starts");
        settings.push(("EXCHANGE_MIN_SATS_PER_KVB", "50000".to_owned()));
        let [a, b] = house.signers(&database);
        fund(&owner, account, "BTC", "10").await;
        // It plans once all of them are there, together.
        let to = receiver(THEIRS);
        for _ in 0..TOGETHER {
            ask_withdrawal(&owner, account, "BTC", to.as_bytes(), "0.9").await;
        }
        let payments = house.payments(&database, &settings);
        Twin {
            owner,
            _workers: [watcher, payments, a, b],
        }
    }

    /// The hash of what it has sent.
    async fn sent(&self) -> String {
        let text = "select encode(txid, 'hex') from chain.attempts where state = 'broadcast'";
        wait::until("the other exchange has sent", async || {
            !ask(&self.owner, text).await.is_empty()
        })
        .await;
        ask(&self.owner, text).await
    }
}

/// How many withdrawals are in which state.
const STATES: &str = "select string_agg(found, ', ') from (
    select count(*) || ' ' || state as found from exchange.withdrawals group by state) counted";

/// A payment of ours that was sent, and the other transaction, which has its place in the mempool.
async fn conflict(name: &str) -> (PayingBitcoin, [Worker; 3], Twin, String) {
    let paying = PayingBitcoin::start(name).await;
    let [a, b] = paying.house.signers(&paying.world.database);
    for _ in 0..TOGETHER {
        paying.withdraw(&receiver(OURS), "0.9").await;
    }
    let payments = paying.pays(&[]);
    until_it_says(&paying.world.owner, STATES, "4 broadcast").await;
    let twin = Twin::start(&paying).await;
    let theirs = twin.sent().await;
    let mempool = paying.world.node.mempool().await.expect("an answer");
    assert_eq!(mempool.len(), 1, "it has replaced ours");
    assert_eq!(mempool[0].to_string(), theirs);
    (paying, [a, b, payments], twin, theirs)
}

#[tokio::test]
async fn what_another_transaction_has_spent_is_refunded_once_that_is_final() {
    let (paying, _workers, twin, theirs) = conflict("bitcoin_conflict").await;
    let owner = &paying.world.owner;
    let available = available_of(paying.world.account(0), "BTC");
    paying.mined(FINAL - 1).await;
    let spent = "select count(*)::text from chain.outputs
        where payment_id is not null and spent_height is not null";
    until_it_says(owner, spent, "4").await;
    payments_have_looked(&paying.world.database).await;
    assert_eq!(ask(owner, STATES).await, "4 broadcast", "not final yet");
    assert_eq!(ask(owner, &available).await, "6.3996");
    drop(twin);
    paying.mined(1).await;
    until_it_says(owner, STATES, "4 failed").await;
    assert_eq!(ask(owner, &available).await, "10", "refunded");
    let reason = "select state || ' ' || end_reason from chain.payments";
    let said = format!("failed its outputs were spent by {theirs}");
    assert_eq!(ask(owner, reason).await, said);
    assert_eq!(paying.holds(THEIRS).await, "3.6");

    // What was taken is a loss, which the comparison finds and an operator books.
    compare(&paying.world.database, &paying.world.settings());
    let apart = newest(owner, "BTC").await;
    let loss = apart.split(" -").nth(1).expect("less than there should be");
    assert!(loss.starts_with("3.6"), "with their fee: {apart}");
    let book = format!(
        "select proof.book_loss('bitcoin', 'hot', 'BTC', decode('{theirs}', 'hex'), {loss},
             'taken')"
    );
    owner.batch_execute(&book).await.expect("booked");
    // Their change came to the same wallet, and pays the next one; the first are never paid.
    let next = paying.withdraw(&receiver(OURS), "0.1").await;
    paying.until(next, "broadcast").await;
    paying.mined(FINAL).await;
    paying.until(next, "confirmed").await;
    assert_eq!(paying.holds(OURS).await, "0.1");
    paying.assert_agreed().await;
}

#[tokio::test]
async fn what_another_transaction_had_spent_is_paid_where_that_is_undone() {
    let (paying, _workers, twin, _) = conflict("bitcoin_conflict_undone").await;
    let owner = &paying.world.owner;
    paying.mined(FINAL - 1).await;
    let spent = "select count(*)::text from chain.outputs
        where payment_id is not null and spent_height is not null";
    until_it_says(owner, spent, "4").await;
    drop(twin);
    let raw = "select encode(raw, 'hex') from chain.attempts";
    let ours: Transaction = deserialize_hex(&ask(owner, raw).await).expect("a transaction");
    let node = &paying.world.node;
    node.drop_blocks(u64::from(FINAL) - 1)
        .await
        .expect("dropped");
    let miner = Purse::new(252).address().clone();
    node.mine_only(&miner, &[ours]).await.expect("mined");
    paying.mined(FINAL - 1).await;
    until_it_says(owner, STATES, "4 confirmed").await;
    assert_eq!(paying.holds(OURS).await, "3.6");
    assert_eq!(paying.holds(THEIRS).await, "0.0");
    let available = available_of(paying.world.account(0), "BTC");
    assert_eq!(ask(owner, &available).await, "6.3996");
    assert_clean(owner).await;
    paying.assert_agreed().await;
}
