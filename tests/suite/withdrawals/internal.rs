//! To a deposit address of the exchange: another account is paid at once, free, without a chain.

use serde_json::json;
use tests::checks;
use tests::socket::Socket;
use tests::trading::rows;

use super::{Stage, User, bitcoin, number_of, told};

/// Gives a user a deposit address for BTC.
async fn give(stage: &Stage, user: &User, seed: u8) -> String {
    let (address, script) = bitcoin(seed);
    stage
        .run(&format!(
            "insert into chain.addresses (network_id, account_id, asset_id, address, script)
             values (1, {}, 1, '{address}', decode('{script}', 'hex'))",
            user.account
        ))
        .await;
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_account_is_paid_at_once_and_free() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let to = give(&stage, &bob, 9).await;
    // As much as would need two reviewers on a chain, and more than is left for a fee.
    let reply = stage.ask(&alice, "BTC", &to, "10").await;
    let made = &reply.body["withdrawal"];
    let seen = (
        &made["state"],
        &made["fee"],
        &made["isInternal"],
        &made["mayCancel"],
    );
    let expected = (
        &json!("confirmed"),
        &json!("0.00000000"),
        &json!(true),
        &json!(false),
    );
    assert_eq!(seen, expected, "{reply:?}");
    // What is paid is paid.
    let late = stage.cancel(&alice, &number_of(&reply)).await;
    assert_eq!(told(&late), "409 WITHDRAWAL_NOT_CANCELLABLE withdrawalId");
    assert_eq!(stage.balance(alice.account, "BTC").await, "0 0");
    assert_eq!(stage.balance(bob.account, "BTC").await, "20 0");
    let told = "select string_agg(payload ->> 'change' || ' ' || (payload ->> 'account_id'), ', '
        order by first_sequence) from exchange.events where stream_id = 10001";
    assert_eq!(
        stage.text(told).await,
        format!("confirmed {}, credited {}", alice.account, bob.account)
    );
    let mails = "select kind from exchange.mails where account_id = (select max(account_id)
        from exchange.accounts where email like 'bob%') and kind like 'deposit%'";
    assert_eq!(rows(&stage.owner, mails).await, ["deposit_credited"]);
    let ledger = stage
        .get(&bob.token, "account/ledger?asset=BTC&limit=1")
        .await;
    let entry = &ledger.body["entries"][0];
    assert_eq!(
        (&entry["kind"], &entry["leg"], &entry["amount"]),
        (
            &json!("withdrawal"),
            &json!("withdrawal"),
            &json!("10.00000000")
        )
    );
    let listed = stage.get(&bob.token, "wallet/deposits").await;
    let deposit = &listed.body["deposits"][0];
    let at = &deposit["creditedAt"];
    assert!(at.is_i64(), "{listed:?}");
    let expected = json!({ "depositId": deposit["depositId"], "kind": "internal", "asset": "BTC",
        "network": "bitcoin", "address": to, "amount": "10.00000000", "txid": null,
        "fromAddress": null, "state": "credited", "confirmations": 0, "requiredConfirmations": 0,
        "seenAt": at, "changedAt": at, "creditedAt": at });
    assert_eq!(listed.body["deposits"], json!([expected]));
    // Who pays sees no deposit of another's.
    let list = stage.get(&alice.token, "wallet/deposits").await;
    assert_eq!(list.body["deposits"], json!([]));
    // Who is paid sees no withdrawal of another's.
    let list = stage.get(&bob.token, "wallet/withdrawals").await;
    assert_eq!(list.body["withdrawals"], json!([]));
    let path = format!("wallet/withdrawal?withdrawalId={}", number_of(&reply));
    assert_eq!(stage.get(&bob.token, &path).await.status, 404);
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_withdraws_to_the_own_deposit_address() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let to = give(&stage, &alice, 9).await;
    let reply = stage.ask(&alice, "BTC", &to, "1").await;
    assert_eq!(told(&reply), "422 SAME_ACCOUNT address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_is_held_is_paid_when_it_is_released() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let to = give(&stage, &bob, 9).await;
    stage
        .run(
            "select risk.publish_rule('new', 'withdrawal', 'new_withdrawal_address',
                 '{\"cool_down_seconds\": 86400}', 'hold', 'NEW')",
        )
        .await;
    let number = stage.withdraw(&alice, "BTC", &to, "1").await;
    assert_eq!(stage.state(&number).await, "requested");
    assert_eq!(stage.balance(alice.account, "BTC").await, "9 1");
    assert_eq!(stage.balance(bob.account, "BTC").await, "10 0");
    let officer = stage.staff("risk").await;
    let decision = json!({ "eventId": 1, "decision": "released", "note": "called her" });
    let done = stage
        .post(&officer, "admin/risk/events/decide", decision)
        .await;
    assert_eq!(done.shown(), "200", "{done:?}");
    assert_eq!(stage.state(&number).await, "confirmed");
    assert_eq!(stage.balance(bob.account, "BTC").await, "11 0");
    checks::assert_clean(&stage.owner).await;
}

/// A deposit of 1 BTC to an account's address that waits in the mempool.
async fn see(stage: &Stage, user: &User) {
    stage
        .run(&format!(
            "insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
                 address_id, amount, required_confirmations, state)
             select 1, sha256(gen_random_uuid()::text::bytea), 'output:0', 1, {0}, a.address_id, 1,
                 2, 'seen'
             from chain.addresses a where a.account_id = {0}",
            user.account
        ))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_paid_is_told_as_of_a_deposit_and_finds_it_among_the_others() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let to = give(&stage, &bob, 9).await;
    let mut socket = Socket::login(stage.port(), &bob.token)
        .await
        .expect("a socket");
    for channel in ["withdrawals", "deposits"] {
        let begin = socket.subscribe(json!({ "channel": channel })).await;
        begin.expect("subscribed");
        socket.next_of(channel).await.expect("a beginning");
    }
    see(&stage, &bob).await;
    stage.withdraw(&alice, "BTC", &to, "2").await;
    see(&stage, &bob).await;
    let told = socket.next_of("deposits").await.expect("an update");
    let number = told["deposit"]["depositId"].clone();
    let expected = json!({ "channel": "deposits", "type": "update", "sequence": told["sequence"],
        "change": "credited", "deposit": { "depositId": number, "kind": "internal",
        "asset": "BTC", "network": "bitcoin", "amount": "2.00000000", "state": "credited" } });
    assert_eq!(told, expected);
    let path = format!(
        "wallet/deposit?depositId={}",
        number.as_str().expect("text")
    );
    let one = stage.get(&bob.token, &path).await;
    assert_eq!(one.body["kind"], "internal", "{one:?}");
    let mut kinds = Vec::new();
    let mut path = "wallet/deposits?limit=1".to_owned();
    for _ in 0..3 {
        let page = stage.get(&bob.token, &path).await.body;
        kinds.push(page["deposits"][0]["kind"].clone());
        let cursor = page["nextCursor"].as_str().unwrap_or_default();
        path = format!("wallet/deposits?limit=1&cursor={cursor}");
    }
    assert_eq!(kinds, ["chain", "internal", "chain"]);
    for (query, expected) in [
        ("state=credited", 1),
        ("state=seen", 2),
        ("asset=BTC", 3),
        ("asset=ETH", 0),
        ("network=ethereum", 0),
    ] {
        let path = format!("wallet/deposits?{query}");
        let list = stage.get(&bob.token, &path).await.body;
        let found = list["deposits"].as_array().map(Vec::len);
        assert_eq!(found, Some(expected), "{query}");
    }
    checks::assert_clean(&stage.owner).await;
}
