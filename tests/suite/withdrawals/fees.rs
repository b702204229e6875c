//! What a withdrawal costs: from the node's measurements, by hour, by price, and as promised.

use serde_json::{Value, json};
use tests::checks;

use super::{Stage, User, bitcoin, ethereum, told};

async fn fee(stage: &Stage, user: &User, asset: &str) -> Value {
    let path = format!("wallet/withdraw-fee?asset={asset}");
    let reply = stage.get(&user.token, &path).await;
    assert_eq!(reply.shown(), "200", "{reply:?}");
    reply.body
}

async fn samples(stage: &Stage, network: i32, rates: &[&str]) {
    stage
        .run(&format!(
            "delete from chain.fee_samples where network_id = {network}"
        ))
        .await;
    for (minutes, rate) in rates.iter().enumerate() {
        stage
            .run(&format!(
                "insert into chain.fee_samples (network_id, sampled_at, rate)
                 values ({network}, now() - {minutes} * interval '1 minute', {rate})"
            ))
            .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_fee_follows_the_network_and_is_rounded_up_to_the_atom() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    // 200 virtual bytes; between 1,000 and 100,000 satoshi.
    for (rate, expected) in [
        ("20", "0.00004000"),
        ("20.001", "0.00004001"),
        ("33.3333", "0.00006667"),
        ("1", "0.00001000"),
        ("5000", "0.00100000"),
    ] {
        samples(&stage, 1, &[rate]).await;
        let quote = fee(&stage, &alice, "BTC").await;
        assert_eq!(quote["fee"], expected, "{rate} satoshi a virtual byte");
        assert_eq!(quote["minWithdrawal"], "0.00100000");
        assert_eq!(
            (&quote["network"], &quote["quietPpm"]),
            (&json!("bitcoin"), &json!(0))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_spike_of_a_minute_does_not_move_it() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    samples(&stage, 1, &["400", "20", "21", "19", "20"]).await;
    assert_eq!(fee(&stage, &alice, "BTC").await["fee"], "0.00004000");
    // One that lasts does; what is older than half an hour does not count.
    samples(&stage, 1, &["400", "400", "400", "20", "20"]).await;
    assert_eq!(fee(&stage, &alice, "BTC").await["fee"], "0.00080000");
    samples(&stage, 1, &["30"]).await;
    stage
        .run(
            "insert into chain.fee_samples (network_id, sampled_at, rate)
             select 1, now() - interval '31 minutes' - n * interval '1 second', 400
             from generate_series(1, 9) n",
        )
        .await;
    assert_eq!(fee(&stage, &alice, "BTC").await["fee"], "0.00006000");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tokens_fee_is_the_coins_by_the_last_prices() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    // 150,000 gas at 20 gwei are 0.003 ETH, 100 USDT each.
    let quote = fee(&stage, &alice, "USDT").await;
    assert_eq!(quote["fee"], "0.300000");
    assert_eq!(
        fee(&stage, &alice, "ETH").await["fee"],
        "0.002400000000000000"
    );
    // ETH trades at 120 now.
    let bob = stage.join("bob").await;
    for (user, side) in [(&bob, "sell"), (&alice, "buy")] {
        let order = json!({ "market": "ETH/USDT", "side": side, "price": "120", "quantity": "1" });
        let placed = stage.post(&user.token, "trade/create-order", order).await;
        assert_eq!(placed.shown(), "200", "{placed:?}");
    }
    assert_eq!(fee(&stage, &alice, "USDT").await["fee"], "0.360000");
    samples(&stage, 2, &["20000000001"]).await;
    assert_eq!(fee(&stage, &alice, "USDT").await["fee"], "0.360001");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_price_the_most_is_asked_and_without_a_measurement_nothing_is_promised() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage
        .run(
            "insert into exchange.assets (asset_id, symbol, scale) values (9, 'PEPE', 4);
             select chain.create_coin('PEPE', 'ethereum', decode(repeat('ab', 20), 'hex'), 3, 50,
                 12, 1, 1, 10, 50, 150000, 1, 77.5, 10, 10, 1000);",
        )
        .await;
    assert_eq!(fee(&stage, &alice, "PEPE").await["fee"], "77.5000");
    stage.run("delete from chain.fee_samples").await;
    let refused = stage
        .get(&alice.token, "wallet/withdraw-fee?asset=BTC")
        .await;
    assert_eq!(refused.shown(), "503 FEE_UNKNOWN");
    let refused = stage.ask(&alice, "BTC", &bitcoin(7).0, "1").await;
    assert_eq!(refused.shown(), "503 FEE_UNKNOWN");
    for (path, refusal) in [
        ("asset=DOGE", "404 UNKNOWN_ASSET asset"),
        ("asset=BTC&network=dogecoin", "404 UNKNOWN_NETWORK network"),
        ("network=bitcoin", "400 MALFORMED asset"),
    ] {
        let reply = stage
            .get(&alice.token, &format!("wallet/withdraw-fee?{path}"))
            .await;
        assert_eq!(told(&reply), refusal);
    }
}

/// A month of samples, an hour apart: this hour of the day costs `now`, all others `else`.
async fn month(stage: &Stage, days: i32, now: i32, other: i32) {
    stage
        .run(&format!(
            "delete from chain.fee_samples where network_id = 1;
             insert into chain.fee_samples (network_id, sampled_at, rate)
             select 1, at, case when extract(hour from at at time zone 'utc')
                 = extract(hour from now() at time zone 'utc') then {now} else {other} end
             from generate_series(now() - {days} * interval '1 day', now(), interval '1 hour') at"
        ))
        .await;
    stage.run("select chain.measure_quiet_hours()").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_that_was_quiet_for_weeks_is_cheaper_by_more_than_the_network_is() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    for (days, now, other, fee_now, quiet_ppm) in [
        // A tenth less: 36 satoshi a virtual byte, and a tenth off that.
        (20, 36, 40, "0.00006480", 100_000),
        // A fifth off at most.
        (20, 20, 40, "0.00003200", 200_000),
        // A dear hour costs what the network asks, no more.
        (20, 50, 40, "0.00010000", 0),
        // Too few days say nothing.
        (5, 36, 40, "0.00007200", 0),
    ] {
        month(&stage, days, now, other).await;
        let quote = fee(&stage, &alice, "BTC").await;
        let seen = (&quote["fee"], &quote["quietPpm"]);
        assert_eq!(
            seen,
            (&json!(fee_now), &json!(quiet_ppm)),
            "{now} against {other}"
        );
    }
    let hours = "select count(*) from chain.fee_hours where network_id = 1";
    assert_eq!(stage.text(hours).await, "24");
    stage
        .run("delete from chain.fee_samples; select chain.measure_quiet_hours()")
        .await;
    assert_eq!(stage.text(hours).await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_promise_is_kept_while_the_fee_rises_and_ends_after_a_minute() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let quote = fee(&stage, &alice, "BTC").await;
    let life = "select extract(epoch from expires_at - created_at)::integer
        from exchange.withdrawal_quotes";
    assert_eq!(stage.text(life).await, "60");
    samples(&stage, 1, &["400"]).await;
    let ask = async |quote: &Value, asset: &str, to: &str| {
        let body = json!({ "asset": asset, "address": to, "amount": "0.5",
            "quoteId": quote["quoteId"] });
        stage.post(&alice.token, "wallet/withdraw", body).await
    };
    let (to, _) = bitcoin(7);
    let made = ask(&quote, "BTC", &to).await;
    assert_eq!(made.body["withdrawal"]["fee"], "0.00004000", "{made:?}");
    let now = stage.ask(&alice, "BTC", &to, "0.5").await;
    assert_eq!(now.body["withdrawal"]["fee"], "0.00080000", "{now:?}");
    let again = ask(&quote, "BTC", &to).await;
    assert_eq!(told(&again), "409 QUOTE_EXPIRED quoteId", "it was used");
    let other = ask(&quote, "ETH", &ethereum(7)).await;
    assert_eq!(told(&other), "404 QUOTE_NOT_FOUND quoteId");
    stage
        .run(
            "update exchange.withdrawal_quotes set created_at = now() - interval '61 seconds',
                expires_at = now() - interval '1 second'",
        )
        .await;
    assert_eq!(
        told(&ask(&quote, "BTC", &to).await),
        "409 QUOTE_EXPIRED quoteId"
    );
    // Forgotten a day later, and the withdrawal keeps its fee.
    let forget = "select exchange.forget_withdrawal_quotes()";
    assert_eq!(stage.text(forget).await, "0");
    stage
        .run(
            "update exchange.withdrawal_quotes set created_at = now() - interval '3 days',
                expires_at = now() - interval '25 hours'",
        )
        .await;
    assert_eq!(stage.text(forget).await, "1");
    let kept = "select fee || ' ' || coalesce(quote_id::text, 'none') from exchange.withdrawals
        where withdrawal_id = 1";
    assert_eq!(stage.text(kept).await, "0.00004000 none");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_promise_is_one_row_until_it_is_used() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let first = fee(&stage, &alice, "BTC").await;
    stage
        .run(
            "update exchange.withdrawal_quotes set created_at = created_at - interval '50 seconds',
            expires_at = expires_at - interval '50 seconds'",
        )
        .await;
    let again = fee(&stage, &alice, "BTC").await;
    assert_eq!(again["quoteId"], first["quoteId"]);
    // Good for a whole minute once more.
    let lives = "select (expires_at - created_at)::text || (expires_at > now() + interval '30 s')
        from exchange.withdrawal_quotes";
    assert_eq!(stage.text(lives).await, "00:01:00true");
    for other in [
        fee(&stage, &alice, "ETH").await,
        fee(&stage, &bob, "BTC").await,
    ] {
        assert_ne!(other["quoteId"], first["quoteId"]);
    }
    samples(&stage, 1, &["400"]).await;
    let dearer = fee(&stage, &alice, "BTC").await;
    assert_ne!(dearer["quoteId"], first["quoteId"]);
    let body = json!({ "asset": "BTC", "address": bitcoin(7).0, "amount": "0.5",
        "quoteId": dearer["quoteId"] });
    let made = stage.post(&alice.token, "wallet/withdraw", body).await;
    assert_eq!(made.shown(), "200", "{made:?}");
    let next = fee(&stage, &alice, "BTC").await;
    assert_ne!(next["quoteId"], dearer["quoteId"]);
}
