//! A keep-alive HTTP connection that costs little, so that the bench measures the server.

use std::net::Ipv4Addr;

use anyhow::{Context, Result, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One connection; one request at a time.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
}

/// An answer, whose body lies in the connection's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// HTTP status.
    pub status: u16,
    /// The body.
    pub body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub async fn open(port: u16) -> Result<Connection> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        Ok(Connection {
            stream,
            buffer: vec![0; 64 * 1024],
            filled: 0,
        })
    }

    /// Sends a whole request and returns its answer, which must say its length.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        let (head, length) = loop {
            self.read().await?;
            let bytes = &self.buffer[..self.filled];
            if let Some(end) = find(bytes, b"\r\n\r\n") {
                break (end + 4, content_length(&bytes[..end])?);
            }
        };
        while self.filled < head + length {
            self.read().await?;
        }
        let status = std::str::from_utf8(&self.buffer[9..12])?.parse()?;
        let body = &self.buffer[head..head + length];
        Ok(Answer { status, body })
    }

    async fn read(&mut self) -> Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        let read = self.stream.read(&mut self.buffer[self.filled..]).await?;
        ensure!(read > 0, "the server closed the connection");
        self.filled += read;
        Ok(())
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

fn content_length(head: &[u8]) -> Result<usize> {
    const NAME: &[u8] = b"content-length: ";
    let lower = head.to_ascii_lowercase();
    let at = find(&lower, NAME).context("an answer without a length")?;
    let digits = lower[at + NAME.len()..]
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    Ok(std::str::from_utf8(digits)?.parse()?)
}
