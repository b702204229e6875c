//! What waits is judged again when it goes on: a change of security, a debt of the same owner, a
//! level that was taken back and a halt stop it as they stop a new request.

use serde_json::json;
use tests::checks;
use tests::raw::Reply;
use tests::wait;

use super::{Stage, User, bitcoin, told};

/// A debt of an account: a deposit of theirs vanished after the money was spent.
fn owes(account: i64) -> String {
    format!(
        "insert into chain.addresses (network_id, account_id, asset_id, address, script)
        values (1, {account}, 1, 'own {account}', sha256('{account}'));
        insert into exchange.deposits (network_id, txid, position, asset_id, account_id,
            address_id, amount, required_confirmations, state)
        select 1, sha256('{account}'), 'output:0', 1, {account}, address_id, 1, 1, 'orphaned'
        from chain.addresses where account_id = {account};
        insert into exchange.deposit_entries (deposit_id, account_id, asset_id, amount,
            debt_amount, external_account_id, debts_account_id)
        select d.deposit_id, {account}, 1, v.amount, v.debt, exchange.house_account('external'),
            exchange.house_account('debts')
        from exchange.deposits d, (values (1, 0), (-1, -1)) v (amount, debt)
        where d.account_id = {account};"
    )
}

/// Holds what goes to a new address for a second.
const HOLD: &str = "select risk.publish_rule('new', 'withdrawal', 'new_withdrawal_address',
    '{\"cool_down_seconds\": 1}', 'hold', 'NEW')";

/// Waits until the only withdrawal's hold could end.
async fn known_long_enough(stage: &Stage) {
    let held = "select state || is_risk_held from exchange.withdrawals";
    assert_eq!(stage.text(held).await, "requestedtrue");
    wait::until("a second has passed", async || {
        let passed = "select now() > requested_at + interval '1 second' from exchange.withdrawals";
        stage.text(passed).await == "true"
    })
    .await;
}

/// The numbers that a planner would take now.
async fn planned(stage: &Stage) -> String {
    let text = "select coalesce(string_agg(withdrawal_id::text, ' '), 'none')
        from chain.approved_withdrawals(1, 10)";
    stage.text(text).await
}

