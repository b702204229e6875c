//! Commands and looks that tests use again and again.

use serde_json::{Value, json};
use tokio_postgres::types::Json;
use tokio_postgres::{Client, Error};

/// Sends a batch and gives its outcomes.
///
/// # Errors
/// What the server said instead.
pub async fn submit(client: &Client, batch: &[Value]) -> Result<Vec<Value>, Error> {
    let row = client
        .query_one("select exchange.submit($1)", &[&Json(batch)])
        .await?;
    Ok(row.get::<_, Json<Vec<Value>>>(0).0)
}

/// A limit order's command.
pub fn limit(account: i64, market: &str, side: &str, quantity: &str, price: &str) -> Value {
    json!({ "verb": "place", "account_id": account, "market": market, "side": side,
        "price": price, "quantity": quantity })
}

/// The number of the order that an outcome names.
pub fn order_of(outcome: &Value) -> i64 {
    let text = outcome["order_id"]
        .as_str()
        .unwrap_or_else(|| panic!("no order: {outcome}"));
    text.parse().expect("a number")
}

/// Sends one command that must not be rejected, and gives its outcome.
pub async fn must(client: &Client, command: Value) -> Value {
    let outcomes = submit(client, std::slice::from_ref(&command))
        .await
        .expect("it is answered");
    assert!(
        outcomes[0].get("reject").is_none(),
        "{command} was refused: {}",
        outcomes[0]
    );
    outcomes[0].clone()
}

/// Every order of all books in shared memory, in priority order, as text.
pub async fn books(client: &Client) -> Vec<String> {
    rows(
        client,
        "select m.symbol || ' ' || b::text from exchange.markets m,
             lateral exchange.book_orders(m.symbol) b",
    )
    .await
}

/// What `verify_book` finds wrong.
pub async fn book_problems(client: &Client) -> Vec<String> {
    rows(client, "select p::text from exchange.verify_book() p").await
}

/// The only column of a query, as text.
pub async fn rows(client: &Client, text: &str) -> Vec<String> {
    let rows = client
        .query(text, &[])
        .await
        .unwrap_or_else(|error| panic!("{text}: {error:?}"));
    rows.iter().map(|row| row.get(0)).collect()
}

/// The only value of a query.
pub async fn number(client: &Client, text: &str) -> i64 {
    let row = client.query_one(text, &[]).await;
    row.unwrap_or_else(|error| panic!("{text}: {error:?}"))
        .get(0)
}

/// The code and words by which a statement was refused; panics where it was not.
pub async fn refusal(client: &Client, text: &str) -> (String, String) {
    match client.batch_execute(text).await {
        Ok(()) => panic!("not refused: {text}"),
        Err(error) => match error.as_db_error() {
            Some(error) => (error.code().code().into(), error.message().into()),
            None => panic!("{text}: {error}"),
        },
    }
}
