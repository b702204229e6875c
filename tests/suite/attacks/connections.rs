//! Connections that send slowly, too much, rubbish or nothing: each costs its place for a bounded
//! time, and everybody else is served.

use std::time::Duration;

use tests::api_server::{self, ApiServer, Build};
use tests::database::Database;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::party::read;

/// Short, so that the tests are.
const WAITS: &[(&str, &str)] = &[
    ("EXCHANGE_HEADER_WAIT_MS", "1000"),
    ("EXCHANGE_BODY_WAIT_MS", "1000"),
];
/// Far beyond the waits, below a test's patience.
const LIMIT: Duration = Duration::from_secs(20);

async fn start() -> (Database, ApiServer) {
    let database = Database::fresh().await;
    let server = ApiServer::start_as(&database, Build::Debug, WAITS).await;
    (database, server.expect("the API starts"))
}

async fn connect(port: u16) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port))
        .await
        .expect("connected")
}

async fn assert_serves(port: u16) {
    let answer = api_server::request(port, "GET", "/health/ready", None, None).await;
    assert_eq!(answer.expect("an answer").status, 200);
}

/// Sends the bytes and gives status and code of the answer.
async fn told(port: u16, bytes: &[u8]) -> (u16, String) {
    let mut stream = connect(port).await;
    // The server may end it before all is sent.
    let _ = stream.write_all(bytes).await;
    let answer = tokio::time::timeout(LIMIT, read(&mut stream)).await;
    let answer = answer.expect("the server ends it");
    (
        answer.status,
        answer.body["code"].as_str().unwrap_or_default().to_owned(),
    )
}

const HEAD: &str = "POST /api/auth/login HTTP/1.1\r\nhost: here\r\nconnection: close\r\n\
    content-type: application/json\r\n";

#[tokio::test]
async fn headers_that_drip_are_cut_off_in_time() {
    let (database, server) = start().await;
    let port = server.port();
    let drip = async || {
        let mut stream = connect(port).await;
        stream
            .write_all(b"GET /health/live HTTP/1.1\r\nx-slow: ")
            .await
            .expect("sent");
        let mut drops = tokio::time::interval(Duration::from_millis(100));
        let mut buffer = [0; 64];
        loop {
            tokio::select! {
                got = stream.read(&mut buffer) => match got {
                    Ok(0) | Err(_) => break,
                    Ok(_) => {}
                },
                _ = drops.tick() => {
                    // The end shows in reading.
                    let _ = stream.write_all(b"a").await;
                }
            }
        }
    };
    let drips = futures::future::join_all((0..50).map(|_| drip()));
    let ended = async { tokio::join!(drips, assert_serves(port)) };
    tokio::time::timeout(LIMIT, ended)
        .await
        .expect("they are cut off");
    database.drop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let (database, server) = start().await;
    let port = server.port();
    let begun = format!("{HEAD}content-length: 100\r\n\r\n{{\"email\":");
    let (status, _) = told(port, begun.as_bytes()).await;
    assert!(status == 0 || (400..500).contains(&status), "{status}");
    let begun = format!("{HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{{\"ema\r\n");
    let (status, _) = told(port, begun.as_bytes()).await;
    assert!(status == 0 || (400..500).contains(&status), "{status}");
    assert_serves(port).await;
    database.drop().await;
}

#[tokio::test]
async fn too_much_and_packed_bodies_are_refused_unread() {
    let (database, server) = start().await;
    let port = server.port();
    let large = || ("BODY_TOO_LARGE".to_owned(), 400);
    let announced = format!("{HEAD}content-length: 99999999999\r\n\r\n");
    let (status, code) = told(port, announced.as_bytes()).await;
    assert_eq!((code, status), large());
    let piece = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
    let chunked = format!(
        "{HEAD}transfer-encoding: chunked\r\n\r\n{}0\r\n\r\n",
        piece.repeat(5)
    );
    let (status, code) = told(port, chunked.as_bytes()).await;
    assert_eq!((code, status), large());
    // The first bytes of a gzip file; what would come out of it is nobody's business.
    let packed = format!("{HEAD}content-encoding: gzip\r\ncontent-length: 4\r\n\r\n\u{1f}b\u{8}\0");
    let (status, code) = told(port, packed.as_bytes()).await;
    assert_eq!((status, code.as_str()), (400, "MALFORMED"));
    let many = format!(
        "GET /health/live HTTP/1.1\r\n{}\r\n",
        "x: y\r\n".repeat(500)
    );
    assert_eq!(told(port, many.as_bytes()).await.0, 431);
    assert_serves(port).await;
    database.drop().await;
}

#[tokio::test]
async fn rubbish_after_a_request_ends_the_connection_alone() {
    let (database, server) = start().await;
    let port = server.port();
    for rubbish in [
        "\0\0\0\0\r\n\r\n",
        "GET\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "{}\r\n\r\n",
    ] {
        let bytes = format!("GET /health/live HTTP/1.1\r\nhost: here\r\n\r\n{rubbish}");
        assert_eq!(told(port, bytes.as_bytes()).await.0, 200, "{rubbish:?}");
        assert_eq!(
            told(port, rubbish.as_bytes()).await.0 / 100,
            4,
            "{rubbish:?}"
        );
    }
    // Two lengths: whoever reads the first and whoever reads the second see other requests.
    let smuggled = format!("{HEAD}content-length: 2\r\ncontent-length: 30\r\n\r\n{{}}");
    assert_eq!(told(port, smuggled.as_bytes()).await.0, 400);
    assert_serves(port).await;
    database.drop().await;
}

#[tokio::test]
async fn a_thousand_idle_connections_disturb_nobody_and_end() {
    let (database, server) = start().await;
    let port = server.port();
    let mut idle = Vec::new();
    for _ in 0..1000 {
        idle.push(connect(port).await);
    }
    assert_serves(port).await;
    let ends = idle.iter_mut().map(async |stream| {
        let mut buffer = [0; 16];
        while stream
            .read(&mut buffer)
            .await
            .is_ok_and(|length| length > 0)
        {}
    });
    let all = futures::future::join_all(ends);
    tokio::time::timeout(LIMIT, all)
        .await
        .expect("they are ended");
    assert_serves(port).await;
    database.drop().await;
}
