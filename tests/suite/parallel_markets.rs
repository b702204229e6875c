//! Markets in parallel that share the same few accounts: no deadlock in a million operations.

use serde_json::json;
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{number, submit};

const OPERATIONS: u64 = 1_000_000;
const BATCH: usize = 1024;
const ACCOUNTS: i64 = 6;
/// One session a market, and one that trades in all of them at once.
const SESSIONS: [&[&str]; 4] = [
    &["BTC/USDT"],
    &["ETH/USDT"],
    &["ETH/BTC"],
    &["ETH/BTC", "BTC/USDT", "ETH/USDT"],
];

struct Done {
    operations: u64,
    accepted: u64,
    retried: u64,
}

async fn trade(database: Database, index: usize, first: i64) -> Done {
    let client = database.trader().await;
    let name = format!("s{index}");
    let accounts = first..first + ACCOUNTS;
    let mut stream = RandomCommands::new(&name, index as u64, SESSIONS[index], accounts.clone());
    let mut done = Done {
        operations: 0,
        accepted: 0,
        retried: 0,
    };
    while done.operations < OPERATIONS / SESSIONS.len() as u64 {
        let mut batch = stream.batch(BATCH);
        // The books would fill up otherwise.
        let account = accounts.start + (done.operations / BATCH as u64) as i64 % ACCOUNTS;
        for market in SESSIONS[index] {
            let command = json!({ "verb": "cancel_all", "account_id": account, "market": market });
            batch.push(command);
        }
        let outcomes = match submit(&client, &batch).await {
            Ok(outcomes) => outcomes,
            // A balance that this batch needs was spent by another market: allowed, not a deadlock.
            Err(error) if error.code().is_some_and(|code| code.code() == "40001") => {
                done.retried += 1;
                continue;
            }
            Err(error) => panic!("session {index}: {error:?}"),
        };
        stream.learn(&batch, &outcomes);
        done.operations += outcomes.len() as u64;
        done.accepted += outcomes
            .iter()
            .filter(|outcome| outcome.get("reject").is_none())
            .count() as u64;
    }
    done
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_million_operations_in_parallel_markets_meet_no_deadlock() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, ACCOUNTS).await;
    let tasks: Vec<_> = (0..SESSIONS.len())
        .map(|index| tokio::spawn(trade(database.clone(), index, first)))
        .collect();
    let mut total = Done {
        operations: 0,
        accepted: 0,
        retried: 0,
    };
    for task in tasks {
        let done = task.await.expect("the session ends well");
        total.operations += done.operations;
        total.accepted += done.accepted;
        total.retried += done.retried;
    }
    assert!(total.operations >= OPERATIONS);
    assert!(
        total.accepted > OPERATIONS / 2,
        "only {} were accepted",
        total.accepted
    );
    assert!(
        total.retried < 100,
        "{} batches had to be repeated",
        total.retried
    );
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(number(&owner, deadlocks).await, 0);
    assert_clean(&owner).await;
    drop(owner);
    database.drop().await;
}
