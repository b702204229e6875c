//! Clients that trade until they are stopped, whatever happens to the other side.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde_json::{Value, json};
use tests::api_server::request;
use tests::random_commands::RandomCommands;
use tests::trading::submit;
use tokio::task::JoinHandle;

use super::Load;

const MARKETS: [&str; 3] = ["BTC/USDT", "ETH/USDT", "ETH/BTC"];
const SQL_CLIENTS: u64 = 3;
const BATCH: usize = 8;

pub(super) fn start(load: &Arc<Load>) -> Vec<JoinHandle<()>> {
    let sql = (0..SQL_CLIENTS).map(|index| tokio::spawn(trade_by_sql(Arc::clone(load), index)));
    let api =
        (0..load.tokens.len()).map(|index| tokio::spawn(trade_by_api(Arc::clone(load), index)));
    sql.chain(api).collect()
}

async fn trade_by_sql(load: Arc<Load>, index: u64) {
    let accounts = load.first_account..load.first_account + 10;
    let mut stream = RandomCommands::new(&format!("sql{index}"), index, &MARKETS, accounts);
    loop {
        // Refused while the server is down: then it is tried again.
        let Ok(client) = load.database.connect("exchange_api").await else {
            tokio::task::yield_now().await;
            continue;
        };
        loop {
            let _working = load.gate.read().await;
            let batch = stream.batch(BATCH);
            let Ok(outcomes) = submit(&client, &batch).await else {
                break;
            };
            stream.learn(&batch, &outcomes);
            for (command, outcome) in batch.iter().zip(&outcomes) {
                // A reduction answers with what it filled, which is nothing.
                if command["verb"] != "reduce" {
                    let account = command["account_id"].as_i64().expect("an account");
                    load.acknowledged.remember(account, outcome, false);
                }
            }
        }
    }
}

async fn trade_by_api(load: Arc<Load>, index: usize) {
    let account = account_of(&load, index).await;
    let token = load.tokens[index].as_str();
    let mut last = None;
    for count in 0.. {
        let _working = load.gate.read().await;
        let port = load.api_port.load(Ordering::Relaxed);
        let (path, body) = match last.take() {
            Some(order) if count % 3 == 0 => ("cancel-order", json!({ "orderId": order })),
            _ => ("create-order", order(index, count)),
        };
        let path = format!("/api/trade/{path}");
        let answer = request(port, "POST", &path, Some(token), Some(&body.to_string())).await;
        match answer {
            Ok(answer) if answer.status == 200 => {
                load.acknowledged.remember(account, &answer.body, true);
                if answer.body["state"] == "open" {
                    last = answer.body["orderId"].as_str().map(String::from);
                }
            }
            // The server is down or the order was refused: the next one will tell.
            _ => tokio::task::yield_now().await,
        }
    }
}

/// Asked once, before anything is killed.
async fn account_of(load: &Load, index: usize) -> i64 {
    let owner = load.database.owner().await;
    let text = "select account_id from exchange.accounts where email = $1";
    let email = ["dora@example.com", "emil@example.com"][index];
    owner
        .query_one(text, &[&email])
        .await
        .expect("the account")
        .get(0)
}

fn order(index: usize, count: usize) -> Value {
    let side = if (index + count).is_multiple_of(2) {
        "buy"
    } else {
        "sell"
    };
    json!({
        "market": MARKETS[count % 3], "side": side, "price": format!("100.{:02}", count % 7),
        "quantity": "0.0500", "clientOrderId": format!("api{index}-{count}") })
}
