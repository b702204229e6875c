//! Sub-accounts, and money between the accounts of one owner.

use serde_json::{Value, json};
use tests::api_server;
use tests::checks::assert_clean;
use tests::raw::{Call, Key, Reply, make_key};
use tests::trading::number;

use super::{Stage, stage};

impl Stage {
    async fn open(&self, token: &str, label: &str) -> i64 {
        let body = json!({ "label": label });
        let opened = self.post(token, "/api/account/sub-accounts", body).await;
        let number = opened.body["accountId"].as_i64();
        number.unwrap_or_else(|| panic!("{opened:?}"))
    }

    async fn fund(&self, account: i64, asset: &str, amount: &str) {
        let text = format!(
            "select exchange.adjust_balance({account}, '{asset}', {amount}, 'test',
                'fund-{account}-{asset}')"
        );
        self.run(&text).await;
    }

    async fn transfer(&self, token: &str, key: Option<&str>, body: Value) -> Reply {
        let call = Call::post("/api/account/transfers", &body).by(token);
        self.send(match key {
            Some(key) => call.with("idempotency-key", key),
            None => call,
        })
        .await
    }

    async fn key_of(&self, token: &str, sub_account: i64) -> (i64, Key) {
        let body = json!({ "label": "bot", "scheme": "hmac_sha256",
            "permissions": ["read", "trade"], "subAccountId": sub_account });
        let made = make_key(self.server.port(), token, &body).await;
        made.expect("a key")
    }

    async fn available(&self, account: i64, asset: &str) -> String {
        let text = format!(
            "select available::text from exchange.balances join exchange.assets using (asset_id)
             where account_id = {account} and symbol = '{asset}'"
        );
        let row = self.owner.query_opt(&text, &[]).await.expect("read");
        row.map_or("none".to_owned(), |row| row.get(0))
    }
}

