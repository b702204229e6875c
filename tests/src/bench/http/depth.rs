//! The book by price level, over and over.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::Connection;
use crate::bench::load::Done;

pub(super) const REQUEST: &[u8] =
    b"GET /api/market/depth?market=BTC/USDT&limit=50 HTTP/1.1\r\nhost: bench\r\n\r\n";

/// So many connections ask as fast as they are answered.
pub async fn measure(port: u16, connections: usize, limit: Duration) -> Result<Done> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for _ in 0..connections {
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut done = Done::default();
            while start.elapsed() < limit {
                let answer = connection.exchange(REQUEST).await?;
                ensure!(answer.status == 200, "depth answered {}", answer.status);
                done.accepted += 1;
            }
            done.elapsed = start.elapsed();
            anyhow::Ok(done)
        });
    }
    let mut total = Done::default();
    while let Some(task) = tasks.join_next().await {
        let done = task.context("a reader panicked")??;
        total.accepted += done.accepted;
        total.elapsed = total.elapsed.max(done.elapsed);
    }
    Ok(total)
}
