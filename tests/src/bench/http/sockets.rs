//! A thousand sockets that follow one book.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::latency::Latencies;
use super::trader::Trader;

const SUBSCRIBE: &str =
    r#"{"id":1,"op":"subscribe","channels":[{"channel":"depth","market":"BTC/USDT"}]}"#;
/// A book message's newest number.
const LAST: &str = "\"last\":";
/// Who waits longer than this for an update is taken to have lost it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sockets, reading until they are dropped.
pub struct Audience {
    tasks: JoinSet<Result<()>>,
    /// The newest number that each has seen.
    seen: Vec<watch::Receiver<u64>>,
    messages: Arc<AtomicU64>,
}

impl Audience {
    /// So many sockets, subscribed.
    pub async fn open(port: u16, count: usize) -> Result<Audience> {
        let messages = Arc::new(AtomicU64::new(0));
        let (mut tasks, mut seen) = (JoinSet::new(), Vec::new());
        for _ in 0..count {
            let (mut socket, _) = connect_async(format!("ws://127.0.0.1:{port}/api/ws")).await?;
            socket.send(Message::text(SUBSCRIBE)).await?;
            // The first message answers, or is the snapshot; either way it is subscribed.
            socket.next().await.context("closed at once")??;
            let (sender, receiver) = watch::channel(0);
            seen.push(receiver);
            let messages = messages.clone();
            tasks.spawn(async move {
                while let Some(message) = socket.next().await {
                    let Message::Text(text) = message? else {
                        continue;
                    };
                    messages.fetch_add(1, Ordering::Relaxed);
                    if let Some(last) = last_of(&text) {
                        sender.send_replace(last);
                    }
                }
                Ok(())
            });
        }
        Ok(Audience {
            tasks,
            seen,
            messages,
        })
    }

    /// Messages that all of them got so far.
    pub fn messages(&self) -> u64 {
        self.messages.load(Ordering::Relaxed)
    }

    /// Whether all of them still read.
    pub fn is_whole(&self) -> bool {
        self.tasks.len() == self.seen.len()
            && self.seen.iter().all(|seen| seen.has_changed().is_ok())
    }

    /// Places orders one after the other at a fixed rate; for each, the time from its answer until
    /// the last of the sockets has seen it.
    pub async fn latencies(
        &mut self,
        trader: &mut Trader,
        rate_per_s: u32,
        limit: Duration,
    ) -> Result<Latencies> {
        let start = Instant::now();
        let gap = Duration::from_secs(1) / rate_per_s;
        let mut latencies = Latencies::default();
        let mut due = start;
        let mut number = 0u32;
        while due.duration_since(start) < limit {
            tokio::time::sleep_until(due).await;
            number += 1;
            // Far from the middle, so that each rests and changes a level.
            let price = 40_000 + number % 1_000;
            let body = format!(
                "{{\"market\":\"BTC/USDT\",\"side\":\"buy\",\"price\":\"{price}.00\",\
                 \"quantity\":\"0.0100\"}}"
            );
            let sequence = trader.place(&body).await?;
            let answered = Instant::now();
            for seen in &mut self.seen {
                let wait = seen.wait_for(|last| *last >= sequence);
                tokio::time::timeout(PATIENCE, wait)
                    .await
                    .context("an update was lost")??;
            }
            latencies.add(answered.elapsed());
            due = (due + gap).max(Instant::now());
        }
        Ok(latencies)
    }
}

fn last_of(text: &str) -> Option<u64> {
    let rest = &text[text.find(LAST)? + LAST.len()..];
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}
