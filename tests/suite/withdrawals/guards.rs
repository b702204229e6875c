//! Who may withdraw what, and where to: every refusal, and which of several comes first.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Call;

use super::{Stage, User, bitcoin, ethereum, key_of, number_of, told};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_withdrawal_holds_amount_and_fee_and_goes_on_by_itself() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, script) = bitcoin(7);
    let reply = stage.ask(&alice, "BTC", &to, "0.5").await;
    assert_eq!(reply.shown(), "200", "{reply:?}");
    assert_eq!(reply.body["repeated"], false);
    let made = &reply.body["withdrawal"];
    let expected = json!({ "asset": "BTC", "network": "bitcoin", "address": to,
        "amount": "0.50000000", "fee": "0.00004000", "state": "approved", "isInternal": false,
        "mayCancel": true, "txid": null, "reason": null, "endedAt": null });
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&made[name], value, "{name}");
    }
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0.50004");
    let stored = stage
        .text("select encode(script, 'hex') from exchange.withdrawals")
        .await;
    assert_eq!(stored, script);
    let number = number_of(&reply);
    assert_eq!(&stage.withdrawal(&alice, &number).await, made);
    let listed = stage.get(&alice.token, "wallet/withdrawals").await;
    assert_eq!(listed.body["withdrawals"], json!([made]));
    checks::assert_clean(&stage.owner).await;
}

async fn expect(stage: &Stage, user: &User, body: Value, refusal: &str) {
    let reply = stage
        .post(&user.token, "wallet/withdraw", body.clone())
        .await;
    assert_eq!(told(&reply), refusal, "{body}: {reply:?}");
}

/// A request for a withdrawal.
fn with(asset: &str, to: &str, amount: &str) -> Value {
    json!({ "asset": asset, "address": to, "amount": amount })
}

/// A hot wallet, which may not be paid, and a second network of ether.
const SURROUNDINGS: &str = "
    insert into chain.wallets (network_id, role, address, script)
    values (2, 'hot', 'hot', decode(repeat('ee', 20), 'hex'));
    select chain.create_network(3, 'polygon', 'evm', '137');
    select chain.create_coin('ETH', 'polygon', null, 3, 50, 12, 0.001, 0.01, 10, 50,
        120000, 0.00001, 0.05, 0.01, 10, 1000);";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_withdrawal_is_refused_by_field() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage.run(SURROUNDINGS).await;
    let (to, _) = bitcoin(7);
    let evm = ethereum(7);
    for (body, refusal) in [
        (with("DOGE", &to, "1"), "404 UNKNOWN_ASSET asset"),
        (
            json!({ "asset": "BTC", "network": "ethereum", "address": to, "amount": "1" }),
            "404 UNKNOWN_NETWORK network",
        ),
        (with("ETH", &evm, "1"), "400 NETWORK_REQUIRED network"),
        (with("BTC", "bc1qfoo", "1"), "400 NOT_AN_ADDRESS address"),
        (with("BTC", &evm, "1"), "400 WRONG_NETWORK address"),
        (
            with("BTC", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "1"),
            "400 WRONG_NETWORK address",
        ),
        (
            with("BTC", "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt08q", "1"),
            "400 BAD_CHECKSUM address",
        ),
        (
            with("USDT", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "10"),
            "400 BAD_CHECKSUM address",
        ),
        (
            with("USDT", &ethereum(0xdd), "10"),
            "400 UNSUPPORTED_ADDRESS address",
        ),
        (
            with("USDT", &ethereum(0xee), "10"),
            "400 UNSUPPORTED_ADDRESS address",
        ),
        (with("BTC", &to, "0"), "400 INVALID_AMOUNT amount"),
        (with("BTC", &to, "-1"), "400 INVALID_AMOUNT amount"),
        (with("BTC", &to, "1e3"), "400 INVALID_AMOUNT amount"),
        (with("BTC", &to, "NaN"), "400 INVALID_AMOUNT amount"),
        (with("BTC", &to, "0.000000001"), "400 INVALID_AMOUNT amount"),
        (with("BTC", &to, "0.0009"), "422 BELOW_MINIMUM amount"),
        (with("BTC", &to, "10"), "422 INSUFFICIENT_BALANCE amount"),
        (
            json!({ "asset": "BTC", "address": to, "amount": "1", "quoteId": "999" }),
            "404 QUOTE_NOT_FOUND quoteId",
        ),
        (
            json!({ "asset": "BTC", "address": to, "amount": "1", "quoteId": "x" }),
            "400 MALFORMED quoteId",
        ),
    ] {
        expect(&stage, &alice, body, refusal).await;
    }
    assert_eq!(
        stage
            .text("select count(*) from exchange.withdrawals")
            .await,
        "0"
    );
    // All but the fee can be taken, to the atom.
    let all = stage.ask(&alice, "BTC", &to, "9.99996").await;
    assert_eq!(all.body["withdrawal"]["state"], "requested", "{all:?}");
    assert_eq!(stage.balance(alice.account, "BTC").await, "0 10");
    checks::assert_clean(&stage.owner).await;
}

