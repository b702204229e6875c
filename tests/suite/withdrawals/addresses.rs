//! The address book: cool-down, withdrawals to the book alone, and what the owner is told.

use serde_json::{Value, json};
use tests::checks;
use tests::raw::Reply;
use tests::trading::rows;

use super::{Stage, User, bitcoin, ethereum, told};

async fn add(stage: &Stage, user: &User, network: &str, address: &str) -> Reply {
    let body = json!({ "network": network, "address": address, "label": "cold store" });
    stage.post(&user.token, "wallet/addresses", body).await
}

async fn mode(stage: &Stage, user: &User, book_only: bool) -> Value {
    let body = json!({ "bookOnly": book_only });
    let reply = stage
        .post(&user.token, "wallet/withdrawal-mode", body)
        .await;
    assert_eq!(reply.shown(), "200", "{reply:?}");
    reply.body
}

const A_DAY_PASSES: &str = "
    update exchange.withdrawal_addresses set usable_from = usable_from - interval '24 hours';
    update exchange.accounts set book_only_ends_at = book_only_ends_at - interval '24 hours'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_cools_down_for_a_day_and_the_owner_gets_a_mail() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (to, _) = bitcoin(7);
    let added = add(&stage, &alice, "bitcoin", &to.to_uppercase()).await;
    assert_eq!(added.shown(), "200", "{added:?}");
    // As it is usually written.
    assert_eq!(added.body["address"], to);
    let times = [&added.body["usableFrom"], &added.body["createdAt"]];
    let times = times.map(|time| time.as_i64().expect("a time"));
    assert_eq!(times[0] - times[1], 86_400_000);
    let again = add(&stage, &alice, "bitcoin", &to).await;
    assert_eq!(again.body["repeated"], true, "{again:?}");
    assert_eq!(again.body["addressId"], added.body["addressId"]);
    let early = stage.ask(&alice, "BTC", &to, "0.5").await;
    assert_eq!(told(&early), "403 ADDRESS_COOLING_DOWN address");
    let mail = "select concat_ws(' ', kind, facts ->> 'label', facts ->> 'to', facts ->> 'network')
        from exchange.mails where kind like 'withdrawal%'";
    assert_eq!(
        rows(&stage.owner, mail).await,
        [format!("withdrawal_address_added cold store {to} bitcoin")]
    );
    stage.run(A_DAY_PASSES).await;
    assert_eq!(stage.ask(&alice, "BTC", &to, "0.5").await.shown(), "200");
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_owner_wants_it_money_goes_to_the_book_alone() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let (known, unknown) = (bitcoin(7).0, bitcoin(8).0);
    add(&stage, &alice, "bitcoin", &known).await;
    stage.run(A_DAY_PASSES).await;
    let on = mode(&stage, &alice, true).await;
    assert_eq!(on, json!({ "bookOnly": true, "bookOnlyEndsAt": null }));
    assert_eq!(stage.ask(&alice, "BTC", &known, "0.1").await.shown(), "200");
    let refused = stage.ask(&alice, "BTC", &unknown, "0.1").await;
    assert_eq!(told(&refused), "403 ADDRESS_NOT_IN_BOOK address");
    // Taken back it holds for a day more, and a thief's request is in a mail.
    let off = mode(&stage, &alice, false).await;
    assert_eq!(off["bookOnly"], true, "{off}");
    assert!(off["bookOnlyEndsAt"].is_i64());
    let repeated = mode(&stage, &alice, false).await;
    assert_eq!(repeated, off);
    let mails = "select count(*) from exchange.mails where facts ? 'any_from'";
    assert_eq!(stage.text(mails).await, "1");
    let refused = stage.ask(&alice, "BTC", &unknown, "0.1").await;
    assert_eq!(told(&refused), "403 ADDRESS_NOT_IN_BOOK address");
    stage.run(A_DAY_PASSES).await;
    assert_eq!(
        stage.ask(&alice, "BTC", &unknown, "0.1").await.shown(),
        "200"
    );
    let book = stage.get(&alice.token, "wallet/addresses").await;
    assert_eq!(
        book.body["mode"],
        json!({ "bookOnly": false, "bookOnlyEndsAt": null })
    );
    // And on again at once.
    assert_eq!(mode(&stage, &alice, true).await["bookOnly"], true);
    let refused = stage.ask(&alice, "BTC", &unknown, "0.1").await;
    assert_eq!(told(&refused), "403 ADDRESS_NOT_IN_BOOK address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changes_the_mind_within_the_day_stays_with_the_book() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    mode(&stage, &alice, true).await;
    mode(&stage, &alice, false).await;
    let on = mode(&stage, &alice, true).await;
    assert_eq!(on, json!({ "bookOnly": true, "bookOnlyEndsAt": null }));
    stage.run(A_DAY_PASSES).await;
    let refused = stage.ask(&alice, "BTC", &bitcoin(8).0, "0.1").await;
    assert_eq!(told(&refused), "403 ADDRESS_NOT_IN_BOOK address");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_taken_out_by_its_owner_alone() {
    let stage = Stage::set().await;
    let (alice, mallory) = (stage.join("alice").await, stage.join("mallory").await);
    let added = add(&stage, &alice, "bitcoin", &bitcoin(7).0).await;
    let other = add(&stage, &alice, "ethereum", &ethereum(7)).await;
    let remove = async |user: &User| {
        let body = json!({ "addressId": added.body["addressId"] });
        stage
            .post(&user.token, "wallet/addresses/remove", body)
            .await
    };
    assert_eq!(
        told(&remove(&mallory).await),
        "404 ADDRESS_NOT_FOUND addressId"
    );
    assert_eq!(remove(&alice).await.shown(), "200");
    assert_eq!(remove(&alice).await.shown(), "200");
    let book = stage.get(&alice.token, "wallet/addresses").await;
    let entries = book.body["addresses"].as_array().expect("a book");
    assert_eq!(entries.len(), 1, "{book:?}");
    assert_eq!(entries[0]["addressId"], other.body["addressId"]);
    assert_eq!(entries[0]["label"], "cold store");
    let theirs = stage.get(&mallory.token, "wallet/addresses").await;
    assert_eq!(theirs.body["addresses"], json!([]));
    // What was taken out is not in the book, however long it was there.
    mode(&stage, &alice, true).await;
    stage.run(A_DAY_PASSES).await;
    let refused = stage.ask(&alice, "BTC", &bitcoin(7).0, "0.1").await;
    assert_eq!(told(&refused), "403 ADDRESS_NOT_IN_BOOK address");
    // Added anew it cools down anew.
    let again = add(&stage, &alice, "bitcoin", &bitcoin(7).0).await;
    assert_ne!(again.body["addressId"], added.body["addressId"]);
    assert_eq!(again.body["repeated"], false);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_book_is_changed_by_a_session_that_proves_who_it_is() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage
        .run("update exchange.sessions set stepped_up_at = now() - interval '1 hour'")
        .await;
    for (path, body) in [
        (
            "addresses",
            json!({ "network": "bitcoin", "address": bitcoin(7).0, "label": "x" }),
        ),
        ("addresses/remove", json!({ "addressId": 1 })),
        ("withdrawal-mode", json!({ "bookOnly": true })),
    ] {
        let reply = stage
            .post(&alice.token, &format!("wallet/{path}"), body)
            .await;
        assert_eq!(reply.shown(), "403 STEP_UP_REQUIRED", "{path}");
    }
    assert_eq!(
        stage.get(&alice.token, "wallet/addresses").await.status,
        200
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_address_of_the_network_is_refused_by_field() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    for (network, address, refusal) in [
        ("dogecoin", bitcoin(7).0, "404 UNKNOWN_NETWORK network"),
        ("ethereum", bitcoin(7).0, "400 WRONG_NETWORK address"),
        ("bitcoin", ethereum(7), "400 WRONG_NETWORK address"),
        (
            "ethereum",
            ethereum(0xdd),
            "400 UNSUPPORTED_ADDRESS address",
        ),
    ] {
        let reply = add(&stage, &alice, network, &address).await;
        assert_eq!(told(&reply), refusal, "{address}");
    }
    let body = json!({ "network": "bitcoin", "address": bitcoin(7).0, "label": "" });
    let reply = stage.post(&alice.token, "wallet/addresses", body).await;
    assert_eq!(told(&reply), "400 MALFORMED label");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_has_an_end() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage
        .run(&format!(
            "insert into exchange.withdrawal_addresses (account_id, network_id, address, script,
                 label, usable_from)
             select {}, 1, 'a' || n, sha256(n::text::bytea), 'x', now()
             from generate_series(1, 100) n",
            alice.account
        ))
        .await;
    let reply = add(&stage, &alice, "bitcoin", &bitcoin(7).0).await;
    assert_eq!(reply.shown(), "422 TOO_MANY_ADDRESSES");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_is_saved_is_known_to_the_rules_and_stops_no_other_withdrawal() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage
        .run(
            "select risk.publish_rule('new', 'withdrawal', 'new_withdrawal_address',
                 '{\"cool_down_seconds\": 86400}', 'hold', 'NEW');
             select risk.publish_rule('after', 'withdrawal', 'after_security_change',
                 '{\"within_seconds\": 86400}', 'deny', 'AFTER')",
        )
        .await;
    let (to, other) = (bitcoin(7).0, bitcoin(8).0);
    add(&stage, &alice, "bitcoin", &to).await;
    // Held because it is new, and not denied because another one was saved.
    let held = stage.withdraw(&alice, "BTC", &other, "0.1").await;
    assert_eq!(stage.state(&held).await, "requested");
    stage.run(A_DAY_PASSES).await;
    stage
        .run("update risk.activities set occurred_at = occurred_at - interval '1 day'")
        .await;
    let known = stage.withdraw(&alice, "BTC", &to, "0.1").await;
    assert_eq!(stage.state(&known).await, "approved");
}