async fn open_sub_account(stage: &Stage, user: &User) -> i64 {
    let label = json!({ "label": "grid" });
    let opened = stage.post(&user.token, "account/sub-accounts", label).await;
    opened.body["accountId"].as_i64().expect("a sub-account")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_when_the_password_changes_waits_for_a_day_and_the_mail_lists_it() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let reviewer = stage.staff("reviewer").await;
    let small = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let large = stage.withdraw(&alice, "BTC", &bitcoin(8).0, "2").await;
    assert_eq!(planned(&stage).await, small);
    stage
        .run(&format!(
            "insert into exchange.account_tokens (token_hash, account_id, purpose, expires_at)
             values (sha256('t'), {0}, 'set_password', now() + interval '1 hour');
             select exchange.set_password(sha256('t'), password_hash) from exchange.accounts
             where account_id = {0}",
            alice.account
        ))
        .await;
    assert_eq!(planned(&stage).await, "none");
    let refused = stage.review(&reviewer, &large, true).await;
    assert_eq!(told(&refused), "403 WITHDRAWALS_BLOCKED");
    let facts = "select string_agg(facts ->> key, '; ' order by key) from exchange.mails,
        unnest(array['waiting', 'waiting_1', 'waiting_2', 'waiting_3']) key
        where kind = 'password_changed'";
    let listed = format!(
        "2; 2.00000000 BTC on bitcoin to {}; 0.50000000 BTC on bitcoin to {}",
        bitcoin(8).0,
        bitcoin(7).0
    );
    assert_eq!(stage.text(facts).await, listed);
    // A day later all of it goes on.
    stage
        .run("update exchange.accounts set withdrawals_blocked_until = now()")
        .await;
    assert_eq!(planned(&stage).await, small);
    let done = stage.review(&reviewer, &large, true).await;
    assert_eq!(done.body["state"], "approved", "{done:?}");
    assert_eq!(planned(&stage).await, format!("{small} {large}"));
    checks::assert_clean(&stage.owner).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_of_a_cool_down_and_an_officer_do_not_pass_the_block() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    stage.run(HOLD).await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    known_long_enough(&stage).await;
    stage
        .run(&format!(
            "select exchange.block_withdrawals({})",
            alice.account
        ))
        .await;
    let over = "select exchange.end_cool_down()";
    assert_eq!(stage.text(over).await, "false");
    let officer = stage.staff("risk").await;
    let decision = json!({ "eventId": 1, "decision": "released", "note": "called her" });
    let early = stage
        .post(&officer, "admin/risk/events/decide", decision)
        .await;
    assert_eq!(told(&early), "403 WITHDRAWALS_BLOCKED");
    stage
        .run("update exchange.accounts set withdrawals_blocked_until = now()")
        .await;
    assert_eq!(stage.text(over).await, "true");
    assert_eq!(stage.state(&number).await, "approved");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_level_that_may_not_withdraw_any_more_stops_what_waits() {
    let stage = Stage::set().await;
    let alice = stage.join("alice").await;
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    let large = stage.withdraw(&alice, "BTC", &bitcoin(8).0, "2").await;
    stage
        .run("update exchange.accounts set kyc_level = 0")
        .await;
    assert_eq!(planned(&stage).await, "none");
    let reviewer = stage.staff("reviewer").await;
    let refused = stage.review(&reviewer, &large, true).await;
    assert_eq!(told(&refused), "403 KYC_REQUIRED");
    assert_eq!(stage.cancel(&alice, &number).await.shown(), "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_debt_of_a_sub_account_stops_its_owners_withdrawals_and_its_own_transfers() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let sub = open_sub_account(&stage, &alice).await;
    let move_out = async |from: i64, to: i64| -> Reply {
        let body = json!({ "fromAccountId": from, "toAccountId": to, "asset": "BTC",
            "amount": "1" });
        stage.post(&alice.token, "account/transfers", body).await
    };
    assert_eq!(move_out(alice.account, sub).await.shown(), "200");
    let number = stage.withdraw(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    stage.run(&owes(sub)).await;
    assert_eq!(planned(&stage).await, "none");
    let refused = stage.ask(&alice, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(told(&refused), "403 IN_DEBT");
    assert_eq!(move_out(sub, alice.account).await.shown(), "403 IN_DEBT");
    // Who does not owe pays in as before, and another owner has nothing to do with it.
    assert_eq!(move_out(alice.account, sub).await.shown(), "200");
    let others = stage.ask(&bob, "BTC", &bitcoin(7).0, "0.5").await;
    assert_eq!(others.shown(), "200", "{others:?}");
    let asked = format!(
        "select string_agg(exchange.is_in_debt(a)::text, ' ')
         from unnest(array[{}, {sub}, {}]::bigint[]) a",
        alice.account, bob.account
    );
    assert_eq!(stage.text(&asked).await, "true true false");
    stage
        .run(
            "insert into exchange.deposit_entries (deposit_id, account_id, asset_id, amount,
                debt_amount, external_account_id, debts_account_id)
            select deposit_id, account_id, asset_id, 1, 1, external_account_id, debts_account_id
            from exchange.deposit_entries where debt_amount < 0",
        )
        .await;
    assert_ne!(planned(&stage).await, "none");
    assert_eq!(move_out(sub, alice.account).await.shown(), "200");
    assert_eq!(stage.cancel(&alice, &number).await.shown(), "200");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_inside_the_house_waits_while_its_coin_is_halted() {
    let stage = Stage::set().await;
    let (alice, bob) = (stage.join("alice").await, stage.join("bob").await);
    let (to, script) = bitcoin(9);
    stage
        .run(&format!(
            "insert into chain.addresses (network_id, account_id, asset_id, address, script)
             values (1, {}, 1, '{to}', decode('{script}', 'hex'))",
            bob.account
        ))
        .await;
    stage.run(HOLD).await;
    let number = stage.withdraw(&alice, "BTC", &to, "1").await;
    known_long_enough(&stage).await;
    let officer = stage.staff("risk").await;
    let why = json!({ "network": "bitcoin", "reason": "the node is odd" });
    let halted = stage.post(&officer, "admin/withdrawals/halts", why).await;
    assert_eq!(halted.shown(), "200", "{halted:?}");
    let over = "select exchange.end_cool_down()";
    assert_eq!(stage.text(over).await, "false");
    let decision = json!({ "eventId": 1, "decision": "released", "note": "called her" });
    let early = stage
        .post(&officer, "admin/risk/events/decide", decision)
        .await;
    assert_eq!(told(&early), "409 WITHDRAWALS_HALTED");
    assert_eq!(stage.state(&number).await, "requested");
    assert_eq!(stage.balance(bob.account, "BTC").await, "10 0");
    stage
        .run("select exchange.set_withdrawal_halt(null, 'bitcoin', null)")
        .await;
    assert_eq!(stage.text(over).await, "true");
    assert_eq!(stage.balance(bob.account, "BTC").await, "11 0");
    checks::assert_clean(&stage.owner).await;
}
