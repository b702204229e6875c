//! The past can be asked: balances, statements and books of any moment agree with what was.

use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::random_commands::RandomCommands;
use tests::trading::{rows, submit};
use tokio_postgres::Client;

const BALANCES: &str = "
    select account_id || ' ' || symbol || ' ' || round(available + held, scale)
    from exchange.balances join exchange.assets using (asset_id)
    join exchange.accounts using (account_id) where role = 'user' order by account_id, asset_id";

/// What was seen right after a batch.
struct Moment {
    sequences: Vec<(String, i64)>,
    time: String,
    balances: Vec<String>,
    books: Vec<Vec<String>>,
}

async fn look(owner: &Client, markets: &[&str]) -> Moment {
    let mut moment = Moment {
        sequences: Vec::new(),
        time: rows(owner, "select clock_timestamp()::text")
            .await
            .remove(0),
        balances: rows(owner, BALANCES).await,
        books: Vec::new(),
    };
    for (index, market) in markets.iter().enumerate() {
        let text = format!(
            "select coalesce(max(last_sequence), 0) from exchange.events where stream_id = {}",
            index + 1
        );
        let sequence = tests::trading::number(owner, &text).await;
        moment.sequences.push(((*market).into(), sequence));
        let text = format!("select b::text from exchange.order_book('{market}', 10000) b");
        moment.books.push(rows(owner, &text).await);
    }
    moment
}

#[tokio::test]
async fn the_past_agrees_with_what_was_seen_then() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 4).await;
    let trader = database.trader().await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut stream = RandomCommands::new("history", 3, &markets, first..first + 4);
    let mut moments = Vec::new();
    for _ in 0..8 {
        let batch = stream.batch(60);
        let outcomes = submit(&trader, &batch).await.expect("it is answered");
        stream.learn(&batch, &outcomes);
        moments.push(look(&owner, &markets).await);
    }
    for moment in &moments {
        for ((market, sequence), seen) in moment.sequences.iter().zip(&moment.books) {
            let text = format!("select b::text from exchange.book_at('{market}', {sequence}) b");
            assert_eq!(&rows(&owner, &text).await, seen, "{market} at {sequence}");
        }
        let text = format!(
            "select account_id || ' ' || symbol || ' '
                 || exchange.balance_at(account_id, symbol, '{}')
             from exchange.accounts, exchange.assets where role = 'user'
             order by account_id, asset_id",
            moment.time
        );
        assert_eq!(rows(&owner, &text).await, moment.balances);
    }
    assert_clean(&owner).await;
}

#[tokio::test]
async fn a_statement_ends_with_the_balance() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let first = fixture::populate(&owner, 4).await;
    let trader = database.trader().await;
    let markets = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
    let mut stream = RandomCommands::new("statement", 4, &markets, first..first + 4);
    submit(&trader, &stream.batch(400))
        .await
        .expect("it is answered");
    let text = "
        select a.account_id || ' ' || s.asset || ' ' || s.balance
        from exchange.accounts a
        cross join lateral (
            select distinct on (asset) asset, balance, n from (
                select e.*, row_number() over () as n
                from exchange.account_statement(a.account_id) e) numbered
            order by asset, n desc) s
        join exchange.assets on symbol = s.asset
        where a.role = 'user' order by a.account_id, asset_id";
    assert_eq!(rows(&owner, text).await, rows(&owner, BALANCES).await);
    // Each entry is the step from one balance to the next.
    let text = "
        select e::text from exchange.accounts a
        cross join lateral (
            select s.*, s.amount
                + coalesce(lag(s.balance) over (partition by s.asset order by s.n), 0) as step
            from exchange.account_statement(a.account_id) with ordinality
                s (occurred_at, fact_kind, fact_id, leg, asset, amount, balance, n)) e
        where a.role = 'user' and e.step <> e.balance";
    assert_eq!(rows(&owner, text).await, Vec::<String>::new());
    let text = "select asset_id || ' ' || sum(amount) from exchange.ledger group by asset_id
        having sum(amount) <> 0";
    assert_eq!(
        rows(&owner, text).await,
        Vec::<String>::new(),
        "the ledger sums to zero"
    );
}
