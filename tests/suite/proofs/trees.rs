//! The tree that the database builds is that of the pure crate, whatever its size.

use std::collections::BTreeMap;

use chain::liabilities::{self, Node, ProofReject};
use serde_json::json;
use tests::database::Database;
use tests::fixture::{self, populate};
use tests::trading::{limit, must, number, refusal, rows};
use tests::{checks, wait};
use tokio_postgres::Client;

use super::stage::{leaves, make, path, root};

/// More than a page of leaves, and an odd number of them.
const MANY: i64 = 1031;
/// One account in so many is asked for its path where there are many.
const SAMPLE: i64 = 97;

/// Accounts with balances and nothing behind them, so many for each asset.
async fn stage(owner: &Client, sizes: [i64; 3]) {
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    let most = sizes.into_iter().max().expect("three");
    let mut text = format!(
        "insert into exchange.accounts (email)
         select 'leaf' || n || '@example.com' from generate_series(1, {most}) n;"
    );
    for (asset, size) in (1..).zip(sizes) {
        // Beyond 64 bits in atoms of ETH.
        text.push_str(&format!(
            "insert into exchange.balances (account_id, asset_id, available, held)
             select account_id, {asset}, 1000000 + row_number() over (order by account_id), 0.000001
             from exchange.accounts where role = 'user' order by account_id limit {size};"
        ));
    }
    owner.batch_execute(&text).await.expect("balances");
}

#[tokio::test]
async fn every_account_finds_its_path_whatever_the_size_of_the_tree() {
    for sizes in [[1, 2, 3], [4, 5, 7], [8, 9, MANY], [1024, 1025, 0]] {
        let database = Database::fresh().await;
        let (owner, trader) = (database.owner().await, database.trader().await);
        stage(&owner, sizes).await;
        let proof = make(&owner).await;
        for (asset, size) in ["BTC", "ETH", "USDT"].into_iter().zip(sizes) {
            let published = root(&owner, proof, asset).await;
            let leaves = leaves(&owner, proof, asset).await;
            assert_eq!(leaves.len() as i64, size, "{asset} of {sizes:?}");
            let levels = liabilities::levels(&leaves).expect("a tree");
            assert_eq!(
                Some(&vec![published]),
                levels.last(),
                "{asset} of {sizes:?}"
            );
            assert!(leaves.is_sorted_by_key(|leaf| leaf.salt), "{asset}");
            for (index, leaf) in leaves.iter().enumerate() {
                let is_asked = size < 10 || index as i64 % SAMPLE == 0 || index as i64 > size - 3;
                if is_asked {
                    let account = leaf.account_id as i64;
                    let given = path(&trader, account, proof, asset).await;
                    assert_eq!(given.leaf, *leaf);
                    assert_eq!(Some(given.path.clone()), liabilities::path(&levels, index));
                    assert_eq!(
                        given.verify(&published),
                        Ok(()),
                        "{asset} {index} of {size}"
                    );
                }
            }
        }
        let whole = "select count(*) from checks.proofs_are_whole";
        assert_eq!(number(&owner, whole).await, 0);
        database.drop().await;
    }
}

#[tokio::test]
async fn nothing_owed_has_the_empty_root() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("markets");
    let proof = make(&owner).await;
    for asset in ["BTC", "ETH", "USDT"] {
        assert_eq!(root(&owner, proof, asset).await, Node::EMPTY);
    }
    database.drop().await;
}

#[tokio::test]
async fn a_changed_balance_salt_account_or_path_proves_nothing() {
    let database = Database::fresh().await;
    let (owner, trader) = (database.owner().await, database.trader().await);
    stage(&owner, [7, 7, 7]).await;
    let proof = make(&owner).await;
    let published = root(&owner, proof, "BTC").await;
    let account = leaves(&owner, proof, "BTC").await[3].account_id as i64;
    let given = path(&trader, account, proof, "BTC").await;
    let wrong = Err(ProofReject::AnotherRoot);
    let mut changed = given.clone();
    changed.leaf.sum -= 1;
    assert_eq!(changed.verify(&published), wrong, "less");
    let mut changed = given.clone();
    changed.leaf.salt[0] ^= 1;
    assert_eq!(changed.verify(&published), wrong, "another salt");
    let mut changed = given.clone();
    changed.leaf.account_id += 1;
    assert_eq!(changed.verify(&published), wrong, "another account");
    let mut changed = given.clone();
    changed.path[0].node.sum += 1;
    assert_eq!(changed.verify(&published), wrong, "a neighbour's sum");
    let mut changed = given.clone();
    changed.path.swap(0, 1);
    assert_eq!(changed.verify(&published), wrong, "another order");
    let mut less = published;
    less.sum -= 1;
    assert_eq!(
        given.verify(&less),
        wrong,
        "a smaller sum than what is owed"
    );
    database.drop().await;
}

