//! Trading is part of the caller's transaction: what rolls back takes the book with it.

use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::trading::{book_problems, books, limit, must, order_of, refusal, rows};
use tokio_postgres::Client;

const MARKET: &str = "BTC/USDT";

struct Stage {
    owner: Client,
    trader: Client,
    alice: i64,
    bob: i64,
}

/// An exchange with a few resting orders of both sides.
async fn stage() -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let stage = Stage {
        // It looks at the book inside its own transaction, which the API's role may not.
        trader: database.owner().await,
        owner,
        alice,
        bob: alice + 1,
    };
    for (price, quantity) in [("99", "1"), ("99", "2"), ("98.5", "0.5")] {
        must(&stage.trader, limit(alice, MARKET, "buy", quantity, price)).await;
    }
    for (price, quantity) in [("101", "1"), ("101", "2"), ("102.5", "0.5")] {
        must(
            &stage.trader,
            limit(stage.bob, MARKET, "sell", quantity, price),
        )
        .await;
    }
    stage
}

impl Stage {
    /// Everything that a rollback must bring back.
    async fn everything(&self) -> Vec<String> {
        let mut all = books(&self.trader).await;
        all.extend(
            rows(
                &self.owner,
                "select b::text from exchange.balances b order by 1",
            )
            .await,
        );
        all.extend(
            rows(
                &self.owner,
                "select o::text from exchange.orders o order by 1",
            )
            .await,
        );
        all.extend(
            rows(
                &self.owner,
                "select t::text from exchange.trades t order by 1",
            )
            .await,
        );
        all.extend(
            rows(
                &self.owner,
                "select k::text from exchange.order_keys k order by 1",
            )
            .await,
        );
        all
    }

    async fn assert_unchanged(&self, before: &[String]) {
        assert_eq!(self.everything().await, before);
        assert_eq!(book_problems(&self.owner).await, Vec::<String>::new());
        assert_clean(&self.owner).await;
    }

    async fn run(&self, text: &str) {
        self.trader
            .batch_execute(text)
            .await
            .unwrap_or_else(|error| panic!("{text}: {error:?}"));
    }

