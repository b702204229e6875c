//! Clients that send or read too slowly are dropped in time, and others are served meanwhile.

use std::net::Ipv4Addr;

use futures::future::join_all;
use tests::api_server::ApiServer;
use tests::api_server::{self, Build};
use tests::database::Database;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::furnish;

const LIMITS: [(&str, &str); 5] = [
    ("EXCHANGE_HEADER_WAIT_MS", "1000"),
    ("EXCHANGE_BODY_WAIT_MS", "1000"),
    ("EXCHANGE_WRITE_WAIT_MS", "1000"),
    ("EXCHANGE_CONNECTIONS", "64"),
    ("EXCHANGE_CONNECTIONS_PER_ADDRESS", "64"),
];
const SLOW: usize = 20;
/// Requests of a client that reads no answer: more than the sockets' buffers hold answers.
const UNREAD: usize = 200_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_clients_lose_their_places_and_others_are_served() {
    let database = Database::fresh().await;
    furnish(&database).await;
    let server = ApiServer::start_as(&database, Build::Debug, &LIMITS).await;
    let server = server.expect("the API starts");
    let port = server.port();
    let headers = (0..SLOW).map(|_| cut_off(port, "GET /health/live HTTP/1.1\r\nhost"));
    let bodies = (0..SLOW).map(|_| {
        cut_off(
            port,
            "POST /api/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n\
             content-length: 50\r\n\r\n{",
        )
    });
    let served = async {
        for _ in 0..SLOW {
            api_server::login(port, "dora").await.expect("served");
        }
    };
    let (_, bodies, (), unread) = tokio::join!(
        join_all(headers),
        join_all(bodies),
        served,
        never_reading(port)
    );
    for answer in bodies {
        assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        assert!(answer.contains("REQUEST_TIMEOUT"), "{answer}");
    }
    assert!(unread, "the client that does not read was dropped");
    drop(server);
    database.drop().await;
}

/// Sends a part, and reads until the server hangs up.
async fn cut_off(port: u16, part: &str) -> String {
    let mut stream = connect(port).await;
    stream.write_all(part.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // A reset ends it as well.
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8(answer).expect("text")
}

/// Whether the server hung up on a client that asks and asks.
async fn never_reading(port: u16) -> bool {
    let mut stream = connect(port).await;
    let question = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n".repeat(64);
    for _ in 0..UNREAD / 64 {
        if stream.write_all(&question).await.is_err() {
            return true;
        }
    }
    false
}

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port))
        .await
        .expect("connected")
}
