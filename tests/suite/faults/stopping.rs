//! A server that is asked to stop ends what it began and begins nothing more.

use std::net::Ipv4Addr;

use tests::database::Database;
use tests::{api_server, wait};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{furnish, resting, serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_began_is_answered_and_new_connections_are_refused() {
    let database = Database::fresh().await;
    furnish(&database).await;
    let (mut server, token) = serve(&database, &[]).await;
    let port = server.port();
    let body = resting("BTC/USDT", "last").to_string();
    let mut begun = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .expect("connected");
    // `100 Continue` says that the handler waits for the body.
    let head = format!(
        "POST /api/trade/create-order HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    begun.write_all(head.as_bytes()).await.expect("sent");
    let mut continued = [0; 25];
    begun.read_exact(&mut continued).await.expect("read");
    assert_eq!(&continued, b"HTTP/1.1 100 Continue\r\n\r\n");
    server.ask_to_stop();
    wait::until("new connections are refused", async || {
        let path = "/health/live";
        api_server::request(port, "GET", path, None, None)
            .await
            .is_err()
    })
    .await;
    assert!(!server.has_stopped().expect("it runs"), "it waits");
    begun.write_all(body.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    begun.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    tokio::task::block_in_place(|| {
        wait::until_blocking("it has stopped", || {
            server.has_stopped().expect("it ends well")
        });
    });
    database.drop().await;
}
