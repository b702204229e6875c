//! Rates of the engine, by batch size and number of sessions.

use std::time::Duration;

use anyhow::{Context, Result};
use tokio_postgres::Client;

use super::load::{Done, RawJson, Stream, send};
use super::stage::{Exchange, MARKETS};

/// Sessions that stay connected, each with its stream.
pub struct Sessions {
    clients: Vec<Client>,
    streams: Vec<Stream>,
}

impl Sessions {
    /// So many sessions, dealt over the markets; each rests its orders first.
    pub async fn open(name: &str, count: usize, resting: u64, exchange: &Exchange) -> Result<Self> {
        let mut clients = Vec::new();
        let mut streams = Vec::new();
        for index in 0..count {
            clients.push(exchange.database.connect("exchange_api").await?);
            let (name, seed) = (format!("{name}{index}"), 1 + index as u64);
            streams.push(Stream::new(
                &name,
                seed,
                index % MARKETS.len(),
                resting,
                exchange,
            ));
        }
        let mut sessions = Sessions { clients, streams };
        let batches = usize::try_from(resting)?.div_ceil(1024);
        sessions.run(1024, batches, Duration::MAX).await?;
        Ok(sessions)
    }

    /// Measures for so long, with batches made beforehand for at most `most` commands a second.
    pub async fn measure(&mut self, size: usize, limit: Duration, most: u64) -> Result<Done> {
        let millis = u64::try_from(limit.as_millis())?;
        let commands = most * millis / 1000 / self.streams.len() as u64;
        self.run(size, usize::try_from(commands)?.div_ceil(size), limit)
            .await
    }

    /// Processor time that the sessions' servers have used so far.
    pub async fn cpu(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for client in &self.clients {
            let row = client.query_one("select pg_backend_pid()", &[]).await?;
            let path = format!("/proc/{}/schedstat", row.get::<_, i32>(0));
            let text = std::fs::read_to_string(path)?;
            let nanos = text.split(' ').next().context("no time on the processor")?;
            total += Duration::from_nanos(nanos.parse()?);
        }
        Ok(total)
    }

    async fn run(&mut self, size: usize, batches: usize, limit: Duration) -> Result<Done> {
        let make = |stream: &mut Stream| -> Vec<RawJson> {
            (0..batches).map(|_| stream.batch(size)).collect()
        };
        // What was made and not sent is lost to the stream; its cancels would find nothing. So
        // each run continues from a copy that is moved on by what was sent.
        let before = self.streams.clone();
        let made: Vec<Vec<RawJson>> = self.streams.iter_mut().map(make).collect();
        let lengths: Vec<usize> = made.iter().map(Vec::len).collect();
        let clients = std::mem::take(&mut self.clients);
        let (done, clients, sent) = send(clients.into_iter().zip(made).collect(), limit).await?;
        self.clients = clients;
        for (index, sent) in sent.into_iter().enumerate() {
            if sent < lengths[index] {
                self.streams[index] = before[index].clone();
                self.streams[index].steps(sent * size);
            }
        }
        Ok(done)
    }
}
