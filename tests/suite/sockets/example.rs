//! The example client of the documentation, run as a user runs it.

use std::process::Stdio;

use tests::api_server::built;
use tests::wait::PATIENCE;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{ChildStdout, Command};
use tokio::time::timeout;

use super::*;

/// Lines that the example prints before it ends by itself: the snapshot and one update an order.
const LINES: usize = 6;

async fn line(lines: &mut Lines<BufReader<ChildStdout>>) -> String {
    let next = timeout(PATIENCE, lines.next_line()).await;
    let next = next.expect("it prints").expect("it is read");
    next.expect("it goes on")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_example_client_keeps_a_book_whose_checksums_fit() {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 1).await;
    let server = server(&database, &[]).await;
    let (_, token) = trader(&owner, server.port(), "alice").await;
    let program = built("api", Build::Debug).expect("built");
    let program = program.with_file_name("examples").join("local_book");
    let url = format!("ws://127.0.0.1:{}/api/ws", server.port());
    let mut example = Command::new(program)
        .args([&url, MARKET, &LINES.to_string()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(example.stdout.take().expect("piped")).lines();
    let first = line(&mut lines).await;
    assert!(first.starts_with("0 - - "), "an empty book: {first}");
    let mut socket = authenticated(server.port(), &token).await;
    for price in 90..89 + LINES {
        let op = json!({ "op": "createOrder", "order": order("buy", &price.to_string(), "1") });
        socket.must(op).await.expect("placed");
        let told = line(&mut lines).await;
        let best = told.split(' ').nth(1).map(str::to_owned);
        assert_eq!(best, Some(format!("{price}.00")), "{told}");
    }
    let end = timeout(PATIENCE, example.wait_with_output()).await;
    let end = end.expect("it ends").expect("it has ended");
    assert!(end.status.success(), "{end:?}");
    // A checksum that does not fit makes it say so and begin anew.
    assert_eq!(String::from_utf8_lossy(&end.stderr), "");
}
