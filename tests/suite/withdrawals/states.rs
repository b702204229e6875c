//! From the request to the end: what each step does to money, ledger, streams and mails.

use serde_json::json;
use tests::checks;
use tests::trading::rows;

use super::{Stage, User, bitcoin, told};

const FINANCE: &str = "select payload ->> 'change' from exchange.events
    where stream_id = 10001 order by first_sequence";
const ASSET: &str = "select concat_ws(' ', payload ->> 'change', payload ->> 'amount',
        payload ->> 'available', payload ->> 'held')
    from exchange.events where stream_id = 10000 and payload ? 'withdrawal_id'
    order by first_sequence";
const MAILS: &str = "select concat_ws(' ', kind, facts ->> 'state', facts ->> 'reason')
    from exchange.mails where kind like 'withdrawal%' order by mail_id";

/// What the ledger says of a user's bitcoins.
async fn ledger(stage: &Stage, user: &User) -> Vec<String> {
    let ledger = stage.get(&user.token, "account/ledger?asset=BTC").await;
    ledger.body["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|e| {
            format!(
                "{} {} {} {}",
                e["kind"], e["referenceId"], e["leg"], e["amount"]
            )
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawal_that_arrives_is_settled_once_and_the_fee_is_the_houses() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&number]).await;
    let planned = stage.withdrawal(&alice, &number).await;
    assert_eq!(
        (&planned["state"], &planned["mayCancel"]),
        (&json!("approved"), &json!(false))
    );
    for state in ["signed", "signed", "broadcast", "broadcast"] {
        stage.step(&[&number], state, &payment).await;
        assert_eq!(stage.state(&number).await, state);
    }
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0.50004");
    let settle = format!("select exchange.settle_withdrawal({number})");
    assert_eq!(stage.text(&settle).await, "1");
    assert_eq!(stage.text(&settle).await, "0");
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0");
    let fees = "select trim_scale(available) from exchange.balances b
        join exchange.accounts a on a.account_id = b.account_id and a.role = 'withdrawal_fees'";
    assert_eq!(stage.text(fees).await, "0.00004");
    assert_eq!(
        rows(&stage.owner, FINANCE).await,
        ["approved", "signed", "broadcast", "confirmed"]
    );
    assert_eq!(
        rows(&stage.owner, ASSET).await,
        [
            "withdrawal_held -0.50004000 9.49996000 0.50004000",
            "withdrawn -0.50004000 9.49996000 0.00000000",
            "withdrawal_fee 0.00004000 0.00004000 0.00000000"
        ]
    );
    assert_eq!(
        rows(&stage.owner, MAILS).await,
        [
            "withdrawal_requested requested",
            "withdrawal_ended confirmed"
        ]
    );
    assert_eq!(
        ledger(&stage, &alice).await,
        [
            format!(r#""withdrawal" "{number}" "withdrawal" "-0.50000000""#),
            format!(r#""withdrawal" "{number}" "fee" "-0.00004000""#),
            r#""adjustment" "1" "adjustment" "10.00000000""#.to_owned(),
        ]
    );
    let statement = format!(
        "select string_agg(leg || ' ' || balance, ', ')
         from exchange.account_statement({}) where asset = 'BTC'",
        alice.account
    );
    assert_eq!(
        stage.text(&statement).await,
        "adjustment 10.00000000, fee 9.99996000, withdrawal 9.49996000"
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_the_ledger_goes_on_between_the_entries_of_one_withdrawal() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&number]).await;
    stage.step(&[&number], "signed", &payment).await;
    stage
        .run(&format!("select exchange.settle_withdrawal({number})"))
        .await;
    let mut path = "account/ledger?asset=BTC&limit=1".to_owned();
    let mut amounts = Vec::new();
    loop {
        let page = stage.get(&alice.token, &path).await;
        amounts.push(
            page.body["entries"][0]["amount"]
                .as_str()
                .expect("an amount")
                .to_owned(),
        );
        match page.body["nextCursor"].as_str() {
            Some(cursor) => path = format!("account/ledger?asset=BTC&limit=1&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(amounts, ["-0.50000000", "-0.00004000", "10.00000000"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_owner_takes_back_what_is_not_being_sent() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let waiting = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let approved = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(stage.state(&waiting).await, "requested");
    for number in [&waiting, &approved] {
        let done = stage.cancel(&alice, number).await;
        assert_eq!(done.body["repeated"], false, "{done:?}");
        let again = stage.cancel(&alice, number).await;
        assert_eq!(again.body["repeated"], true, "{again:?}");
        let seen = stage.withdrawal(&alice, number).await;
        assert_eq!(seen["reason"], "cancelled by the owner");
        assert!(seen["endedAt"].is_i64());
    }
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    let sent = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&sent]).await;
    for state in ["approved", "signed", "broadcast"] {
        stage.step(&[&sent], state, &payment).await;
        let late = stage.cancel(&alice, &sent).await;
        assert_eq!(told(&late), "409 WITHDRAWAL_NOT_CANCELLABLE withdrawalId");
    }
    stage
        .run(&format!("select exchange.settle_withdrawal({sent})"))
        .await;
    let late = stage.cancel(&alice, &sent).await;
    assert_eq!(late.shown(), "409 WITHDRAWAL_NOT_CANCELLABLE");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_shall_not_be_sent_gives_its_withdrawals_back_to_the_planner() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&number]).await;
    stage.step(&[&number], "signed", &payment).await;
    stage.step(&[&number], "approved", "null").await;
    assert_eq!(stage.withdrawal(&alice, &number).await["mayCancel"], true);
    let second = stage.plan(&[&number]).await;
    assert_ne!(second, payment);
    // The first payment has no say any more, and nothing goes backwards.
    for (state, payment) in [("signed", &payment), ("broadcast", &second)] {
        let step =
            format!("select exchange.move_withdrawals(array[{number}], '{state}', {payment})");
        assert!(
            stage.refusal(&step).await.contains("does not become"),
            "{state}"
        );
    }
    stage.step(&[&number], "signed", &second).await;
    stage.step(&[&number], "broadcast", &second).await;
    // Not even the network's having had it holds it back, where that came to nothing.
    stage.step(&[&number], "approved", "null").await;
    assert_eq!(stage.withdrawal(&alice, &number).await["mayCancel"], true);
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_fails_gives_the_money_back_and_tells_why() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&number]).await;
    stage.step(&[&number], "signed", &payment).await;
    stage.step(&[&number], "broadcast", &payment).await;
    let refund =
        format!("select exchange.refund_withdrawal({number}, 'failed', 'the network refused it')");
    assert_eq!(stage.text(&refund).await, "1");
    assert_eq!(stage.text(&refund).await, "0");
    assert_eq!(stage.balance(alice.account, "BTC").await, "10 0");
    // An end is an end.
    for wrong in [
        format!("select exchange.settle_withdrawal({number})"),
        format!("select exchange.refund_withdrawal({number}, 'rejected', 'x')"),
        format!("select exchange.refund_withdrawal({number}, 'confirmed', 'x')"),
    ] {
        stage.refusal(&wrong).await;
    }
    let seen = stage.withdrawal(&alice, &number).await;
    assert_eq!(
        (&seen["state"], &seen["reason"]),
        (&json!("failed"), &json!("the network refused it"))
    );
    assert_eq!(
        rows(&stage.owner, FINANCE).await,
        ["approved", "signed", "broadcast", "failed"]
    );
    assert_eq!(
        rows(&stage.owner, MAILS).await,
        [
            "withdrawal_requested requested",
            "withdrawal_ended failed the network refused it"
        ]
    );
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_settled_that_was_not_signed() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let waiting = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "2").await;
    let approved = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    for number in [&waiting, &approved] {
        let settle = format!("select exchange.settle_withdrawal({number})");
        assert!(stage.refusal(&settle).await.contains("cannot be settled"));
    }
    let skip = format!("select exchange.move_withdrawals(array[{waiting}], 'approved', null)");
    assert!(stage.refusal(&skip).await.contains("does not become"));
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_of_one_payment_end_together() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let mut numbers = Vec::new();
    for user in [&bob, &alice, &bob] {
        numbers.push(stage.withdraw(user, "BTC", &bitcoin(7).0, "0.5").await);
    }
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let payment = stage.plan(&numbers).await;
    stage.step(&numbers, "signed", &payment).await;
    let all = numbers.join(",");
    let settled = format!("select exchange.settle_withdrawals(array[{all}]::bigint[])");
    assert_eq!(stage.text(&settled).await, "3");
    assert_eq!(stage.balance(alice.account, "BTC").await, "9.49996 0");
    assert_eq!(stage.balance(bob.account, "BTC").await, "8.99992 0");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_freezes_the_account_by_the_mails_link_gets_back_what_is_not_being_sent() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let sent = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let payment = stage.plan(&[&sent]).await;
    stage.step(&[&sent], "signed", &payment).await;
    let approved = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let waiting = stage
        .withdraw(&alice, "ETH", &super::ethereum(7), "20")
        .await;
    stage
        .run(&format!(
            "insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
             values (decode(repeat('ab', 32), 'hex'), {}, 'freeze', now() + interval '1 day');
             select exchange.freeze_account(decode(repeat('ab', 32), 'hex'))",
            alice.account
        ))
        .await;
    for (number, state) in [
        (&sent, "signed"),
        (&approved, "cancelled"),
        (&waiting, "cancelled"),
    ] {
        assert_eq!(stage.state(number).await, state);
    }
    assert_eq!(stage.balance(alice.account, "ETH").await, "100 0");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_filters_and_pages() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let mut numbers = Vec::new();
    for amount in ["0.1", "0.2", "0.3"] {
        numbers.insert(
            0,
            stage.withdraw(&alice, "BTC", &bitcoin(7).0, amount).await,
        );
    }
    let other = stage
        .withdraw(&alice, "ETH", &super::ethereum(7), "1")
        .await;
    stage.cancel(&alice, &other).await;
    let list = async |query: &str| {
        let reply = stage
            .get(&alice.token, &format!("wallet/withdrawals?{query}"))
            .await;
        let rows = reply.body["withdrawals"].as_array();
        let rows = rows.unwrap_or_else(|| panic!("{query}: {reply:?}"));
        let numbers = rows
            .iter()
            .map(|row| row["withdrawalId"].as_str().expect("a number"));
        let numbers: Vec<String> = numbers.map(str::to_owned).collect();
        (
            numbers,
            reply.body["nextCursor"].as_str().map(str::to_owned),
        )
    };
    assert_eq!(list("asset=BTC").await.0, numbers);
    assert_eq!(
        list("state=cancelled").await.0,
        std::slice::from_ref(&other)
    );
    assert_eq!(
        list("network=ethereum").await.0,
        std::slice::from_ref(&other)
    );
    assert_eq!(list("asset=BTC&network=ethereum").await.0, [""; 0]);
    assert_eq!(list("from=4102444800000").await.0, [""; 0]);
    assert_eq!(list("to=4102444800000").await.0.len(), 4);
    let (first, cursor) = list("asset=BTC&limit=2").await;
    assert_eq!(first, numbers[..2]);
    let cursor = cursor.expect("another page");
    let (rest, end) = list(&format!("asset=BTC&limit=2&cursor={cursor}")).await;
    assert_eq!((rest, end), (numbers[2..].to_vec(), None));
    let unknown = stage
        .get(&alice.token, "wallet/withdrawals?asset=DOGE")
        .await;
    assert_eq!(told(&unknown), "404 UNKNOWN_ASSET asset");
    let unknown = stage
        .get(&alice.token, "wallet/withdrawals?network=dogecoin")
        .await;
    assert_eq!(told(&unknown), "404 UNKNOWN_NETWORK network");
}
