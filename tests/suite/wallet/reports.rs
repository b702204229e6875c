//! The figures that the house is measured by: how many deposits are credited, how long withdrawals
//! take.

use tests::trading::rows;

use super::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_success_is_a_deposit_that_was_credited_of_those_that_had_their_confirmations() {
    let stage = Stage::open().await;
    let (alice, token) = stage.join("alice").await;
    stage.address("BTC", &token).await;
    stage.read_blocks(4).await;
    for state in ["credited", "credited", "credited", "suspicious", "pending"] {
        stage.deposit(alice, "0.5", state, Some(4)).await;
    }
    stage.deposit(alice, "0.5", "orphaned", None).await;
    let analyst = stage.database.connect("exchange_analyst").await;
    let text = "select concat_ws(' ', network, asset, seen, credited, under_way, stopped, orphaned,
        credited_amount, success_rate) from reporting.deposit_success";
    let found = rows(&analyst.expect("a role"), text).await;
    assert_eq!(found, ["bitcoin BTC 6 3 1 1 1 1.5 0.750000"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn withdrawals_are_timed_from_request_to_confirmation() {
    let stage = Stage::open().await;
    let (alice, _) = stage.join("alice").await;
    let (bob, _) = stage.join("bob").await;
    let text = format!(
        "with judged as (
            insert into risk.activities (point, account_id, occurred_at, verdict, asset_id, amount,
                facts)
            values ('withdrawal', {alice}, now(), 'allow', 1, 1, '{{}}')
            returning activity_id)
        insert into exchange.withdrawals (account_id, asset_id, network_id, address, script,
            internal_account_id, amount, fee, state, required_reviews, activity_id, fees_account_id,
            external_account_id, requested_at, approved_at, ended_at, receipt_id)
        select {alice}, 1, 1, 'a', sha256('a'), {bob}, 1, 0, 'confirmed', 0, activity_id,
            exchange.house_account('withdrawal_fees'), exchange.house_account('external'),
            '2026-01-01', timestamptz '2026-01-01' + t * interval '1 minute',
            timestamptz '2026-01-01' + t * interval '10 minutes', t
        from judged, unnest(array[1, 2, 4]) t"
    );
    stage.run(&text).await;
    let analyst = stage.database.connect("exchange_analyst").await;
    let text =
        "select concat_ws(' ', day, network, asset, requested, confirmed, median_to_approval,
        median_to_confirmation, slow) from reporting.withdrawal_durations";
    let found = rows(&analyst.expect("a role"), text).await;
    assert_eq!(found, ["2026-01-01 bitcoin BTC 3 3 00:02:00 00:20:00 1"]);
}