#[tokio::test]
async fn two_proofs_of_the_same_balances_share_no_hash() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    stage(&owner, [5, 5, 5]).await;
    let (one, two) = (make(&owner).await, make(&owner).await);
    let (one, two) = (
        root(&owner, one, "BTC").await,
        root(&owner, two, "BTC").await,
    );
    assert_eq!(one.sum, two.sum);
    assert_ne!(one.hash, two.hash);
    // Trees of one proof do not either: who has the same of two assets is not seen.
    let secrets = "select count(distinct secret) from proof.roots";
    assert_eq!(number(&owner, secrets).await, 6);
    database.drop().await;
}

#[tokio::test]
async fn a_negative_balance_makes_no_proof() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    populate(&owner, 2).await;
    // The sum of all is positive; one account is not.
    let spoil = "update exchange.adjustments set adjusted_at = now() - interval '2 hours'
            where account_id = (select max(account_id) from exchange.accounts);
        insert into exchange.adjustments
        (account_id, asset_id, amount, counter_account_id, reason, idempotency_key, adjusted_at)
        select min(a.account_id), 1, -5, (select account_id from exchange.accounts
            where role = 'external'), 'spoilt', 'spoilt', now() - interval '1 hour'
        from exchange.accounts a where a.role = 'user'";
    owner.batch_execute(spoil).await.expect("spoilt");
    let past = "select proof.liabilities(now() - interval '30 minutes')";
    let (code, words) = refusal(&owner, past).await;
    assert_eq!(code, "23514", "{words}");
    assert!(words.contains("pages_leaves_not_negative"), "{words}");
    assert_eq!(
        number(&owner, "select count(*) from proof.proofs").await,
        0,
        "nothing is half done"
    );
    database.drop().await;
}

#[tokio::test]
async fn a_past_moment_has_the_balances_of_then_and_the_newest_minute_is_none() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = populate(&owner, 3).await;
    let then = format!(
        "update exchange.adjustments set adjusted_at = now() - interval '2 hours';
         select exchange.adjust_balance({first}, 'BTC', 5, 'test', 'later')"
    );
    owner.batch_execute(&then).await.expect("five more now");
    let now = make(&owner).await;
    let past = "select proof.liabilities(now() - interval '1 hour')";
    let past = number(&owner, past).await;
    let older = "select proof.liabilities(now() - interval '3 hours')";
    let older = number(&owner, older).await;
    let sum = async |proof| root(&owner, proof, "BTC").await.sum / 100_000_000;
    assert_eq!(
        [sum(now).await, sum(past).await, sum(older).await],
        [3_000_005, 3_000_000, 0]
    );
    let young = "select proof.liabilities(now() - interval '30 seconds')";
    assert_eq!(refusal(&owner, young).await.0, "22023");
    database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_beside_running_trade_sums_to_the_ledger() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = populate(&owner, 4).await;
    let all = "select symbol || ' ' || sum(available + held)
        from exchange.balances join exchange.assets using (asset_id)
        group by symbol order by symbol";
    let before = rows(&owner, all).await;
    let trading = tokio::spawn(trade(database.clone(), first));
    let traded = "select count(*) from exchange.trades";
    for proofs in 1..=10 {
        wait::until("there was trade", async || {
            number(&owner, traded).await >= proofs * 5
        })
        .await;
        make(&owner).await;
    }
    trading.await.expect("it traded");
    // Trade moves money between users, and fees to the house: each snapshot has all of it.
    let proofs = "select p.proof_id || ' ' || a.symbol || ' ' || (r.sum + r.house_amount)
        from proof.proofs p join proof.roots r using (proof_id)
        join exchange.assets a using (asset_id)
        order by p.proof_id, a.symbol";
    let mut by_proof: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for row in rows(&owner, proofs).await {
        let (proof, rest) = row.split_once(' ').expect("words");
        by_proof
            .entry(proof.to_owned())
            .or_default()
            .push(rest.to_owned());
    }
    assert_eq!(by_proof.len(), 10);
    for (proof, sums) in by_proof {
        assert_eq!(sums, before, "proof {proof}");
    }
    let fees = "select count(distinct house_amount) from proof.roots where asset_id = 3";
    assert!(number(&owner, fees).await > 1, "the house took fees");
    checks::assert_clean(&owner).await;
    database.drop().await;
}

/// Buys and sells between the accounts.
async fn trade(database: Database, first: i64) {
    let trader = database.trader().await;
    for round in 0..60 {
        let (seller, buyer) = (first + round % 4, first + (round + 1) % 4);
        must(&trader, limit(seller, "BTC/USDT", "sell", "1.5", "100")).await;
        let mut taker = limit(buyer, "BTC/USDT", "buy", "1.5", "100");
        taker["time_in_force"] = json!("ioc");
        must(&trader, taker).await;
    }
}
