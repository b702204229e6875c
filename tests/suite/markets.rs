//! Markets refuse rules that would need rounding.

use tests::database::Database;
use tests::fixture;
use tests::trading::{limit, number, refusal, rows, submit};

async fn create(rules: &str) -> (String, String) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("the markets are made");
    let text =
        format!("select exchange.create_market(9, 'BTC', 'ETH', {rules}, price_band => 0.5)");
    refusal(&owner, &text).await
}

#[tokio::test]
async fn tick_times_lot_must_be_whole_quote_atoms() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("the markets are made");
    for (tick, lot) in [
        ("0.001", "0.0001"),
        ("0.01", "0.00001"),
        ("0.000001", "0.1"),
    ] {
        let account = "select account_id from exchange.accounts where role = 'external'";
        let values = format!("9, 'XXX/USDT', 1, 3, ({account}), {tick}, {lot}, 1, 10, 0, 0.5, 1");
        let text = format!(
            "insert into exchange.markets (market_id, symbol, base_asset_id, quote_asset_id,
                 fee_account_id, tick, lot, min_quantity, max_quantity, min_notional, price_band,
                 reference_price) values ({values})"
        );
        let (code, words) = refusal(&owner, &text).await;
        assert_eq!(code, "23514", "{words}");
        assert!(
            words.contains("not a whole number of quote atoms"),
            "{words}"
        );
    }
    let count = number(&owner, "select count(*) from exchange.markets").await;
    assert_eq!(count, 3);
}

#[tokio::test]
async fn the_function_refuses_what_the_table_would() {
    let sensible = "min_quantity => 1, max_quantity => 10, min_notional => 0, reference_price => 1";
    for units in [
        "tick => 0.0000000000000000001, lot => 1",
        "tick => 1, lot => 0.000000001",
        "tick => 0, lot => 1",
        "tick => -1, lot => 1",
        "tick => 'NaN', lot => 1",
        "tick => 1, lot => 'Infinity'",
        "tick => null, lot => 1",
    ] {
        let (code, words) = create(&format!("{units}, {sensible}")).await;
        assert!(
            code == "RJECT" || code == "23514",
            "{units}: {code} {words}"
        );
    }
}

#[tokio::test]
async fn units_of_a_market_never_change() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    let alice = fixture::populate(&owner, 1).await;
    for change in [
        "tick = 0.1",
        "lot = 0.1, min_quantity = 0.1",
        "market_id = 8",
    ] {
        let text = format!("update exchange.markets set {change} where market_id = 1");
        assert_eq!(refusal(&owner, &text).await.0, "23514", "{change}");
    }
    let rules = "update exchange.markets set min_notional = 1000 where market_id = 1";
    owner
        .batch_execute(rules)
        .await
        .expect("other rules may change");
    let trader = database.trader().await;
    let outcomes = submit(&trader, &[limit(alice, "BTC/USDT", "buy", "1", "100")]).await;
    assert_eq!(
        outcomes.expect("it is answered")[0]["reject"],
        "NOTIONAL_TOO_SMALL"
    );
}

#[tokio::test]
async fn a_market_that_is_made_or_changes_is_told() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("the markets are made");
    owner
        .batch_execute("begin; select exchange.set_market_status('ETH/BTC', 'halted'); rollback")
        .await
        .expect("nothing happens");
    owner
        .batch_execute("select exchange.set_market_status('ETH/BTC', 'cancel_only')")
        .await
        .expect("the status changes");
    for change in [
        "min_notional = 7",
        "min_notional = 7, fee_account_id = fee_account_id, created_at = now()",
        "max_open_orders = 7, status = 'halted'",
    ] {
        let text = format!("update exchange.markets set {change} where symbol = 'ETH/BTC'");
        owner.batch_execute(&text).await.expect("a rule changes");
    }
    let text = "select concat_ws(' ', sequence, topic, payload ->> 'change', payload ->> 'market',
        payload ->> 'status') from exchange.messages_after(10004, 0)";
    assert_eq!(
        rows(&owner, text).await,
        [
            "1 markets made BTC/USDT trading",
            "2 markets made ETH/USDT trading",
            "3 markets made ETH/BTC trading",
            "4 markets status ETH/BTC cancel_only",
            "5 markets rules ETH/BTC cancel_only",
            "6 markets status ETH/BTC halted",
        ]
    );
}
