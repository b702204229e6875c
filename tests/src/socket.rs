//! A client of `/api/ws` for tests and the bench. It answers pings only while somebody reads.

use std::collections::VecDeque;
use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use crate::wait::PATIENCE;

/// An open socket.
#[derive(Debug)]
pub struct Socket {
    /// What is below, for tests that send what no client should.
    pub stream: WebSocketStream<TcpStream>,
    /// Channel messages that came while an answer was awaited.
    kept: VecDeque<Value>,
    next_id: u64,
}

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// A message.
    Text(Utf8Bytes),
    /// The end: code and reason, where the server gave them.
    Closed(Option<(u16, String)>),
}

impl Socket {
    /// Connects.
    pub async fn connect(port: u16) -> Result<Socket> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        Socket::over(stream, port).await
    }

    /// Connects as a browser does that has this cookie.
    pub async fn with_cookie(port: u16, cookie: &str) -> Result<Socket> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        let mut request = format!("ws://127.0.0.1:{port}/api/ws").into_client_request()?;
        request.headers_mut().insert("cookie", cookie.parse()?);
        let (stream, _) = tokio_tungstenite::client_async(request, stream).await?;
        Ok(Socket {
            stream,
            kept: VecDeque::new(),
            next_id: 0,
        })
    }

    /// Over a connection that is there.
    pub async fn over(stream: TcpStream, port: u16) -> Result<Socket> {
        stream.set_nodelay(true)?;
        let address = format!("ws://127.0.0.1:{port}/api/ws");
        let (stream, _) = tokio_tungstenite::client_async(address, stream).await?;
        Ok(Socket {
            stream,
            kept: VecDeque::new(),
            next_id: 0,
        })
    }

    /// Connects, and authenticates by a bearer token.
    pub async fn login(port: u16, token: &str) -> Result<Socket> {
        let mut socket = Socket::connect(port).await?;
        let login = json!({ "op": "authenticate", "token": token });
        socket.must(login).await?;
        Ok(socket)
    }

    /// Sends a text as it is.
    pub async fn send(&mut self, text: impl Into<Utf8Bytes>) -> Result<()> {
        Ok(self.stream.send(Message::Text(text.into())).await?)
    }

    /// What comes next, of whatever kind; nothing that was kept. The server's pings are answered,
    /// and do not count as something that came.
    pub async fn hear(&mut self) -> Result<Heard> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let next = tokio::time::timeout_at(deadline, self.stream.next()).await;
            match next.context("nothing came")? {
                Some(Ok(Message::Text(text))) => return Ok(Heard::Text(text)),
                Some(Ok(Message::Close(frame))) => {
                    let end = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
                    return Ok(Heard::Closed(end));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(Heard::Closed(None)),
            }
        }
    }

    /// Reads to the end: code and reason, where the server gave them.
    pub async fn end(&mut self) -> Result<Option<(u16, String)>> {
        loop {
            if let Heard::Closed(end) = self.hear().await? {
                return Ok(end);
            }
        }
    }

    /// Sends an op under a new id and gives the whole answer. Channel messages that come before it
    /// are kept for [`Socket::next`].
    pub async fn ask(&mut self, mut op: Value) -> Result<Value> {
        self.next_id += 1;
        op["id"] = json!(self.next_id);
        self.send(op.to_string()).await?;
        self.answer(&json!(self.next_id)).await
    }

    /// Awaits the answer to that id.
    pub async fn answer(&mut self, id: &Value) -> Result<Value> {
        loop {
            let message = self.message().await?;
            if message.get("id") == Some(id) {
                return Ok(message);
            }
            self.kept.push_back(message);
        }
    }

    /// Sends an op that must succeed, and gives its result.
    pub async fn must(&mut self, op: Value) -> Result<Value> {
        let mut answer = self.ask(op.clone()).await?;
        match answer.get("result") {
            Some(_) => Ok(answer["result"].take()),
            None => bail!("{op} was refused: {answer}"),
        }
    }

    /// Sends an op that must be refused, and gives the error's code and field.
    pub async fn refused(&mut self, op: Value) -> Result<(String, Option<String>)> {
        let answer = self.ask(op.clone()).await?;
        let text = |name: &str| answer["error"][name].as_str().map(str::to_owned);
        let code = text("code").with_context(|| format!("{op} was not refused: {answer}"))?;
        Ok((code, text("field")))
    }

    /// Subscribes to one channel.
    pub async fn subscribe(&mut self, channel: Value) -> Result<()> {
        let op = json!({ "op": "subscribe", "channels": [channel] });
        self.must(op).await.map(|_| ())
    }

    /// The next message that is no answer.
    pub async fn next(&mut self) -> Result<Value> {
        match self.kept.pop_front() {
            Some(message) => Ok(message),
            None => self.message().await,
        }
    }

    /// The next message of that channel; those of others are kept.
    pub async fn next_of(&mut self, channel: &str) -> Result<Value> {
        let found = self.kept.iter().position(|m| m["channel"] == channel);
        if let Some(message) = found.and_then(|index| self.kept.remove(index)) {
            return Ok(message);
        }
        loop {
            let message = self.message().await?;
            if message["channel"] == channel {
                return Ok(message);
            }
            self.kept.push_back(message);
        }
    }

    async fn message(&mut self) -> Result<Value> {
        match self.hear().await? {
            Heard::Text(text) => Ok(serde_json::from_str(&text)?),
            Heard::Closed(end) => bail!("the socket was closed: {end:?}"),
        }
    }
}
