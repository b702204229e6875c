//! Clients that are slow, silent, greedy or hostile: they harm nobody but themselves.

use std::net::Ipv4Addr;

use futures::SinkExt as _;
use tests::socket::Heard;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};

use super::*;

/// A market, a server with these settings, and a socket that must stay well.
async fn begin(settings: &[(&str, &str)]) -> (Database, ApiServer, Socket) {
    let database = Database::fresh().await;
    let owner = database.owner().await;
    fixture::populate(&owner, 6).await;
    let server = server(&database, settings).await;
    let healthy = connect(server.port()).await;
    (database, server, healthy)
}

async fn is_well(socket: &mut Socket) {
    socket
        .must(json!({ "op": "ping" }))
        .await
        .expect("it is answered");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_dropped_and_others_get_everything() {
    let settings = [
        ("EXCHANGE_WS_QUEUE_MESSAGES", "50"),
        ("EXCHANGE_WS_CLOSE_MS", "60000"),
    ];
    let (database, server, mut healthy) = begin(&settings).await;
    let owner = database.owner().await;
    let first = tests::trading::number(
        &owner,
        "select min(account_id) from exchange.accounts where role = 'user'",
    );
    let first = first.await;
    healthy.subscribe(depth(None)).await.expect("subscribes");
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let address = (Ipv4Addr::LOCALHOST, server.port()).into();
    let stream = socket.connect(address).await.expect("connects");
    let mut slow = Socket::over(stream, server.port())
        .await
        .expect("a WebSocket");
    // It asks for the book again and again, and reads none of it.
    let session = database.trader().await;
    trade(&session, "some", first, 10).await;
    let channels = json!([depth(None)]);
    let text = |op: &str| json!({ "op": op, "channels": channels }).to_string();
    let mut book = LocalBook::default();
    for round in 0..1_000_000 {
        let op = if round % 2 == 0 {
            "subscribe"
        } else {
            "unsubscribe"
        };
        let sent = tokio::time::timeout(std::time::Duration::from_secs(2), slow.send(text(op)));
        if !matches!(sent.await, Ok(Ok(()))) {
            break;
        }
    }
    trade(&session, "more", first, 10).await;
    reach(&mut healthy, &mut book, last_sequence(&owner).await).await;
    let end = slow.end().await.expect("an end");
    let (code, reason) = end.expect("a closing frame");
    assert_eq!(code, 1008);
    assert!(reason.starts_with("too "), "{reason}");
    is_well(&mut healthy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_subscriptions_are_refused() {
    let (_database, _server, mut socket) = begin(&[]).await;
    let channels = vec![depth(None); 1000];
    for _ in 0..10 {
        let op = json!({ "op": "subscribe", "channels": channels });
        let (code, field) = socket.refused(op).await.expect("refused");
        assert_eq!(code, "TOO_MANY_SUBSCRIPTIONS");
        assert_eq!(field.as_deref(), Some("channels"));
    }
    is_well(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_frame_closes_only_its_socket() {
    let (_database, server, mut healthy) = begin(&[]).await;
    let mut hostile = connect(server.port()).await;
    // The header of a masked text frame of a terabyte.
    let mut header = vec![0x81, 0xff];
    header.extend((1u64 << 40).to_be_bytes());
    header.extend([0; 4]);
    let raw = hostile.stream.get_mut();
    raw.write_all(&header).await.expect("sent");
    let end = hostile.end().await.expect("an end");
    assert_eq!(end.expect("a closing frame").0, 1009);
    let mut hostile = connect(server.port()).await;
    // Pieces of a message are counted together.
    let piece = || "x".repeat(40_000);
    for (index, code) in [Data::Text, Data::Continue].into_iter().enumerate() {
        let frame = Frame::message(piece(), OpCode::Data(code), index == 1);
        hostile
            .stream
            .send(Message::Frame(frame))
            .await
            .expect("sent");
    }
    let end = hostile.end().await.expect("an end");
    assert_eq!(end.expect("a closing frame").0, 1009);
    is_well(&mut healthy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_and_pieces_are_put_together() {
    let (_database, server, mut socket) = begin(&[]).await;
    for garbage in [
        "",
        "{",
        "[]",
        "null",
        "\u{0}",
        r#"{"op":"ping"} x"#,
        r#"{"op":7}"#,
    ] {
        socket.send(garbage).await.expect("sent");
        let answer = socket.next().await.expect("an answer");
        assert_eq!(answer["error"]["code"], "MALFORMED", "{garbage}: {answer}");
        assert_eq!(answer["id"], Value::Null);
    }
    let binary = Message::Binary(b"{\"op\":\"ping\"}".to_vec().into());
    socket.stream.send(binary).await.expect("sent");
    let answer = socket.next().await.expect("an answer");
    assert_eq!(answer["error"]["code"], "MALFORMED", "{answer}");
    let refused = socket
        .refused(json!({ "op": "fly" }))
        .await
        .expect("refused");
    assert_eq!(refused, ("MALFORMED".to_owned(), Some("op".to_owned())));
    let op = json!({ "op": "ping", "wrong": 1 });
    let refused = socket.refused(op).await.expect("refused");
    assert_eq!(refused, ("MALFORMED".to_owned(), Some("wrong".to_owned())));
    let pieces = [
        ("{\"id\":\"a\",", Data::Text),
        ("\"op\":\"ping\"}", Data::Continue),
    ];
    for (index, (text, code)) in pieces.into_iter().enumerate() {
        let frame = Frame::message(text, OpCode::Data(code), index == 1);
        socket
            .stream
            .send(Message::Frame(frame))
            .await
            .expect("sent");
    }
    let answer = socket.answer(&json!("a")).await.expect("an answer");
    assert!(answer["result"]["time"].is_i64(), "{answer}");
    // No WebSocket frame at all.
    let mut hostile = connect(server.port()).await;
    let raw = hostile.stream.get_mut();
    raw.write_all(&[0xff; 64]).await.expect("sent");
    let end = hostile.end().await.expect("an end");
    assert_eq!(end.expect("a closing frame").0, 1002);
    is_well(&mut socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_sends_too_much_is_warned_and_then_closed() {
    let settings = [("EXCHANGE_WS_MESSAGES_PER_SECOND", "20")];
    let (_database, server, mut healthy) = begin(&settings).await;
    let mut greedy = connect(server.port()).await;
    for id in 0..2_000 {
        let ping = json!({ "id": id, "op": "ping" });
        if greedy.send(ping.to_string()).await.is_err() {
            break;
        }
    }
    let mut is_warned = false;
    let end = loop {
        match greedy.hear().await.expect("something") {
            Heard::Text(text) => is_warned |= text.contains("RATE_LIMITED"),
            Heard::Closed(end) => break end,
        }
    };
    assert!(is_warned);
    if let Some((code, _)) = end {
        assert_eq!(code, 1008);
    }
    is_well(&mut healthy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sockets_are_limited_and_silent_ones_dropped() {
    let settings = [
        ("EXCHANGE_WS_CONNECTIONS_PER_ADDRESS", "2"),
        ("EXCHANGE_WS_PING_MS", "50"),
        ("EXCHANGE_WS_SILENCE_MS", "1000"),
        ("EXCHANGE_WS_MESSAGES_PER_SECOND", "1000000"),
    ];
    let (_database, server, mut healthy) = begin(&settings).await;
    // Nobody reads it, so that nobody answers its pings.
    let mut silent = connect(server.port()).await;
    assert!(Socket::connect(server.port()).await.is_err());
    while Socket::connect(server.port()).await.is_err() {
        is_well(&mut healthy).await;
    }
    let end = silent.end().await.expect("an end");
    // Its late answers to pings may have reset the connection before it read the closing frame.
    assert!(end.is_none_or(|(code, _)| code == 1008));
}
