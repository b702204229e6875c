//! Who may do what: the API's role writes no table, sees one account at a time; the analyst reads;
//! the public does nothing.

use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, refusal, rows};

/// Every table of the exchange, partitions too.
const TABLES: &str = "
    select c.oid::regclass::text from pg_class c
    where c.relnamespace::regnamespace::text in ('exchange', 'staff', 'audit', 'risk')
        and c.relkind in ('r', 'p') order by 1";

const DENIED: &str = "42501";

#[tokio::test]
async fn no_role_but_the_owner_writes_a_table() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let tables = rows(&owner, TABLES).await;
    assert!(tables.len() > 15, "{tables:?}");
    for role in ["exchange_api", "exchange_analyst", "exchange_worker"] {
        let client = database.connect(role).await.expect("the role logs in");
        let try_it = "set default_transaction_read_only = off";
        client
            .batch_execute(try_it)
            .await
            .expect("a default is no protection");
        for table in &tables {
            for statement in [
                format!("insert into {table} default values"),
                format!("delete from {table}"),
                format!("truncate {table}"),
                format!("drop table {table}"),
            ] {
                let (code, words) = refusal(&client, &statement).await;
                assert_eq!(code, DENIED, "{role}: {statement}: {words}");
            }
            let text = format!(
                "select count(*) from pg_attribute where attrelid = '{table}'::regclass
                     and attnum > 0 and has_column_privilege('{role}', attrelid, attnum, 'UPDATE')"
            );
            assert_eq!(number(&owner, &text).await, 0, "{role} may update {table}");
        }
    }
}

#[tokio::test]
async fn the_api_sees_the_rows_of_the_account_it_acts_for() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 3).await;
    let (bob, carol) = (alice + 1, alice + 2);
    let api = database.trader().await;
    for (account, id) in [(alice, "a"), (bob, "b")] {
        let mut order = limit(account, "BTC/USDT", "buy", "0.1", "90");
        order["client_order_id"] = id.into();
        must(&api, order).await;
    }
    must(&api, limit(bob, "BTC/USDT", "sell", "0.05", "90")).await;
    let tables = [
        "orders",
        "order_updates",
        "trades",
        "balances",
        "adjustments",
        "order_keys",
    ];
    for table in tables {
        let text = format!("select count(*) from exchange.{table}");
        assert_eq!(number(&api, &text).await, 0, "{table} without an account");
    }
    for (account, other) in [(alice, bob), (bob, alice), (carol, alice)] {
        api.batch_execute(&format!("set exchange.account_id = {account}"))
            .await
            .expect("set");
        for table in tables.iter().filter(|table| **table != "trades") {
            let text =
                format!("select count(*) from exchange.{table} where account_id <> {account}");
            assert_eq!(number(&api, &text).await, 0, "{table} of {account}");
        }
        let foreign = format!(
            "select count(*) from exchange.trades
             where maker_account_id <> {account} and taker_account_id <> {account}"
        );
        assert_eq!(number(&api, &foreign).await, 0);
        let own = format!("select count(*) from exchange.balances where account_id = {account}");
        assert_eq!(number(&api, &own).await, 3);
        let others = format!("select count(*) from exchange.orders where account_id = {other}");
        assert_eq!(number(&api, &others).await, 0);
    }
    assert_eq!(
        number(&api, "select count(*) from exchange.orders").await,
        0,
        "carol has none"
    );
    for partition in ["orders_open", "orders_closed"] {
        let (code, _) = refusal(&api, &format!("select * from exchange.{partition}")).await;
        assert_eq!(code, DENIED, "a partition escapes row-level security");
    }
    for secret in ["accounts", "sessions", "events"] {
        assert_eq!(
            refusal(&api, &format!("select * from exchange.{secret}"))
                .await
                .0,
            DENIED
        );
    }
}

