//! A mail server that takes mails by SMTP (RFC 5321) and shows them to the test.

use std::net::Ipv4Addr;

use anyhow::{Context, Result};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A running mail server; it ends when dropped.
pub struct MailServer {
    port: u16,
    mails: UnboundedReceiver<String>,
    task: tokio::task::JoinHandle<()>,
}

impl MailServer {
    /// On a free port. It refuses so many mails for now before it takes any.
    pub async fn start(refusals: u32) -> Result<MailServer> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (sender, mails) = unbounded_channel();
        let task = tokio::spawn(async move {
            let mut refusals = refusals;
            while let Ok((stream, _)) = listener.accept().await {
                // A client that hangs up ends its own session only.
                let _ = talk(stream, &sender, &mut refusals).await;
            }
        });
        Ok(MailServer { port, mails, task })
    }

    /// What goes into `EXCHANGE_SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// The next mail, its headers too, once it comes.
    pub async fn next(&mut self) -> Result<String> {
        let next = tokio::time::timeout(crate::wait::PATIENCE, self.mails.recv()).await;
        next.context("no mail came")?
            .context("the mail server ended")
    }

    /// Whether a mail waits.
    pub fn has_mail(&self) -> bool {
        !self.mails.is_empty()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn talk(
    stream: TcpStream,
    mails: &UnboundedSender<String>,
    refusals: &mut u32,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    stream.write_all(b"220 test\r\n").await?;
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let verb = line
            .split_whitespace()
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        let answer: &[u8] = match verb.as_str() {
            "EHLO" | "HELO" => b"250 test\r\n",
            "MAIL" if *refusals > 0 => {
                *refusals -= 1;
                b"451 try again later\r\n"
            }
            "MAIL" | "RCPT" | "RSET" | "NOOP" => b"250 ok\r\n",
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let text = read_data(&mut stream).await?;
                // The test may have ended.
                let _ = mails.send(text);
                b"250 taken\r\n"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => b"500 what?\r\n",
        };
        stream.write_all(answer).await?;
    }
}

/// Until the line with a dot alone; soft line breaks of quoted-printable are joined.
async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut text = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(text.replace("=\r\n", "").replace("=3D", "="));
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
