//! By what right a command is given is checked when its turn has come, inside its transaction.

use serde_json::{Value, json};
use tests::checks::assert_clean;
use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, must, number, rows, submit};
use tests::wait;
use tokio_postgres::Client;

const MARKET: &str = "BTC/USDT";

struct Stage {
    database: Database,
    owner: Client,
    alice: i64,
    bob: i64,
}

async fn stage() -> Stage {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 2).await;
    Stage {
        database,
        owner,
        alice,
        bob: alice + 1,
    }
}

impl Stage {
    async fn session(&self, account: i64, ends_in: &str) -> i64 {
        let text = format!(
            "insert into exchange.sessions (token_hash, account_id, created_at, expires_at)
             values (sha256(random()::text::bytea), {account}, now() - interval '1 day',
                 clock_timestamp() + interval '{ends_in}')
             returning session_id"
        );
        number(&self.owner, &text).await
    }

    async fn key(&self, account: i64, permissions: &str) -> i64 {
        let text = format!(
            "insert into exchange.api_keys
                 (account_id, public_id, label, scheme, secret, permissions)
             values ({account}, md5(random()::text), 'test', 'hmac_sha256', 'secret',
                 '{permissions}') returning api_key_id"
        );
        number(&self.owner, &text).await
    }

    fn order(&self, right: Value) -> Value {
        let mut order = limit(self.alice, MARKET, "buy", "1", "90");
        let fields = right.as_object().expect("an object").clone();
        order.as_object_mut().expect("an object").extend(fields);
        order
    }

    /// Sends the batch while another transaction holds the market, does `meanwhile`, lets it go.
    async fn held_up(&self, batch: Vec<Value>, meanwhile: &str) -> Vec<String> {
        let holder = self.database.trader().await;
        holder.batch_execute("begin").await.expect("begins");
        must(&holder, limit(self.bob, MARKET, "buy", "1", "80")).await;
        let waiting = self.database.trader().await;
        let sent = tokio::spawn(async move { submit(&waiting, &batch).await });
        let waits = "select count(*) from pg_locks
            where locktype = 'advisory' and objsubid = 3 and not granted
                and database = (select oid from pg_database where datname = current_database())";
        wait::until("the batch waits", async || {
            number(&self.owner, waits).await == 1
        })
        .await;
        self.owner
            .batch_execute(meanwhile)
            .await
            .expect("it is done meanwhile");
        holder.batch_execute("commit").await.expect("commits");
        let outcomes = sent.await.expect("no panic").expect("it is answered");
        codes(&outcomes)
    }
}

fn codes(outcomes: &[Value]) -> Vec<String> {
    let code = |outcome: &Value| outcome["reject"].as_str().unwrap_or("done").to_owned();
    outcomes.iter().map(code).collect()
}

#[tokio::test]
async fn a_credential_revoked_while_its_command_waits_does_nothing() {
    let stage = stage().await;
    let key = stage.key(stage.alice, "{read,trade}").await;
    let session = stage.session(stage.alice, "1 hour").await;
    let other = stage.session(stage.alice, "1 hour").await;
    let batch = vec![
        stage.order(json!({ "api_key_id": key })),
        stage.order(json!({ "session_id": session })),
        stage.order(json!({ "session_id": other })),
        stage.order(json!({})),
    ];
    let revoke = format!(
        "update exchange.api_keys set revoked_at = now() where api_key_id = {key};
         delete from exchange.sessions where session_id = {session}"
    );
    let outcomes = stage.held_up(batch, &revoke).await;
    assert_eq!(
        outcomes,
        ["ACCESS_REVOKED", "ACCESS_REVOKED", "done", "done"]
    );
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn a_request_that_runs_out_while_it_waits_does_nothing() {
    let stage = stage().await;
    let now = "select (extract(epoch from clock_timestamp()) * 1000)::bigint";
    let soon = number(&stage.owner, now).await + 300;
    let batch = vec![
        stage.order(json!({ "valid_until": soon })),
        stage.order(json!({ "valid_until": soon + 3_600_000 })),
    ];
    let outlast = "select pg_sleep(0.5)";
    let outcomes = stage.held_up(batch, outlast).await;
    assert_eq!(outcomes, ["REQUEST_EXPIRED", "done"]);
}

#[tokio::test]
async fn a_right_is_the_account_s_own_and_allows_to_trade() {
    let stage = stage().await;
    let trader = stage.database.trader().await;
    let own = stage.key(stage.alice, "{trade}").await;
    let reading = stage.key(stage.alice, "{read,withdraw}").await;
    let other_key = stage.key(stage.bob, "{read,trade}").await;
    let other_session = stage.session(stage.bob, "1 hour").await;
    let ended = stage.session(stage.alice, "-1 second").await;
    let mut unknown_market = stage.order(json!({ "session_id": ended }));
    unknown_market["market"] = "NO/SUCH".into();
    let batch = [
        (stage.order(json!({ "api_key_id": own })), "done"),
        (
            stage.order(json!({ "api_key_id": reading })),
            "ACCESS_REVOKED",
        ),
        (
            stage.order(json!({ "api_key_id": other_key })),
            "ACCESS_REVOKED",
        ),
        (
            stage.order(json!({ "api_key_id": 999_999 })),
            "ACCESS_REVOKED",
        ),
        (
            stage.order(json!({ "session_id": other_session })),
            "ACCESS_REVOKED",
        ),
        (
            stage.order(json!({ "session_id": ended })),
            "ACCESS_REVOKED",
        ),
        (unknown_market, "ACCESS_REVOKED"),
        (stage.order(json!({ "valid_until": 1 })), "REQUEST_EXPIRED"),
        (stage.order(json!({ "session_id": "x" })), "MALFORMED"),
        (stage.order(json!({ "side": "up" })), "MALFORMED"),
        (
            stage.order(json!({ "api_key_id": own.to_string() })),
            "done",
        ),
    ];
    let (commands, expected): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    let outcomes = submit(&trader, &commands).await.expect("it is answered");
    assert_eq!(codes(&outcomes), expected);
    assert_clean(&stage.owner).await;
}

#[tokio::test]
async fn times_of_facts_follow_their_numbers() {
    let stage = stage().await;
    // Transactions that began early and came late: each waits with a time of its own.
    for _ in 0..3 {
        let sell = limit(stage.alice, MARKET, "sell", "0.3", "80");
        let cancel = json!({ "verb": "cancel_all", "account_id": stage.bob });
        let outcomes = stage
            .held_up(vec![sell, cancel], "select pg_sleep(0.01)")
            .await;
        assert_eq!(outcomes, ["done", "done"]);
    }
    let disorder = rows(
        &stage.owner,
        "with facts as (
             select order_id as number, placed_at as at from exchange.orders
             union all select trade_id, traded_at from exchange.trades
             union all select order_update_id, updated_at from exchange.order_updates),
         steps as (select number, at, lag(at) over (order by number) as before from facts)
         select number || ' at ' || at || ' after ' || before from steps where at < before",
    );
    assert_eq!(disorder.await, Vec::<String>::new());
}