#[tokio::test]
async fn the_analyst_reads_everything_but_secrets() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    let api = database.trader().await;
    must(&api, limit(alice, "BTC/USDT", "buy", "0.1", "90")).await;
    must(&api, limit(alice + 1, "BTC/USDT", "sell", "0.1", "90")).await;
    let analyst = database
        .connect("exchange_analyst")
        .await
        .expect("the analyst logs in");
    for (table, expected) in [("orders", 2), ("trades", 1), ("markets", 3)] {
        let text = format!("select count(*) from exchange.{table}");
        assert_eq!(number(&analyst, &text).await, expected, "{table}");
    }
    assert!(number(&analyst, "select count(*) from exchange.ledger").await >= 6);
    assert_eq!(
        rows(&analyst, "select v::text from checks.violations v")
            .await
            .len(),
        0
    );
    assert_eq!(
        refusal(&analyst, "select password_hash from exchange.accounts")
            .await
            .0,
        DENIED
    );
    assert_eq!(
        refusal(&analyst, "select * from exchange.sessions").await.0,
        DENIED
    );
    let order = limit(alice, "BTC/USDT", "buy", "0.1", "90");
    let trade = format!("select exchange.submit('[{order}]')");
    assert_eq!(refusal(&analyst, &trade).await.0, DENIED);
    let adjust = format!("select exchange.adjust_balance({alice}, 'BTC', 1, 'gift', 'gift')");
    assert_eq!(refusal(&analyst, &adjust).await.0, DENIED);
    assert_eq!(
        refusal(&api, &adjust).await.0,
        DENIED,
        "nor does the API make money"
    );
}

#[tokio::test]
async fn the_public_executes_nothing() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let open = rows(
        &owner,
        "select p.oid::regprocedure::text from pg_proc p
         where p.pronamespace::regnamespace::text
                 in ('exchange', 'staff', 'audit', 'risk', 'checks')
             and has_function_privilege('public', p.oid, 'EXECUTE')",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
    let name = format!("stranger_{}", database.name());
    owner
        .batch_execute(&format!("create role {name} login"))
        .await
        .expect("a stranger");
    let stranger = database
        .connect(&name)
        .await
        .expect("a stranger may connect");
    for statement in [
        "select * from exchange.markets",
        "select exchange.submit('[]')",
        "select * from exchange.order_book('BTC/USDT')",
        "select * from checks.violations",
    ] {
        assert_eq!(refusal(&stranger, statement).await.0, DENIED, "{statement}");
    }
}

#[tokio::test]
async fn the_analyst_reads_of_a_payment_nothing_that_could_be_sent() {
    let database = Database::fresh().await;
    let analyst = database.connect("exchange_analyst").await;
    let analyst = analyst.expect("the analyst logs in");
    for (table, column) in [
        ("attempts", "raw"),
        ("signings", "signature"),
        ("payments", "owner_signatures"),
    ] {
        let text = format!("select {column} from chain.{table}");
        assert_eq!(refusal(&analyst, &text).await.0, DENIED, "{text}");
        let all = format!("select * from chain.{table}");
        assert_eq!(refusal(&analyst, &all).await.0, DENIED, "{all}");
        let rest = format!("select payment_id, network_id from chain.{table}");
        let rest = rest.replace(
            "payment_id, network_id from chain.signings",
            "state from chain.signings",
        );
        assert_eq!(
            rows(&analyst, &format!("select count(*)::text from ({rest}) r")).await,
            ["0"]
        );
    }
}

#[tokio::test]
async fn the_worker_makes_no_money_sets_no_password_and_lifts_no_halt() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    owner.batch_execute(fixture::COINS).await.expect("coins");
    let worker = database.connect("exchange_worker").await;
    let worker = worker.expect("the worker logs in");
    for text in [
        format!("select exchange.adjust_balance({alice}, 'BTC', 1, 'gift', 'gift')"),
        format!("select exchange.set_password_hash({alice}, 'x')"),
        "select exchange.create_account('a@example.com', 'x', 1)".to_owned(),
        "select exchange.set_withdrawal_halt(null, null, null)".to_owned(),
    ] {
        assert_eq!(refusal(&worker, &text).await.0, DENIED, "{text}");
    }
    assert_eq!(
        rows(&worker, "select proof.halt_all('a check')::text").await,
        ["2"]
    );
    for text in ["select proof.halt_all(null)", "select proof.halt_all('')"] {
        let (code, words) = refusal(&worker, text).await;
        assert_eq!(code, "22023", "{text}: {words}");
    }
    let halted = "select count(*) from chain.networks where is_halted";
    assert_eq!(number(&owner, halted).await, 2);
}
