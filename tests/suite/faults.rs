//! What clients see when something beside them breaks: the database stops, a market is held, a
//! server dies, a client is slow.

mod database_away;
mod full_queue;
mod held_market;
mod slow_clients;
mod stopping;
mod two_servers;

use serde_json::{Value, json};
use tests::api_server::{self, Answer, ApiServer, request};
use tests::database::Database;
use tests::fixture;

/// The limits that the API has by default, which the tests' servers otherwise stretch.
const STRICT: [(&str, &str); 4] = [
    ("EXCHANGE_READ_WAIT_MS", "500"),
    ("EXCHANGE_READ_LIMIT_MS", "400"),
    ("EXCHANGE_QUEUE_WAIT_MS", "400"),
    ("EXCHANGE_ANSWER_WAIT_MS", "500"),
];

/// Markets, and a funded account called dora.
async fn furnish(database: &Database) {
    let owner = database.owner().await;
    owner
        .batch_execute(fixture::MARKETS)
        .await
        .expect("the markets are made");
    open_funded(&owner, "dora").await;
}

/// An account with a million of everything.
async fn open_funded(owner: &tokio_postgres::Client, name: &str) -> i64 {
    let account = api_server::open_account(owner, name)
        .await
        .expect("an account");
    for asset in ["BTC", "ETH", "USDT"] {
        let text = format!(
            "select exchange.adjust_balance({account}, '{asset}', 1000000, 'test',
                 'fund-{name}-{asset}')"
        );
        owner.batch_execute(&text).await.expect("money");
    }
    account
}

/// A server with such limits, and dora's token on it.
async fn serve(database: &Database, limits: &[(&str, &str)]) -> (ApiServer, String) {
    let server = ApiServer::start_as(database, api_server::Build::Debug, limits)
        .await
        .expect("the API starts");
    let token = api_server::login(server.port(), "dora")
        .await
        .expect("a login");
    (server, token)
}

/// A buy order far below the market, which rests.
fn resting(market: &str, client_order_id: &str) -> Value {
    json!({ "market": market, "side": "buy", "price": "90", "quantity": "0.01",
        "clientOrderId": client_order_id })
}

/// Places one; `None` where the connection broke.
async fn place(port: u16, token: &str, order: &Value) -> Option<Answer> {
    let body = order.to_string();
    let path = "/api/trade/create-order";
    request(port, "POST", path, Some(token), Some(&body))
        .await
        .ok()
}

/// How many orders there are whose client order id begins so.
async fn count_orders(owner: &tokio_postgres::Client, prefix: &str) -> i64 {
    let text = "select count(*) from exchange.orders where client_order_id like $1 || '%'";
    owner
        .query_one(text, &[&prefix])
        .await
        .expect("counted")
        .get(0)
}