    /// A statement that sweeps, rests, cancels and reduces.
    fn turmoil(&self) -> String {
        format!(
            "select exchange.submit('[
                {{\"verb\":\"place\",\"account_id\":{0},\"market\":\"{MARKET}\",\"side\":\"buy\",
                    \"price\":\"102\",\"quantity\":\"4\",\"client_order_id\":\"sweep\"}},
                {{\"verb\":\"place\",\"account_id\":{1},\"market\":\"{MARKET}\",\"side\":\"sell\",
                    \"price\":\"99\",\"quantity\":\"5\"}},
                {{\"verb\":\"cancel_all\",\"account_id\":{1}}},
                {{\"verb\":\"cancel_all\",\"account_id\":{0}}},
                {{\"verb\":\"place\",\"account_id\":{0},\"market\":\"{MARKET}\",\"side\":\"buy\",
                    \"price\":\"97\",\"quantity\":\"1\"}}]');",
            self.alice, self.bob
        )
    }
}

#[tokio::test]
async fn a_rollback_undoes_the_book() {
    let stage = stage().await;
    let before = stage.everything().await;
    stage.run("begin").await;
    stage.run(&stage.turmoil()).await;
    assert_ne!(
        books(&stage.trader).await,
        before,
        "the transaction sees what it did"
    );
    stage.run("rollback").await;
    stage.assert_unchanged(&before).await;
}

#[tokio::test]
async fn a_rollback_to_a_savepoint_undoes_what_followed_it() {
    let stage = stage().await;
    stage.run("begin").await;
    must(
        &stage.trader,
        limit(stage.alice, MARKET, "buy", "0.3", "101"),
    )
    .await;
    let between = books(&stage.trader).await;
    stage.run("savepoint one").await;
    stage.run(&stage.turmoil()).await;
    stage.run("savepoint two").await;
    stage.run(&stage.turmoil().replace("sweep", "again")).await;
    stage.run("release savepoint two").await;
    stage.run("rollback to savepoint one").await;
    assert_eq!(books(&stage.trader).await, between);
    must(&stage.trader, limit(stage.bob, MARKET, "sell", "0.3", "99")).await;
    stage.run("commit").await;
    assert_eq!(book_problems(&stage.owner).await, Vec::<String>::new());
    assert_clean(&stage.owner).await;
    let trades = rows(
        &stage.owner,
        "select quantity::text from exchange.trades order by trade_id",
    );
    assert_eq!(trades.await, ["0.3000", "0.3000"]);
}

#[tokio::test]
async fn nested_savepoints_undo_each_their_own() {
    let stage = stage().await;
    stage.run("begin").await;
    let mut seen = vec![books(&stage.trader).await];
    for depth in 0..5 {
        stage.run(&format!("savepoint s{depth}")).await;
        must(
            &stage.trader,
            limit(stage.alice, MARKET, "buy", "0.7", "101"),
        )
        .await;
        seen.push(books(&stage.trader).await);
    }
    for depth in (0..5).rev() {
        stage.run(&format!("rollback to savepoint s{depth}")).await;
        assert_eq!(books(&stage.trader).await, seen[depth]);
    }
    stage.run("commit").await;
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn an_error_caught_in_a_block_undoes_that_block() {
    let stage = stage().await;
    let before = stage.everything().await;
    let block = format!(
        "do $$ begin
            begin
                perform {}
                raise exception 'in the middle';
            exception when raise_exception then null;
            end;
        end $$",
        stage.turmoil().trim_start_matches("select ")
    );
    stage.run(&block).await;
    stage.assert_unchanged(&before).await;
    must(&stage.trader, limit(stage.alice, MARKET, "buy", "1", "101")).await;
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn an_error_later_in_the_transaction_undoes_the_book() {
    let stage = stage().await;
    let before = stage.everything().await;
    stage.run("begin").await;
    stage.run(&stage.turmoil()).await;
    refusal(&stage.trader, "select 1 / 0").await;
    stage.run("rollback").await;
    stage.assert_unchanged(&before).await;
    // The same without a block around: one statement that fails after it traded.
    let text = format!("{} select 1 / 0", stage.turmoil());
    refusal(&stage.trader, &text).await;
    stage.assert_unchanged(&before).await;
}

#[tokio::test]
async fn a_cancelled_session_leaves_nothing() {
    let stage = stage().await;
    let before = stage.everything().await;
    stage.run("begin").await;
    stage.run(&stage.turmoil()).await;
    let process: i32 = stage
        .trader
        .query_one("select pg_backend_pid()", &[])
        .await
        .expect("a row")
        .get(0);
    let ended = "select pg_terminate_backend($1, 10000)";
    assert!(
        stage
            .owner
            .query_one(ended, &[&process])
            .await
            .expect("a row")
            .get::<_, bool>(0)
    );
    assert_eq!(books(&stage.owner).await, before[..6]);
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn prepare_transaction_is_refused_after_touching_a_book() {
    let stage = stage().await;
    let before = stage.everything().await;
    stage.run("begin").await;
    stage.run(&stage.turmoil()).await;
    let (code, words) = refusal(&stage.trader, "prepare transaction 'later'").await;
    assert_eq!(code, "0A000", "{words}");
    stage.run("rollback").await;
    stage.assert_unchanged(&before).await;
}

#[tokio::test]
async fn only_read_committed_may_trade() {
    let stage = stage().await;
    let before = stage.everything().await;
    for level in ["repeatable read", "serializable"] {
        stage.run(&format!("begin isolation level {level}")).await;
        let (code, words) = refusal(&stage.trader, &stage.turmoil()).await;
        assert_eq!(code, "25000", "{words}");
        stage.run("rollback").await;
    }
    stage.run("begin read only").await;
    assert_eq!(refusal(&stage.trader, &stage.turmoil()).await.0, "25006");
    stage.run("rollback").await;
    stage.assert_unchanged(&before).await;
}

#[tokio::test]
async fn a_book_forgotten_is_built_again_the_same() {
    let stage = stage().await;
    must(
        &stage.trader,
        limit(stage.alice, MARKET, "buy", "1.5", "101"),
    )
    .await;
    let before = books(&stage.trader).await;
    stage
        .owner
        .execute("select exchange.reset_book($1)", &[&MARKET])
        .await
        .expect("it is reset");
    assert_eq!(books(&stage.trader).await, before);
    assert_clean(&stage.owner).await;
    let order = must(
        &stage.trader,
        limit(stage.alice, MARKET, "buy", "0.1", "90"),
    )
    .await;
    assert!(order_of(&order) > 0);
    assert_clean(&stage.owner).await;
}
