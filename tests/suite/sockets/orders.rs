//! Orders over the socket, and orders that do not outlive it.

use tests::trading::number;
use tests::wait;
use tests::worker::Worker;

use super::*;

const OPEN: &str = "select count(*) from exchange.orders_open";
const SWITCHES: &str = "select count(*) from exchange.cancel_deadlines";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_over_the_socket_equals_one_over_http() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let server = server(&database, &[]).await;
    let (_, token) = trader(&owner, server.port(), "alice").await;
    let mut socket = authenticated(server.port(), &token).await;
    let http = async |path: &str, body: Value| {
        let (path, body) = (format!("/api/trade/{path}"), body.to_string());
        let answer = request(server.port(), "POST", &path, Some(&token), Some(&body)).await;
        answer.expect("it is answered").body
    };
    let mut named = order("buy", "90", "1");
    named["clientOrderId"] = json!("first");
    let placed = json!({ "op": "createOrder", "order": named.clone() });
    let placed = socket.must(placed).await.expect("placed");
    let mut repeated = http("create-order", named.clone()).await;
    assert_eq!(repeated["repeated"], true);
    repeated["repeated"] = json!(false);
    assert_eq!(placed, repeated);
    // A refusal has the same code, field and words.
    for wrong in [
        order("buy", "90.001", "1"),
        json!({ "market": MARKET, "side": "up" }),
    ] {
        let answer = socket
            .ask(json!({ "op": "createOrder", "order": wrong }))
            .await;
        let mut expected = http("create-order", wrong).await;
        let within = answer.expect("answered")["error"].clone();
        if within["code"] == "MALFORMED" {
            let field = expected["field"].as_str().expect("a field");
            expected["field"] = json!(format!("order.{field}"));
        }
        assert_eq!(within["code"], expected["code"]);
        assert_eq!(within["field"], expected["field"]);
    }
    let cancel = json!({ "clientOrderId": "first" });
    let cancelled = socket
        .must(json!({ "op": "cancelOrder", "order": cancel }))
        .await;
    assert_eq!(cancelled.expect("cancelled")["state"], "cancelled");
    for price in ["90", "91"] {
        let op = json!({ "op": "createOrder", "order": order("buy", price, "1") });
        socket.must(op).await.expect("placed");
    }
    let all = socket
        .must(json!({ "op": "cancelAll", "market": MARKET }))
        .await;
    assert_eq!(all.expect("cancelled")["cancelled"], 2);
    assert_eq!(number(&owner, OPEN).await, 0);
}

/// A socket with one open order that ends with it.
async fn guarded(port: u16, token: &str, owner: &Client) -> Socket {
    let mut socket = authenticated(port, token).await;
    let op = json!({ "op": "cancelOnDisconnect", "enabled": true });
    let result = socket.must(op).await.expect("enabled");
    assert!(result["leaseMs"].is_u64(), "{result}");
    let op = json!({ "op": "createOrder", "order": order("buy", "90", "1") });
    socket.must(op).await.expect("placed");
    assert_eq!(number(owner, OPEN).await, 1);
    socket
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_cancelled_when_their_socket_ends() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let mut server = server(&database, &[("EXCHANGE_WS_LEASE_MS", "3000")]).await;
    let (_, token) = trader(&owner, server.port(), "alice").await;
    let is_over = async || number(&owner, OPEN).await + number(&owner, SWITCHES).await == 0;

    let mut socket = guarded(server.port(), &token, &owner).await;
    socket.stream.close(None).await.expect("closes");
    wait::until("a clean close has cancelled", is_over).await;

    let socket = guarded(server.port(), &token, &owner).await;
    drop(socket);
    wait::until("a lost connection has cancelled", is_over).await;

    // Who takes it back keeps the orders.
    let mut socket = guarded(server.port(), &token, &owner).await;
    let op = json!({ "op": "cancelOnDisconnect", "enabled": false });
    socket.must(op).await.expect("disabled");
    assert_eq!(number(&owner, SWITCHES).await, 0);
    let op = json!({ "op": "cancelAll" });
    socket.must(op).await.expect("cancelled");
    drop(socket);

    let _worker = Worker::start(&database, "deadlines").expect("it starts");
    let socket = guarded(server.port(), &token, &owner).await;
    // Put off at least once, and the orders are still there.
    let due = "select floor(extract(epoch from max(due_at)) * 1000)::bigint
        from exchange.cancel_deadlines";
    let first = number(&owner, due).await;
    wait::until("the switch was put off", async || {
        number(&owner, due).await > first
    })
    .await;
    assert_eq!(number(&owner, OPEN).await, 1);
    server.kill().expect("it is killed");
    wait::until("the worker has cancelled", is_over).await;
    drop(socket);
}