/// Puts wrong what can be wrong about an account and its withdrawals of bitcoins.
fn everything_wrong(account: i64) -> String {
    format!(
        "update exchange.sessions set stepped_up_at = now() - interval '1 hour';
        update exchange.accounts set status = 'frozen', kyc_level = 0,
            withdrawals_blocked_until = now() + interval '1 hour', withdrawals_to_book_only = true
        where account_id = {account};
        insert into chain.addresses (network_id, account_id, asset_id, address, script)
        values (1, {account}, 1, 'own', decode(repeat('aa', 22), 'hex'));
        insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
            address_id, amount, required_confirmations, state)
        select 1, decode(repeat('11', 32), 'hex'), 'output:0', 1, {account}, address_id, 1, 1,
            'orphaned' from chain.addresses;
        insert into exchange.deposit_entries (deposit_id, account_id, asset_id, amount,
            debt_amount, external_account_id, debts_account_id)
        select deposit_id, {account}, 3, -1, -1, exchange.house_account('external'),
            exchange.house_account('debts') from exchange.deposits;
        select exchange.set_withdrawal_halt('BTC', null, 'odd'),
            exchange.set_withdrawal_halt(null, 'bitcoin', 'odd');
        select risk.publish_rule('tight', 'withdrawal', 'withdrawn_amount',
            '{{\"asset\": \"BTC\", \"most\": \"0\", \"within_seconds\": 60}}', 'deny', 'TIGHT');
        insert into exchange.withdrawal_quotes (account_id, asset_id, network_id, fee,
            quiet_ppm, created_at, expires_at)
        values ({account}, 1, 1, 0.001, 0, now() - interval '2 hours',
            now() - interval '1 hour');"
    )
}

/// What each step puts right, the amount that is asked for then, and the refusal; SCRIPT is where
/// the withdrawal goes.
const STEPS: [(&str, &str, &str); 13] = [
    (
        "update chain.addresses set script = decode('SCRIPT', 'hex')",
        "100.000000001",
        "400 INVALID_AMOUNT amount",
    ),
    ("", "0.0001", "403 STEP_UP_REQUIRED"),
    (
        "update exchange.sessions set stepped_up_at = now()",
        "0.0001",
        "403 ACCOUNT_FROZEN",
    ),
    (
        "update exchange.accounts set status = 'active'",
        "0.0001",
        "403 WITHDRAWALS_BLOCKED",
    ),
    (
        "update exchange.accounts set withdrawals_blocked_until = now()",
        "0.0001",
        "403 IN_DEBT",
    ),
    (
        "delete from exchange.deposit_entries",
        "0.0001",
        "403 KYC_REQUIRED",
    ),
    (
        "update exchange.accounts set kyc_level = 2",
        "0.0001",
        "409 WITHDRAWALS_HALTED",
    ),
    (
        "select exchange.set_withdrawal_halt('BTC', null, null)",
        "0.0001",
        "409 WITHDRAWALS_HALTED",
    ),
    (
        "select exchange.set_withdrawal_halt(null, null, null)",
        "0.0001",
        "422 BELOW_MINIMUM amount",
    ),
    ("", "100", "422 SAME_ACCOUNT address"),
    (
        "update chain.addresses set script = decode(repeat('aa', 22), 'hex')",
        "100",
        "403 ADDRESS_NOT_IN_BOOK address",
    ),
    (
        "insert into exchange.withdrawal_addresses (account_id, network_id, address, script, label,
             usable_from)
         select account_id, 1, 'to', decode('SCRIPT', 'hex'), 'mine', now() + interval '1 hour'
         from chain.addresses",
        "100",
        "403 ADDRESS_COOLING_DOWN address",
    ),
    (
        "update exchange.withdrawal_addresses set usable_from = now()",
        "100",
        "409 QUOTE_EXPIRED quoteId",
    ),
];

