//! The channels `deposits` and `withdrawals`: each account's own, without a gap.

use serde_json::{Value, json};
use tests::socket::Socket;

use super::{Stage, server, settings};

/// A message of stream finance.
fn told(kind: &str, number: i64, account: i64, state: &str) -> String {
    format!(
        "select exchange.append_event('finance', jsonb_build_object('change', '{state}',
            '{kind}_id', '{number}', 'account_id', '{account}', 'asset', 'BTC',
            'amount', '0.50000000', 'network', 'bitcoin', 'state', '{state}', 'confirmations', 1))"
    )
}

async fn subscribe(socket: &mut Socket, channel: &str, after: Option<i64>) -> Value {
    let channel_of = match after {
        Some(after) => json!({ "channel": channel, "after": after }),
        None => json!({ "channel": channel }),
    };
    socket.subscribe(channel_of).await.expect("subscribes");
    socket.next_of(channel).await.expect("a beginning")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_told_of_its_own_deposits_and_withdrawals_on_any_server() {
    let stage = Stage::open().await;
    let other = server(&stage.database, &settings(1)).await;
    let (alice, token) = stage.join("alice").await;
    let (bob, _) = stage.join("bob").await;
    let mut socket = Socket::login(other.port(), &token).await.expect("a socket");
    let begun = subscribe(&mut socket, "deposits", None).await;
    assert_eq!(
        begun,
        json!({ "channel": "deposits", "type": "snapshot", "sequence": 0 })
    );
    subscribe(&mut socket, "withdrawals", None).await;
    stage.run(&told("deposit", 1, bob, "seen")).await;
    stage.run(&told("deposit", 2, alice, "pending")).await;
    stage.run(&told("withdrawal", 3, alice, "broadcast")).await;
    let update = socket.next_of("deposits").await.expect("an update");
    let expected = json!({ "channel": "deposits", "type": "update", "sequence": 2,
        "change": "pending", "deposit": { "depositId": "2", "asset": "BTC", "network": "bitcoin",
        "amount": "0.50000000", "state": "pending", "confirmations": 1 } });
    assert_eq!(update, expected);
    let update = socket.next_of("withdrawals").await.expect("an update");
    assert_eq!(update["withdrawal"]["withdrawalId"], "3");
    assert_eq!(
        (&update["sequence"], &update["change"]),
        (&3.into(), &"broadcast".into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_comes_back_is_told_exactly_what_was_missed_by_a_server_that_has_just_started_too() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let (bob, _) = stage.join("bob").await;
    for (number, account) in [(1, alice), (2, bob), (3, alice), (4, alice)] {
        stage.run(&told("deposit", number, account, "seen")).await;
    }
    let new = server(&stage.database, &settings(1)).await;
    for port in [stage.port(), new.port()] {
        let mut socket = Socket::login(port, &token).await.expect("a socket");
        let first = subscribe(&mut socket, "deposits", Some(1)).await;
        let second = socket.next_of("deposits").await.expect("an update");
        assert_eq!(
            (&first["sequence"], &second["sequence"]),
            (&3.into(), &4.into())
        );
    }
    // Of a database that is further, or another one: nothing can be missed of it here.
    let mut socket = Socket::login(new.port(), &token).await.expect("a socket");
    let begun = subscribe(&mut socket, "deposits", Some(99)).await;
    assert_eq!(
        (&begun["type"], &begun["sequence"]),
        (&"snapshot".into(), &4.into())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_channels_take_a_number_and_are_closed_to_strangers() {
    let stage = Stage::open().await;
    let (_, token) = stage.join("alice").await;
    let mut stranger = Socket::connect(stage.port()).await.expect("a socket");
    let ask = |channel: Value| json!({ "op": "subscribe", "channels": [channel] });
    let refused = stranger
        .refused(ask(json!({ "channel": "deposits" })))
        .await;
    assert_eq!(refused.expect("refused").0, "UNAUTHENTICATED");
    let mut socket = Socket::login(stage.port(), &token).await.expect("a socket");
    for (field, value) in [
        ("after", json!({ "BTC/USDT": 1 })),
        ("market", json!("BTC/USDT")),
    ] {
        let mut channel = json!({ "channel": "withdrawals" });
        channel[field] = value;
        let (code, named) = socket.refused(ask(channel)).await.expect("refused");
        assert_eq!(code, "MALFORMED");
        assert_eq!(named, Some(format!("channels[0].{field}")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_is_written_in_one_form_wherever_it_is_told() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    let mut socket = Socket::login(stage.port(), &token).await.expect("a socket");
    subscribe(&mut socket, "deposits", None).await;
    for (network, asset, position) in [(1, "BTC", "output:0"), (2, "ETH", "value")] {
        stage.address(asset, &token).await;
        let text = format!(
            "with made as (
                insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
                    address_id, amount, required_confirmations, state)
                select {network}, sha256('x'), '{position}', s.asset_id, {alice}, a.address_id, 1,
                    2, 'seen'
                from exchange.assets s
                join chain.addresses a on a.account_id = {alice} and a.network_id = {network}
                where s.symbol = '{asset}' limit 1
                returning deposit_id)
            select chain.tell_deposits(array_agg(deposit_id)),
                exchange.mail_deposits('deposit_credited', array_agg(deposit_id)) from made"
        );
        stage.run(&text).await;
        let told = socket.next_of("deposits").await.expect("an update");
        let told = told["deposit"]["txid"].as_str().expect("a transaction");
        let digits = told.strip_prefix("0x");
        assert_eq!(digits.is_some(), asset == "ETH", "{told}");
        assert_eq!(digits.unwrap_or(told).len(), 64, "{told}");
        let listed = stage.get("/api/wallet/deposits?limit=1", &token).await.body;
        assert_eq!(listed["deposits"][0]["txid"], told);
        let mailed = "select facts ->> 'txid' from exchange.mails
            where kind = 'deposit_credited' order by mail_id desc limit 1";
        let row = stage.owner.query_one(mailed, &[]).await.expect("a mail");
        assert_eq!(row.get::<_, String>(0), told);
    }
}
