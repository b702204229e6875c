//! What a reorganisation of an EVM chain does to deposits that somebody decides about.

use tests::arrivals::ask;
use tests::checks::assert_clean;
use tests::trading::number;
use tokio_postgres::Client;

use super::{Move, ethereum, read_fork, shown};

const SENDER: [u8; 20] = [0x77; 20];

fn paid(to: [u8; 20], ether: u32) -> Move<'static> {
    Move {
        transaction: "paid",
        position: "value",
        to,
        is_token: false,
        atoms: format!("{ether}000000000000000000"),
        from: Some(shown(SENDER)),
    }
}

/// Takes back all above block 0, of which this is the highest.
async fn leave(owner: &Client, height: i64, fork: &str) {
    let text = format!("select chain.reorganise(2, sha256('{height} {fork}'), 0)::text");
    assert_eq!(ask(owner, &text).await, "true");
}

/// Reads empty blocks of a fork.
async fn read_empty(owner: &Client, heights: std::ops::RangeInclusive<i64>, fork: &str) {
    for height in heights {
        assert!(read_fork(owner, height, fork, fork, &[]).await);
    }
}

async fn confirm(owner: &Client) -> i64 {
    number(owner, "select chain.confirm_deposits(2, 10)::bigint").await
}

const STATE: &str = "select state from exchange.deposits";

#[tokio::test]
async fn a_deposit_that_changes_its_amount_waits_as_long_as_the_larger_one() {
    let (database, owner, to) = ethereum().await;
    let required = "select required_confirmations::text from exchange.deposits";
    for (fork, ether, wanted) in [("", 1, "3"), ("b", 60, "12"), ("c", 1, "12")] {
        match fork {
            "" => assert!(read_fork(&owner, 0, "", "", &[]).await),
            "b" => leave(&owner, 1, "").await,
            _ => leave(&owner, 1, "b").await,
        }
        assert!(read_fork(&owner, 1, fork, "", &[paid(to, ether)]).await);
        assert_eq!(ask(&owner, required).await, wanted, "{ether} ETH");
    }
    assert_clean(&owner).await;
    database.drop().await;
}

/// An exchange that holds what this sender pays, and such a deposit in block 1 of 3.
async fn held() -> (tests::database::Database, Client, [u8; 20]) {
    let (database, owner, to) = ethereum().await;
    let rule = format!(
        "select risk.publish_rule('blacklisted_source', 'deposit', 'blacklisted_address', '{{}}',
            'hold', 'BLACKLISTED_SOURCE');
         insert into risk.blacklist (wallet, because) values ('{}', 'stolen')",
        shown(SENDER)
    );
    owner.batch_execute(&rule).await.expect("a rule");
    read_empty(&owner, 0..=0, "").await;
    assert!(read_fork(&owner, 1, "", "", &[paid(to, 1)]).await);
    read_empty(&owner, 2..=3, "").await;
    assert_eq!(confirm(&owner).await, 1);
    assert_eq!(ask(&owner, STATE).await, "suspicious");
    (database, owner, to)
}

#[tokio::test]
async fn a_suspicious_deposit_that_vanishes_is_orphaned_and_judged_anew() {
    let (database, owner, to) = held().await;
    leave(&owner, 3, "").await;
    assert_eq!(ask(&owner, STATE).await, "orphaned");
    let forgive = "update risk.blacklist set wallet = 'another'";
    owner.batch_execute(forgive).await.expect("forgiven");
    assert!(read_fork(&owner, 1, "b", "", &[paid(to, 1)]).await);
    assert_eq!(ask(&owner, STATE).await, "pending");
    read_empty(&owner, 2..=3, "b").await;
    assert_eq!(confirm(&owner).await, 1);
    assert_eq!(ask(&owner, STATE).await, "credited");
    assert_clean(&owner).await;
    database.drop().await;
}

#[tokio::test]
async fn what_goes_back_is_paid_only_while_a_block_holds_it_as_deep_as_a_large_one() {
    let (database, owner, to) = held().await;
    let refund = "insert into exchange.deposit_refunds (deposit_id, address, script)
            select deposit_id, 'back', decode(repeat('77', 20), 'hex') from exchange.deposits;
        update exchange.deposits set state = 'refunding'";
    owner.batch_execute(refund).await.expect("it goes back");
    let due = "select count(*) from chain.gathered(2, 0, 100) where deposit_id is not null";
    read_empty(&owner, 4..=11, "").await;
    assert_eq!(number(&owner, due).await, 0, "11 of 12");
    read_empty(&owner, 12..=12, "").await;
    assert_eq!(number(&owner, due).await, 1);
    leave(&owner, 12, "").await;
    assert_eq!(ask(&owner, STATE).await, "refunding");
    assert_eq!(number(&owner, due).await, 0);
    assert!(read_fork(&owner, 1, "b", "", &[paid(to, 1)]).await);
    assert_eq!(number(&owner, due).await, 0, "it came again just now");
    read_empty(&owner, 2..=12, "b").await;
    assert_eq!(number(&owner, due).await, 1, "it is as deep again");
    database.drop().await;
}

#[tokio::test]
async fn what_a_validator_takes_out_is_credited() {
    let (database, owner, to) = ethereum().await;
    let taken = Move {
        transaction: "block",
        position: "withdrawal:42",
        from: None,
        ..paid(to, 2)
    };
    read_empty(&owner, 0..=0, "").await;
    assert!(read_fork(&owner, 1, "", "", &[taken]).await);
    read_empty(&owner, 2..=3, "").await;
    assert_eq!(confirm(&owner).await, 1);
    let credited = "select position || ' ' || state from exchange.deposits";
    assert_eq!(ask(&owner, credited).await, "withdrawal:42 credited");
    assert_clean(&owner).await;
    database.drop().await;
}