/// Everything is wrong at first; each step puts one thing right, and the next refusal shows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_several_refusals_the_documented_one_comes_first() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, script) = bitcoin(7);
    stage.run(&everything_wrong(alice.account)).await;
    let quote = stage
        .text("select max(quote_id) from exchange.withdrawal_quotes")
        .await;
    let ask =
        |amount: &str| json!({ "asset": "BTC", "address": to, "amount": amount, "quoteId": quote });
    for (step, amount, refusal) in STEPS {
        stage.run(&step.replace("SCRIPT", &script)).await;
        expect(&stage, &alice, ask(amount), refusal).await;
    }
    stage
        .run("update exchange.withdrawal_quotes set expires_at = now() + interval '1 minute'")
        .await;
    expect(
        &stage,
        &alice,
        ask("100"),
        "422 INSUFFICIENT_BALANCE amount",
    )
    .await;
    expect(&stage, &alice, ask("1"), "403 RISK_DENIED").await;
    // The denial is recorded though nothing was done.
    let denied = "select string_agg(rule || ' ' || action, ',') from risk.events";
    assert_eq!(stage.text(denied).await, "tight deny");
    assert_eq!(
        stage
            .text("select count(*) from exchange.withdrawals")
            .await,
        "0"
    );
    stage.run("select risk.end_rule('tight')").await;
    let reply = stage.post(&alice.token, "wallet/withdraw", ask("1")).await;
    assert_eq!(reply.shown(), "200", "{reply:?}");
    assert_eq!(reply.body["withdrawal"]["fee"], "0.00100000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_withdraws_only_if_it_may_and_only_until_it_is_revoked() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, _) = bitcoin(7);
    let make = async |permissions: &[&str]| {
        let body = json!({ "label": "bot", "scheme": "hmac_sha256", "permissions": permissions });
        let made = stage.post(&alice.token, "auth/api-keys", body).await;
        key_of(&made)
    };
    let (trading, withdrawing) = (make(&["read", "trade"]).await, make(&["withdraw"]).await);
    let call = || {
        let body = json!({ "asset": "BTC", "address": to, "amount": "0.1" });
        Call::post("/api/wallet/withdraw", &body)
    };
    let send = async |call: Call| call.send(stage.port()).await.expect("an answer");
    let refused = send(call().signed(&trading)).await;
    assert_eq!(refused.shown(), "403 PERMISSION_DENIED");
    let done = send(call().signed(&withdrawing)).await;
    assert_eq!(done.shown(), "200", "{done:?}");
    let number = number_of(&done);
    let cancel = Call::post(
        "/api/wallet/cancel-withdrawal",
        &json!({ "withdrawalId": number }),
    );
    assert_eq!(
        send(cancel.clone().signed(&trading)).await.shown(),
        "403 PERMISSION_DENIED"
    );
    assert_eq!(send(cancel.signed(&withdrawing)).await.shown(), "200");
    // What the API does not know yet, the transaction does.
    let direct = "select exchange.request_withdrawal(account_id, null, api_key_id, null,
            'BTC', null, 'a', decode(repeat('00', 22), 'hex'), 0.1)
        from exchange.api_keys where permissions = '{withdraw}'";
    stage
        .run("update exchange.api_keys set revoked_at = now()")
        .await;
    assert!(stage.refusal(direct).await.starts_with("ACCESS_REVOKED"));
    let nobody = "select exchange.request_withdrawal(account_id, null, null, null,
            'BTC', null, 'a', decode(repeat('00', 22), 'hex'), 0.1)
        from exchange.accounts where email like 'alice%'";
    assert!(stage.refusal(nobody).await.starts_with("ACCESS_REVOKED"));
    let late = "select exchange.request_withdrawal(account_id, session_id, null, 1,
            'BTC', null, 'a', decode(repeat('00', 22), 'hex'), 0.1) from exchange.sessions";
    assert!(stage.refusal(late).await.starts_with("REQUEST_EXPIRED"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sub_account_withdraws_nothing() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let opened = stage
        .post(
            &alice.token,
            "account/sub-accounts",
            json!({ "label": "grid" }),
        )
        .await;
    let body = json!({ "label": "bot", "scheme": "hmac_sha256", "permissions": ["withdraw"],
        "subAccountId": opened.body["accountId"] });
    let made = stage.post(&alice.token, "auth/api-keys", body).await;
    let key = key_of(&made);
    let body = json!({ "asset": "BTC", "address": bitcoin(7).0, "amount": "0.1" });
    let call = Call::post("/api/wallet/withdraw", &body).signed(&key);
    let refused = call.send(stage.port()).await.expect("an answer");
    assert_eq!(refused.shown(), "403 KYC_REQUIRED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_gives_the_same_withdrawal_and_no_other() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let ask = async |amount: &str| {
        let body = json!({ "asset": "BTC", "address": bitcoin(7).0, "amount": amount });
        let call = Call::post("/api/wallet/withdraw", &body).by(&alice.token);
        let call = call.with("idempotency-key", "rent-march");
        call.send(stage.port()).await.expect("an answer")
    };
    let first = ask("0.5").await;
    let again = ask("0.50").await;
    assert_eq!(again.body["repeated"], true, "{again:?}");
    assert_eq!(again.body["withdrawal"], first.body["withdrawal"]);
    assert_eq!(ask("0.6").await.shown(), "409 DUPLICATE_IDEMPOTENCY_KEY");
    // Though it has ended, and though nothing could be asked for now.
    stage.cancel(&alice, &number_of(&first)).await;
    stage
        .run("select exchange.set_withdrawal_halt(null, null, 'odd')")
        .await;
    let late = ask("0.5").await;
    assert_eq!(late.body["withdrawal"]["state"], "cancelled", "{late:?}");
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_or_ends_anothers_withdrawal() {
    let stage = Stage::set().await;
    let (alice, mallory) = (stage.join("alice").await, stage.join("mallory").await);
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let path = format!("wallet/withdrawal?withdrawalId={number}");
    let seen = stage.get(&mallory.token, &path).await;
    assert_eq!(told(&seen), "404 WITHDRAWAL_NOT_FOUND withdrawalId");
    let ended = stage.cancel(&mallory, &number).await;
    assert_eq!(told(&ended), "404 WITHDRAWAL_NOT_FOUND withdrawalId");
    let quote = stage
        .get(&alice.token, "wallet/withdraw-fee?asset=BTC")
        .await;
    let body = json!({ "asset": "BTC", "address": bitcoin(8).0, "amount": "0.5",
        "quoteId": quote.body["quoteId"] });
    expect(&stage, &mallory, body, "404 QUOTE_NOT_FOUND quoteId").await;
    let list = stage.get(&mallory.token, "wallet/withdrawals").await;
    assert_eq!(list.body["withdrawals"], json!([]));
    assert_eq!(stage.state(&number).await, "approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_statement_that_makes_a_withdrawal_answers_it() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    // Whatever else the API would read after the commit fails.
    stage
        .run(
            "revoke execute on function exchange.withdrawals_of(bigint, text, text, text[],
            timestamptz, timestamptz, bigint, integer, bigint) from exchange_api",
        )
        .await;
    let made = stage.ask(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(made.body["withdrawal"]["state"], "approved", "{made:?}");
}