fn move_of(from: i64, to: i64, asset: &str, amount: &str) -> Value {
    json!({ "fromAccountId": from, "toAccountId": to, "asset": asset, "amount": amount })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sub_account_trades_by_its_own_key_with_what_it_was_given() {
    let stage = stage().await;
    let alice = stage.account;
    stage.fund(alice, "USDT", "1000").await;
    let token = stage.login("alice").await;
    let sub = stage.open(&token, "grid").await;
    let again = stage
        .post(
            &token,
            "/api/account/sub-accounts",
            json!({ "label": "grid" }),
        )
        .await;
    assert_eq!(
        (&again.body["accountId"], &again.body["repeated"]),
        (&json!(sub), &json!(true))
    );
    let given = stage
        .transfer(&token, None, move_of(alice, sub, "USDT", "300.5"))
        .await;
    assert_eq!(given.status, 200, "{given:?}");
    let (key_id, key) = stage.key_of(&token, sub).await;
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "3" });
    let place = || Call::post("/api/trade/create-order", &order);
    let placed = stage.send(place().signed(&key)).await;
    assert_eq!(placed.body["state"], "open", "{placed:?}");
    // Its key sees and moves nothing of its parent.
    let seen = stage
        .send(Call::get("/api/account/balances").signed(&key))
        .await;
    let balances = json!([{ "asset": "USDT", "available": "30.500000", "held": "270.000000" }]);
    assert_eq!(seen.body["balances"], balances);
    let own = stage.get(&token, "/api/account/balances").await;
    assert_eq!(own.body["balances"][0]["available"], "699.500000");
    let back = move_of(sub, alice, "USDT", "1");
    let call = Call::post("/api/account/transfers", &back).signed(&key);
    assert_eq!(stage.send(call).await.shown(), "403 PERMISSION_DENIED");
    let orders = stage.get(&token, "/api/trade/orders").await;
    assert_eq!(orders.body["orders"], json!([]));
    // What it holds for its order stays.
    let held = stage
        .transfer(&token, None, move_of(sub, alice, "USDT", "30.500001"))
        .await;
    assert_eq!(held.shown(), "422 INSUFFICIENT_BALANCE");
    assert_eq!(held.body["field"], "amount");
    let listed = stage.get(&token, "/api/account/sub-accounts").await;
    let listed = &listed.body["subAccounts"][0];
    assert_eq!(
        (&listed["label"], &listed["balances"]),
        (&json!("grid"), &balances)
    );
    // The parent sees and ends the key.
    let keys = stage.get(&token, "/api/auth/api-keys").await;
    assert_eq!(keys.body["apiKeys"][0]["subAccountId"], sub);
    let revoked = stage.post(
        &token,
        "/api/auth/api-keys/revoke",
        json!({ "apiKeyId": key_id }),
    );
    assert_eq!(revoked.await.status, 200);
    assert_eq!(
        stage.send(place().signed(&key)).await.shown(),
        "401 ACCESS_REVOKED"
    );
    assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transfer_is_a_fact_of_both_ledgers_and_is_done_once() {
    let stage = stage().await;
    let alice = stage.account;
    stage.fund(alice, "BTC", "2").await;
    let token = stage.login("alice").await;
    let sub = stage.open(&token, "cold").await;
    let asked = move_of(alice, sub, "BTC", "0.75");
    let send = || stage.transfer(&token, Some("pay-1"), asked.clone());
    let (one, two, three) = tokio::join!(send(), send(), send());
    let replies = [one, two, three];
    assert!(
        replies.iter().all(|reply| reply.status == 200),
        "{replies:?}"
    );
    let first = replies
        .iter()
        .filter(|reply| reply.body["repeated"] == false);
    assert_eq!(first.count(), 1, "{replies:?}");
    assert!(
        replies
            .iter()
            .all(|r| r.body["transferId"] == replies[0].body["transferId"])
    );
    let other = move_of(alice, sub, "BTC", "0.76");
    let other = stage.transfer(&token, Some("pay-1"), other).await;
    assert_eq!(other.shown(), "409 DUPLICATE_IDEMPOTENCY_KEY");
    assert_eq!(stage.available(alice, "BTC").await, "1.25000000");
    assert_eq!(stage.available(sub, "BTC").await, "0.75000000");
    let ledger = stage.get(&token, "/api/account/ledger").await;
    let entry = &ledger.body["entries"][0];
    assert_eq!(
        (&entry["kind"], &entry["amount"]),
        (&json!("transfer"), &json!("-0.75000000"))
    );
    assert_eq!(entry["referenceId"], replies[0].body["transferId"]);
    let (_, key) = stage.key_of(&token, sub).await;
    let ledger = stage
        .send(Call::get("/api/account/ledger").signed(&key))
        .await;
    assert_eq!(ledger.body["entries"][0]["amount"], "0.75000000");
    // Page by page it is the same list.
    stage
        .transfer(&token, None, move_of(sub, alice, "BTC", "0.25"))
        .await;
    let mut seen = Vec::new();
    let mut path = "/api/account/ledger?limit=1".to_owned();
    loop {
        let page = stage.get(&token, &path).await;
        seen.push(page.body["entries"][0]["amount"].clone());
        let Some(cursor) = page.body["nextCursor"].as_str() else {
            break;
        };
        path = format!("/api/account/ledger?limit=1&cursor={cursor}");
    }
    assert_eq!(
        json!(seen),
        json!(["0.25000000", "-0.75000000", "2.00000000"])
    );
    let text = format!("select exchange.balance_at({sub}, 'BTC') * 100");
    assert_eq!(
        number(&stage.owner, &format!("select ({text})::bigint")).await,
        50
    );
    assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_moves_what_is_not_theirs_and_no_wrong_amount_moves() {
    let stage = stage().await;
    let bob = api_server::open_account(&stage.owner, "bob").await;
    let bob = bob.expect("an account");
    let alice = stage.account;
    stage.fund(alice, "USDT", "100").await;
    stage.fund(bob, "USDT", "100").await;
    let token = stage.login("alice").await;
    let thief = stage.login("bob").await;
    let (hers, his) = (stage.open(&token, "a").await, stage.open(&thief, "b").await);
    for (from, to) in [
        (alice, bob),
        (hers, bob),
        (alice, his),
        (bob, his),
        (0, alice),
        (-1, hers),
    ] {
        let refused = stage
            .transfer(&token, None, move_of(from, to, "USDT", "1"))
            .await;
        assert_eq!(refused.shown(), "404 ACCOUNT_NOT_FOUND", "{from} {to}");
    }
    let amounts = [
        "0",
        "-1",
        "NaN",
        "Infinity",
        "1e3",
        "",
        "0.0000001",
        &"9".repeat(50),
        "1 ",
    ];
    for amount in amounts {
        let refused = stage
            .transfer(&token, None, move_of(alice, hers, "USDT", amount))
            .await;
        assert_eq!(refused.shown(), "400 INVALID_AMOUNT", "{amount}");
        assert_eq!(refused.body["field"], "amount");
    }
    let same = stage
        .transfer(&token, None, move_of(alice, alice, "USDT", "1"))
        .await;
    assert_eq!(same.shown(), "422 SAME_ACCOUNT");
    let unknown = stage
        .transfer(&token, None, move_of(alice, hers, "XRP", "1"))
        .await;
    assert_eq!(
        (unknown.shown().as_str(), &unknown.body["field"]),
        ("404 UNKNOWN_ASSET", &json!("asset"))
    );
    assert_eq!(
        number(&stage.owner, "select count(*) from exchange.transfers").await,
        0
    );
    assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_for_an_own_sub_account_and_of_those_there_are_twenty() {
    let stage = stage().await;
    let bob = api_server::open_account(&stage.owner, "bob").await;
    bob.expect("an account");
    let token = stage.login("alice").await;
    let thief = stage.login("bob").await;
    let his = stage.open(&thief, "b").await;
    let key = json!({ "label": "x", "scheme": "hmac_sha256", "permissions": ["trade"],
        "subAccountId": his });
    let refused = stage.post(&token, "/api/auth/api-keys", key).await;
    assert_eq!(refused.shown(), "404 ACCOUNT_NOT_FOUND");
    assert_eq!(refused.body["field"], "subAccountId");
    for label in ["", &"x".repeat(65), "a\nb"] {
        let refused = stage.post(
            &token,
            "/api/account/sub-accounts",
            json!({ "label": label }),
        );
        assert_eq!(refused.await.shown(), "400 MALFORMED");
    }
    for number in 0..20 {
        stage.open(&token, &format!("more {number}")).await;
    }
    let full = stage
        .post(
            &token,
            "/api/account/sub-accounts",
            json!({ "label": "full" }),
        )
        .await;
    assert_eq!(full.shown(), "422 TOO_MANY_SUB_ACCOUNTS");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sub_account_pays_its_parent_s_fees() {
    let stage = stage().await;
    let token = stage.login("alice").await;
    let sub = stage.open(&token, "grid").await;
    let (_, key) = stage.key_of(&token, sub).await;
    let tier = format!(
        "insert into exchange.fee_tiers (fee_tier_id, name, maker_rate, taker_rate)
         values (2, 'large', 0.0005, 0.0007);
         select exchange.set_fee_tier({}, 2)",
        stage.account
    );
    stage.run(&tier).await;
    let fees = stage
        .send(Call::get("/api/account/fees").signed(&key))
        .await;
    assert_eq!(fees.body["tier"], "large", "{fees:?}");
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_owner_s_sub_accounts_are_frozen_too() {
    let stage = stage().await;
    let alice = stage.account;
    stage.fund(alice, "USDT", "1000").await;
    let token = stage.login("alice").await;
    let sub = stage.open(&token, "grid").await;
    stage
        .transfer(&token, None, move_of(alice, sub, "USDT", "500"))
        .await;
    let (_, key) = stage.key_of(&token, sub).await;
    stage
        .run(&format!(
            "select exchange.set_account_status({alice}, 'frozen')"
        ))
        .await;
    let order = json!({ "market": "BTC/USDT", "side": "buy", "price": "90", "quantity": "1" });
    let placed = stage
        .send(Call::post("/api/trade/create-order", &order).signed(&key))
        .await;
    assert_eq!(placed.shown(), "403 ACCOUNT_FROZEN");
    let moved = stage
        .transfer(&token, None, move_of(sub, alice, "USDT", "1"))
        .await;
    assert_eq!(moved.shown(), "403 ACCOUNT_FROZEN");
    let opened = stage
        .post(
            &token,
            "/api/account/sub-accounts",
            json!({ "label": "new" }),
        )
        .await;
    assert_eq!(opened.shown(), "403 ACCOUNT_FROZEN");
    stage
        .run(&format!(
            "select exchange.set_account_status({alice}, 'active')"
        ))
        .await;
    let placed = stage
        .send(Call::post("/api/trade/create-order", &order).signed(&key))
        .await;
    assert_eq!(placed.body["state"], "open", "{placed:?}");
    assert_clean(&stage.owner).await;
    stage.database.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn transfers_both_ways_and_trades_among_them_neither_lock_up_nor_lose_an_atom() {
    const ROUNDS: usize = 25;
    let stage = stage().await;
    let alice = stage.account;
    let token = stage.login("alice").await;
    let subs = [stage.open(&token, "a").await, stage.open(&token, "b").await];
    for account in [alice, subs[0], subs[1]] {
        stage.fund(account, "USDT", "10000").await;
        stage.fund(account, "BTC", "100").await;
    }
    let (_, buyer) = stage.key_of(&token, subs[0]).await;
    let (_, seller) = stage.key_of(&token, subs[1]).await;
    let circle = async |from: i64, to: i64, asset: &str| {
        for _ in 0..ROUNDS {
            let moved = stage
                .transfer(&token, None, move_of(from, to, asset, "0.000001"))
                .await;
            assert_eq!(moved.status, 200, "{moved:?}");
        }
    };
    let trade = async |key: &Key, side: &str| {
        for number in 0..ROUNDS {
            let order = json!({ "market": "BTC/USDT", "side": side, "price": "100",
                "quantity": "0.0100", "clientOrderId": format!("{side}-{number}") });
            let placed = stage.send(Call::post("/api/trade/create-order", &order).signed(key));
            let placed = placed.await;
            assert_eq!(placed.status, 200, "{placed:?}");
        }
    };
    tokio::join!(
        circle(alice, subs[0], "USDT"),
        circle(subs[0], alice, "USDT"),
        circle(subs[1], subs[0], "BTC"),
        circle(subs[0], subs[1], "BTC"),
        trade(&buyer, "buy"),
        trade(&seller, "sell")
    );
    let trades = "select count(*) from exchange.trades";
    assert_eq!(number(&stage.owner, trades).await, ROUNDS as i64);
    assert_eq!(stage.available(alice, "USDT").await, "10000.000000");
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(number(&stage.owner, deadlocks).await, 0);
    assert_clean(&stage.owner).await;
    stage.database.drop().await;
}
