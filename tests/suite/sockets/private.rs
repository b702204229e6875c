//! Channels of an account: its own, all of it, and only while its credential is good.

use super::*;

const ORDERS: &str = "orders";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_is_told_all_of_its_own_and_nothing_of_others() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let servers = [server(&database, &[]).await, server(&database, &[]).await];
    let (_, alice) = trader(&owner, servers[0].port(), "alice").await;
    let (_, bob) = trader(&owner, servers[1].port(), "bob").await;
    // Alice trades by one server and listens to the other.
    let mut listener = authenticated(servers[1].port(), &alice).await;
    let channels =
        json!([{ "channel": "orders" }, { "channel": "fills" }, { "channel": "balances" }]);
    let op = json!({ "op": "subscribe", "channels": channels });
    listener.must(op).await.expect("subscribes");
    let snapshot = listener.next_of(ORDERS).await.expect("a snapshot");
    assert_eq!(
        (&snapshot["type"], &snapshot["orders"]),
        (&json!("snapshot"), &json!([]))
    );
    let mut bob = authenticated(servers[1].port(), &bob).await;
    let mut alice = authenticated(servers[0].port(), &alice).await;
    for _ in 0..3 {
        let op = json!({ "op": "createOrder", "order": order("buy", "95", "1") });
        bob.must(op).await.expect("placed");
    }
    let op = json!({ "op": "createOrder", "order": order("sell", "95", "2") });
    let placed = alice.must(op).await.expect("placed");
    let number = &placed["orderId"];
    let mut fills = 0;
    while fills < 2 {
        let message = listener.next_of("fills").await.expect("a fill");
        if let Some(fill) = message.get("fill") {
            assert_eq!((&fill["orderId"], &fill["side"]), (number, &json!("sell")));
            fills += 1;
        }
    }
    let mut positions = Vec::new();
    let mut state = Value::Null;
    while state != "filled" {
        let message = listener.next_of(ORDERS).await.expect("an order");
        assert_eq!(&message["order"]["orderId"], number, "{message}");
        state = message["order"]["state"].clone();
        positions.push(message["sequence"].as_i64().expect("a number"));
    }
    assert!(positions.is_sorted(), "{positions:?}");
    // The balance moves to what the account endpoint shows.
    let mut usdt = Value::Null;
    while usdt != "1000189.620000" {
        let message = listener.next_of("balances").await.expect("balances");
        let balances = message["balances"].as_array().expect("a list").clone();
        let of_usdt = balances.iter().find(|balance| balance["asset"] == "USDT");
        usdt = of_usdt.map_or(usdt, |balance| balance["available"].clone());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_anything_without_a_good_token() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let server = server(&database, &[]).await;
    let mut socket = connect(server.port()).await;
    let subscribe = json!({ "op": "subscribe", "channels": [{ "channel": "orders" }] });
    let place = json!({ "op": "createOrder", "order": order("buy", "95", "1") });
    for op in [&subscribe, &place] {
        let refused = socket.refused(op.clone()).await.expect("refused");
        assert_eq!(refused.0, "UNAUTHENTICATED");
    }
    for token in ["", "wrong", &"A".repeat(43)] {
        let op = json!({ "op": "authenticate", "token": token });
        let refused = socket.refused(op).await.expect("refused");
        assert_eq!(refused.0, "UNAUTHENTICATED");
    }
    let refused = socket.refused(subscribe).await.expect("refused");
    assert_eq!(refused.0, "UNAUTHENTICATED");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_ends_with_its_session_on_any_server() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let servers = [server(&database, &[]).await, server(&database, &[]).await];
    let (_, token) = trader(&owner, servers[0].port(), "alice").await;
    let other = login(servers[0].port(), "alice").await.expect("logs in");
    let mut sockets = Vec::new();
    for server in &servers {
        sockets.push(authenticated(server.port(), &token).await);
    }
    let mut kept = authenticated(servers[1].port(), &other).await;
    let path = "/api/auth/logout";
    let answer = request(servers[0].port(), "POST", path, Some(&token), Some("{}")).await;
    assert_eq!(answer.expect("answered").status, 200);
    for mut socket in sockets {
        let end = socket
            .end()
            .await
            .expect("an end")
            .expect("a closing frame");
        assert_eq!(
            (end.0, end.1.as_str()),
            (1008, "the credential was revoked")
        );
    }
    kept.must(json!({ "op": "ping" }))
        .await
        .expect("another session is not touched");
}
