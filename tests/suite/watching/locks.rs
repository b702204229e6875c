//! Crediting and asking for withdrawals wait for each other, and neither for ever.

use tests::arrivals::open_accounts;
use tests::chain_fixture::list_bitcoin;
use tests::database::Database;
use tests::many_deposits::{give_addresses, note_sources, read_block};
use tests::trading::number;
use tests::wait;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_whose_first_deposit_meets_a_rule_waits_without_the_stream() {
    let database = Database::fresh().await;
    let mut owner = database.owner().await;
    list_bitcoin(&owner).await;
    open_accounts(&owner, 1).await;
    give_addresses(&owner, 2).await.expect("addresses");
    let rule = "select risk.publish_rule('somebodys', 'deposit', 'blacklisted_address', '{}',
            'hold', 'BLACKLISTED_SOURCE');
        insert into risk.blacklist (wallet, because) values ('somebody', 'stolen')";
    owner.batch_execute(rule).await.expect("a rule");
    for (height, ours) in [(0, 0), (1, 2), (2, 0)] {
        let block = read_block(&owner, height, ours.max(1), ours, 2).await;
        block.expect("the block follows");
    }
    note_sources(&owner).await.expect("noted");
    // As somebody who asks for a withdrawal: the account, and later the stream.
    let asking = owner.transaction().await.expect("begins");
    let lock = "select account_id from exchange.accounts
        where account_id = (select max(account_id) from exchange.deposits) for no key update";
    asking.query_one(lock, &[]).await.expect("locked");
    let watcher = database.owner().await;
    let confirming = tokio::spawn(async move {
        let text = "select chain.confirm_deposits(1, 10)::bigint";
        number(&watcher, text).await
    });
    let other = database.owner().await;
    wait::until("the watcher waits for the account", async || {
        let waiting = "select count(*) from pg_locks where not granted
            and pid in (select pid from pg_stat_activity where datname = current_database())";
        number(&other, waiting).await > 0
    })
    .await;
    let tell = "select exchange.append_event('risk', '{}')::text";
    let told = asking.batch_execute(tell).await;
    told.expect("the stream is free while the watcher waits");
    asking.commit().await.expect("commits");
    assert_eq!(confirming.await.expect("it ends"), 2);
    database.drop().await;
}
