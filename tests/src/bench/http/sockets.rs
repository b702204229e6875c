//! A thousand sockets that follow one book.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use tokio::sync::{Notify, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::frames::Frames;
use super::latency::Latencies;
use super::thread::run_alone;
use super::trader::Trader;

const SUBSCRIBE: &str =
    r#"{"id":1,"op":"subscribe","channels":[{"channel":"depth","market":"BTC/USDT"}]}"#;
/// A book message's newest number.
const LAST: &[u8] = b"\"last\":";
/// Who waits longer than this for an update is taken to have lost it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The sockets, reading on a thread of their own until they are dropped.
pub struct Audience {
    seen: Arc<Seen>,
    reading: JoinHandle<Result<()>>,
    _stop: oneshot::Sender<()>,
}

/// What the sockets have seen.
struct Seen {
    /// The newest number of each.
    numbers: Vec<AtomicU64>,
    messages: AtomicU64,
    /// Which socket is waited for; any other wakes nobody.
    awaited: AtomicUsize,
    progress: Notify,
}

impl Seen {
    fn set(&self, index: usize, number: u64) {
        self.numbers[index].store(number, Ordering::SeqCst);
        if self.awaited.load(Ordering::SeqCst) == index {
            self.progress.notify_one();
        }
    }

    /// Returns once all sockets have seen this number.
    async fn all_reached(&self, number: u64) {
        for (index, seen) in self.numbers.iter().enumerate() {
            self.awaited.store(index, Ordering::SeqCst);
            while seen.load(Ordering::SeqCst) < number {
                self.progress.notified().await;
            }
        }
    }
}

impl Audience {
    /// So many sockets, subscribed.
    pub async fn open(port: u16, count: usize) -> Result<Audience> {
        let seen = Arc::new(Seen {
            numbers: (0..count).map(|_| AtomicU64::new(0)).collect(),
            messages: AtomicU64::new(0),
            awaited: AtomicUsize::new(usize::MAX),
            progress: Notify::new(),
        });
        let (stop, stopped) = oneshot::channel();
        let (ready, is_ready) = oneshot::channel();
        let followed = seen.clone();
        let reading = tokio::spawn(run_alone(move || async move {
            let sockets = subscribe(port, count).await?;
            // Whoever opened them waits for this.
            let _ = ready.send(());
            tokio::select! {
                read = read_all(sockets, followed) => read,
                // Also where the sender is gone.
                _ = stopped => Ok(()),
            }
        }));
        if is_ready.await.is_err() {
            reading.await??;
            bail!("the sockets ended before they were subscribed");
        }
        Ok(Audience {
            seen,
            reading,
            _stop: stop,
        })
    }

    /// Messages that all of them got so far.
    pub fn messages(&self) -> u64 {
        self.seen.messages.load(Ordering::Relaxed)
    }

    /// Whether all of them still read.
    pub fn is_whole(&self) -> bool {
        !self.reading.is_finished()
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
            let reached = tokio::time::timeout(PATIENCE, self.seen.all_reached(sequence)).await;
            reached.context("an update was lost")?;
            latencies.add(answered.duration_since(start), answered.elapsed());
            due = (due + gap).max(Instant::now());
        }
        ensure!(self.is_whole(), "a socket was closed");
        Ok(latencies)
    }
}

async fn subscribe(port: u16, count: usize) -> Result<Vec<Frames>> {
    let mut sockets = Vec::with_capacity(count);
    for _ in 0..count {
        let mut socket = Frames::open(port).await?;
        socket.send(SUBSCRIBE).await?;
        // The first message answers, or is the snapshot; either way it is subscribed.
        socket.next().await?;
        sockets.push(socket);
    }
    Ok(sockets)
}

/// Reads until one of the sockets ends, which none should.
async fn read_all(sockets: Vec<Frames>, seen: Arc<Seen>) -> Result<()> {
    let mut tasks = JoinSet::new();
    for (index, mut socket) in sockets.into_iter().enumerate() {
        let seen = seen.clone();
        tasks.spawn(async move {
            loop {
                let message = socket.next().await?;
                seen.messages.fetch_add(1, Ordering::Relaxed);
                if let Some(last) = last_of(message) {
                    seen.set(index, last);
                }
            }
        });
    }
    match tasks.join_next().await {
        Some(ended) => ended.context("a reader panicked")?,
        None => Ok(()),
    }
}

fn last_of(message: &[u8]) -> Option<u64> {
    let at = message.windows(LAST.len()).position(|part| part == LAST)?;
    let digits = &message[at + LAST.len()..];
    let end = digits.iter().position(|byte| !byte.is_ascii_digit())?;
    std::str::from_utf8(&digits[..end]).ok()?.parse().ok()
}
