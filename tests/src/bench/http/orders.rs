//! Orders over HTTP: as fast as answers come (closed loop), or at times that are set beforehand
//! (open loop).

use std::time::Duration;

use anyhow::{Context, Result};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::latency::Latencies;
use super::trader::Trader;
use crate::bench::load::Done;

/// A request that is authenticated and does nothing.
const EMPTY: &str = "/api/auth/check";

/// What each trader sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// The mix.
    Mix,
    /// Signed requests that do nothing.
    Empty,
}

/// Each trader sends its next request once the last one is answered.
pub async fn closed(
    traders: Vec<Trader>,
    load: Load,
    limit: Duration,
) -> Result<(Done, Vec<Trader>)> {
    let start = Instant::now();
    let mut tasks = JoinSet::new();
    for mut trader in traders {
        tasks.spawn(async move {
            let mut done = Done::default();
            while start.elapsed() < limit {
                let accepted = match load {
                    Load::Mix => trader.step().await?,
                    Load::Empty => trader.send(EMPTY, "").await?,
                };
                if accepted {
                    done.accepted += 1;
                } else {
                    done.rejected += 1;
                }
            }
            done.elapsed = start.elapsed();
            anyhow::Ok((done, trader))
        });
    }
    let mut total = Done::default();
    let mut traders = Vec::new();
    while let Some(task) = tasks.join_next().await {
        let (done, trader) = task.context("a trader panicked")??;
        total.accepted += done.accepted;
        total.rejected += done.rejected;
        total.elapsed = total.elapsed.max(done.elapsed);
        traders.push(trader);
    }
    Ok((total, traders))
}

/// Requests are due at a fixed rate, dealt over the traders in turn. A time counts from when its
/// request was due, also where the trader was still busy with the one before.
pub async fn open(
    traders: Vec<Trader>,
    rate_per_s: u32,
    limit: Duration,
) -> Result<(Latencies, Vec<Trader>)> {
    let start = Instant::now();
    let gap = Duration::from_secs(1) / rate_per_s;
    let count = u32::try_from(traders.len())?;
    let mut tasks = JoinSet::new();
    for (index, mut trader) in (0u32..).zip(traders) {
        tasks.spawn(async move {
            let mut latencies = Latencies::default();
            let mut due = start + gap * index;
            while due.duration_since(start) < limit {
                sleep_until(due).await;
                trader.step().await?;
                latencies.add(due.duration_since(start), due.elapsed());
                due += gap * count;
            }
            anyhow::Ok((latencies, trader))
        });
    }
    let mut all = Latencies::default();
    let mut traders = Vec::new();
    while let Some(task) = tasks.join_next().await {
        let (latencies, trader) = task.context("a trader panicked")??;
        all.join(latencies);
        traders.push(trader);
    }
    Ok((all, traders))
}
