//! What is credited by the thousand takes as long for the last as for the first.

use tests::arrivals::arrived;
use tests::chain_fixture::list_bitcoin;
use tests::checks::assert_clean;
use tests::database::Database;
use tests::many_deposits::{give_addresses, note_sources, read_block};
use tokio_postgres::Transaction;

/// Deposits that are credited, and how many at once.
const DEPOSITS: i32 = 1_500;
const AT_ONCE: i32 = 500;

/// Tables that are read from end to end in this transaction, though they grow without end.
const WALKED: &str = "select coalesce(string_agg(relname || ' ' || seq_tup_read, ', '), 'none')
    from pg_stat_xact_user_tables
    where seq_tup_read > 0 and (schemaname, relname) in (
        ('exchange', 'accounts'), ('exchange', 'balances'), ('exchange', 'deposits'),
        ('exchange', 'deposit_entries'), ('exchange', 'mails'), ('exchange', 'debts'),
        ('risk', 'activities'), ('risk', 'events'), ('chain', 'addresses'), ('chain', 'blocks'),
        ('chain', 'outputs'))";

/// Rows found in indexes of activities in this transaction.
const COUNTED: &str = "select coalesce(sum(idx_tup_fetch), 0)::bigint from pg_stat_xact_user_tables
    where (schemaname, relname) = ('risk', 'activities')";

async fn counted(all: &Transaction<'_>) -> i64 {
    all.query_one(COUNTED, &[]).await.expect("counts").get(0)
}

#[tokio::test]
async fn crediting_walks_over_nothing_that_grows() {
    let database = Database::fresh().await;
    let mut owner = database.owner().await;
    list_bitcoin(&owner).await;
    let addresses = i64::from(DEPOSITS);
    give_addresses(&owner, addresses).await.expect("addresses");
    let confirm = "select chain.confirm_deposits(1, $1)";
    // A session that made its plans while there was next to nothing, as a watcher's does.
    for (height, ours) in [(0, 0), (1, 1), (2, 0), (3, DEPOSITS), (4, 0)] {
        let block = read_block(&owner, height, ours.max(1), ours, addresses).await;
        block.expect("the block follows");
        note_sources(&owner).await.expect("noted");
        if height == 2 {
            let analyse = "analyze exchange.deposits, risk.activities, exchange.mails";
            owner.batch_execute(analyse).await.expect("analysed");
            let decided = owner.query_one(confirm, &[&AT_ONCE]).await;
            assert_eq!(decided.expect("credited").get::<_, i32>(0), 1);
        }
    }
    let all = owner.transaction().await.expect("begins");
    let before = counted(&all).await;
    for part in 1..=DEPOSITS / AT_ONCE {
        let decided = all.query_one(confirm, &[&AT_ONCE]).await.expect("credited");
        assert_eq!(decided.get::<_, i32>(0), AT_ONCE);
        let walked = all.query_one(WALKED, &[]).await.expect("counts");
        assert_eq!(walked.get::<_, &str>(0), "none", "batch {part}");
        let read = counted(&all).await - before;
        let most = i64::from(3 * part * AT_ONCE);
        assert!(
            read <= most,
            "{read} activities were read in {part} batches"
        );
    }
    all.commit().await.expect("commits");
    assert_eq!(arrived(&owner, "BTC").await, "150100000");
    assert_clean(&owner).await;
}
