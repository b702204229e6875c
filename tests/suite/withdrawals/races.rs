//! The same thing at once: money is held once, given back once, and sent or taken back, never both.

use futures::future::{join, join_all};
use serde_json::json;
use tests::checks;
use tests::raw::Call;

use super::{Stage, bitcoin, number_of};

/// Rounds of a race of two.
const ROUNDS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_key_at_once_makes_one_withdrawal() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let stage = &stage;
    let ask = |_| {
        let body = json!({ "asset": "BTC", "address": bitcoin(7).0, "amount": "0.5" });
        let call = Call::post("/api/wallet/withdraw", &body).by(&alice.token);
        let call = call.with("idempotency-key", "once");
        async move { call.send(stage.port()).await }
    };
    let replies = join_all((0..8).map(ask)).await;
    let mut first = 0;
    for reply in replies {
        let reply = reply.expect("an answer");
        assert_eq!(number_of(&reply), "1");
        first += usize::from(reply.body["repeated"] == false);
    }
    assert_eq!(first, 1);
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0.50004");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_money_at_once_goes_once() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, _) = bitcoin(7);
    let replies = join_all((0..6).map(|_| stage.ask(&alice, "BTC", &to, "4"))).await;
    let mut shown: Vec<String> = replies.iter().map(|reply| reply.shown()).collect();
    shown.sort();
    assert_eq!(&shown[..2], ["200", "200"]);
    assert!(
        shown[2..]
            .iter()
            .all(|one| one == "422 INSUFFICIENT_BALANCE"),
        "{shown:?}"
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_and_a_withdrawal_do_not_hold_the_same_money() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, _) = bitcoin(7);
    for _ in 0..ROUNDS {
        let order =
            json!({ "market": "BTC/USDT", "side": "sell", "price": "140", "quantity": "6" });
        let (placed, asked) = join(
            stage.post(&alice.token, "trade/create-order", order),
            stage.ask(&alice, "BTC", &to, "6"),
        )
        .await;
        let mut shown = [placed.shown(), asked.shown()];
        shown.sort();
        assert_eq!(
            shown,
            ["200", "422 INSUFFICIENT_BALANCE"],
            "{placed:?} {asked:?}"
        );
        match asked.status {
            200 => stage.cancel(&alice, &number_of(&asked)).await,
            _ => {
                stage
                    .post(&alice.token, "trade/cancel-all", json!({}))
                    .await
            }
        };
        assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    }
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_cancels_at_once_give_it_back_once() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    for _ in 0..ROUNDS {
        let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
        let replies = join_all((0..3).map(|_| stage.cancel(&alice, &number))).await;
        let repeats = replies
            .iter()
            .filter(|reply| reply.body["repeated"] == true);
        assert_eq!(repeats.count(), 2, "{replies:?}");
        assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    }
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_takes_it_back_or_the_payments_take_it_never_both() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let payments = stage.database.owner().await;
    let (to, _) = bitcoin(7);
    let mut taken = 0;
    for _ in 0..ROUNDS {
        let number = stage.withdraw(&alice, "BTC", &to, "0.1").await;
        let plan = format!(
            "with made as (
                insert into chain.payments (network_id, purpose, asset_id, amount, plan)
                values (1, 'withdrawal', 1, 1, '{{}}') returning payment_id)
             select exchange.move_withdrawals(array[{number}], 'approved', payment_id) from made"
        );
        let (planned, cancelled) =
            join(payments.batch_execute(&plan), stage.cancel(&alice, &number)).await;
        assert_eq!(
            planned.is_ok(),
            cancelled.status == 409,
            "{planned:?} {cancelled:?}"
        );
        let state = if planned.is_ok() {
            "approved"
        } else {
            "cancelled"
        };
        assert_eq!(stage.state(&number).await, state);
        taken += usize::from(planned.is_ok());
    }
    let held = format!("{}", 10_004 * taken);
    let held_now = format!(
        "select trim_scale(held * 100000000)::bigint / 1000 from exchange.balances
         where account_id = {} and asset_id = 1",
        alice.account
    );
    assert_eq!(stage.text(&held_now).await, held);
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_reviewers_at_once_count_as_two_and_no_more_than_needed() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (one, two) = (stage.staff("reviewer").await, stage.staff("finance").await);
    for (amount, approvals) in [("2", 1), ("6", 2), ("2", 1), ("6", 2)] {
        let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, amount).await;
        let (first, second) = join(
            stage.review(&one, &number, true),
            stage.review(&two, &number, true),
        )
        .await;
        let done = [&first, &second]
            .iter()
            .filter(|reply| reply.status == 200)
            .count();
        assert_eq!(done, approvals, "{first:?} {second:?}");
        assert_eq!(stage.state(&number).await, "approved");
        stage.cancel(&alice, &number).await;
    }
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_an_approval_and_a_rejection_at_once_one_wins() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (one, two) = (stage.staff("reviewer").await, stage.staff("finance").await);
    for _ in 0..ROUNDS {
        let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
        let (yes, no) = join(
            stage.review(&one, &number, true),
            stage.review(&two, &number, false),
        )
        .await;
        let mut shown = [yes.shown(), no.shown()];
        shown.sort();
        assert_eq!(shown, ["200", "409 WITHDRAWAL_DECIDED"]);
        let state = if yes.status == 200 {
            "approved"
        } else {
            "rejected"
        };
        assert_eq!(stage.state(&number).await, state);
        stage.cancel(&alice, &number).await;
        assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    }
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_settling_and_giving_back_at_once_one_wins() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (one, two) = (stage.database.owner().await, stage.database.owner().await);
    for _ in 0..ROUNDS {
        let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.1").await;
        let payment = stage.plan(&[&number]).await;
        stage.step(&[&number], "signed", &payment).await;
        let settle = format!("select exchange.settle_withdrawal({number})");
        let refund = format!("select exchange.refund_withdrawal({number}, 'failed', 'x')");
        let (settled, refunded) =
            join(one.batch_execute(&settle), two.batch_execute(&refund)).await;
        assert_ne!(settled.is_ok(), refunded.is_ok());
        let state = if settled.is_ok() {
            "confirmed"
        } else {
            "failed"
        };
        assert_eq!(stage.state(&number).await, state);
    }
    checks::assert_clean(&stage.owner).await;
}

