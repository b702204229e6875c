//! A WebSocket client that costs little, so that the bench measures the server: it reads text
//! frames in place, answers pings, and understands nothing else.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Any sixteen bytes in base64; the server's proof is not looked at.
const KEY: &str = "AAECAwQFBgcICQoLDA0ODw==";
/// Where a buffer begins; it grows to the longest message.
const BUFFER_BYTES: usize = 16 * 1024;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// The bit of a frame that ends a message.
const FINAL: u8 = 0x80;
/// The bit of a length that says that a mask follows, as it must in what a client sends.
const MASKED: u8 = 0x80;

/// One open socket.
#[derive(Debug)]
pub struct Frames {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// What was read and not looked at yet.
    unread: std::ops::Range<usize>,
}

struct Frame {
    opcode: u8,
    payload: std::ops::Range<usize>,
}

impl Frames {
    /// Connects and turns the connection into a WebSocket.
    pub async fn open(port: u16) -> Result<Frames> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        let mut socket = Frames {
            stream,
            buffer: vec![0; BUFFER_BYTES],
            unread: 0..0,
        };
        let request = format!(
            "GET /api/ws HTTP/1.1\r\nhost: bench\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: {KEY}\r\n\r\n"
        );
        socket.stream.write_all(request.as_bytes()).await?;
        const END: &[u8] = b"\r\n\r\n";
        loop {
            socket.fill().await?;
            let bytes = &socket.buffer[socket.unread.clone()];
            if let Some(end) = bytes.windows(END.len()).position(|part| part == END) {
                ensure!(bytes.starts_with(b"HTTP/1.1 101"), "no upgrade");
                socket.unread.start += end + END.len();
                return Ok(socket);
            }
        }
    }

    /// Sends a short text.
    pub async fn send(&mut self, text: &str) -> Result<()> {
        self.write(TEXT, text.as_bytes()).await
    }

    /// The next text; an error once the server has closed.
    pub async fn next(&mut self) -> Result<&[u8]> {
        loop {
            let Some(frame) = self.take()? else {
                self.fill().await?;
                continue;
            };
            match frame.opcode {
                TEXT => return Ok(&self.buffer[frame.payload]),
                PING => {
                    let payload = self.buffer[frame.payload].to_vec();
                    self.write(PONG, &payload).await?;
                }
                CLOSE => bail!("the server closed the socket"),
                _ => {}
            }
        }
    }

    /// A whole frame, where one is in the buffer.
    fn take(&mut self) -> Result<Option<Frame>> {
        let bytes = &self.buffer[self.unread.clone()];
        let [first, second, rest @ ..] = bytes else {
            return Ok(None);
        };
        ensure!(first & FINAL != 0, "a message in several frames");
        let (head, length) = match (second, rest) {
            (126, [a, b, ..]) => (4, usize::from(u16::from_be_bytes([*a, *b]))),
            (127, [a, b, c, d, e, f, g, h, ..]) => {
                let length = u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]);
                (10, usize::try_from(length)?)
            }
            (126 | 127, _) => return Ok(None),
            (length, _) => (2, usize::from(*length)),
        };
        if bytes.len() < head + length {
            return Ok(None);
        }
        let opcode = first & 0x0f;
        let start = self.unread.start + head;
        self.unread.start = start + length;
        let payload = start..start + length;
        Ok(Some(Frame { opcode, payload }))
    }

    async fn fill(&mut self) -> Result<()> {
        if self.unread.is_empty() {
            self.unread = 0..0;
        } else if self.unread.end == self.buffer.len() {
            self.buffer.copy_within(self.unread.clone(), 0);
            self.unread = 0..self.unread.len();
            if self.unread.end == self.buffer.len() {
                self.buffer.resize(2 * self.unread.end, 0);
            }
        }
        let read = self.stream.read(&mut self.buffer[self.unread.end..]).await;
        let read = read.context("reading from the socket")?;
        ensure!(read > 0, "the server closed the connection");
        self.unread.end += read;
        Ok(())
    }

    /// Masked by zeros, which leaves the payload as it is.
    async fn write(&mut self, opcode: u8, payload: &[u8]) -> Result<()> {
        let length = u8::try_from(payload.len()).ok().filter(|l| *l < 126);
        let length = length.context("only short messages are sent")?;
        let head = [FINAL | opcode, MASKED | length, 0, 0, 0, 0];
        self.stream.write_all(&[&head, payload].concat()).await?;
        Ok(())
    }
}