/// Everything that touches two balances, in both directions, with orders between: nobody waits in a
/// circle, and nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_all_of_it_leaves_the_books_in_order() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    for (user, seed) in [(&alice, 21), (&bob, 22)] {
        let (address, script) = bitcoin(seed);
        stage
            .run(&format!(
                "insert into chain.addresses (network_id, account_id, asset_id, address, script)
                 values (1, {}, 1, '{address}', decode('{script}', 'hex'))",
                user.account
            ))
            .await;
    }
    stage
        .run(
            "select risk.publish_rule('look', 'withdrawal', 'frequent_activity',
                 '{\"most\": 0, \"within_seconds\": 60}', 'review', 'LOOK');
             select risk.publish_rule('orders', 'order', 'order_notional',
                 '{\"asset\": \"USDT\", \"most\": \"1\", \"within_seconds\": 60}',
                 'review', 'MANY')",
        )
        .await;
    let (stage, officer) = (&stage, &stage.staff("finance").await);
    let pay = async |from: &super::User, to: u8| {
        for _ in 0..ROUNDS {
            let reply = stage.ask(from, "BTC", &bitcoin(to).0, "0.01").await;
            let done = stage.review(officer, &number_of(&reply), true).await;
            assert_eq!(done.body["state"], "confirmed", "{done:?}");
        }
    };
    let send = async |from: &super::User| {
        for round in 0..ROUNDS {
            let number = stage.withdraw(from, "BTC", &bitcoin(7).0, "0.01").await;
            if round % 2 == 0 {
                assert_eq!(stage.cancel(from, &number).await.shown(), "200");
                continue;
            }
            let done = stage.review(officer, &number, true).await;
            assert_eq!(done.body["state"], "approved", "{done:?}");
            let payment = stage.plan(&[&number]).await;
            stage.step(&[&number], "signed", &payment).await;
            stage
                .run(&format!("select exchange.settle_withdrawal({number})"))
                .await;
        }
    };
    let trade = async |user: &super::User, side: &str| {
        for _ in 0..ROUNDS {
            let order = json!({ "market": "BTC/USDT", "side": side, "price": "100",
                "quantity": "0.1" });
            let placed = stage.post(&user.token, "trade/create-order", order).await;
            assert_eq!(placed.shown(), "200", "{placed:?}");
        }
    };
    let payments = join(pay(&alice, 22), pay(&bob, 21));
    let sendings = join(send(&alice), send(&bob));
    let trades = join(trade(&alice, "buy"), trade(&bob, "sell"));
    join(payments, join(sendings, trades)).await;
    for user in [&alice, &bob] {
        let all = json!({});
        stage.post(&user.token, "trade/cancel-all", all).await;
    }
    assert_eq!(
        stage.text("select sum(held) from exchange.balances").await,
        "0.000000000000000000"
    );
    checks::assert_clean(&stage.owner).await;
}
