//! Counts trades into candles: rung by the doorbell, in bounded pieces, one market after the other.
//!
//! Any number of these may run: a market's position in the database lets one at a time count.

use std::collections::BTreeSet;
use std::time::Duration;

use client::{Config, Error, Listener, Pool, Ring};

/// Trades counted in one transaction.
pub const PIECE: i32 = 10_000;
/// Between two looks: a busy market costs ten transactions a second, not one a commit. Nobody waits
/// for it, because readers add the trades that are not counted yet.
pub const PAUSE: Duration = Duration::from_millis(100);
/// After a failure.
pub const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// Streams from this number on are no market's.
const FIRST_OTHER_STREAM: i32 = 10_000;

/// Counts until it is dropped. A failing database is waited for.
///
/// # Errors
/// The database's address cannot be read.
pub async fn run(pool: &Pool, config: &Config) -> anyhow::Result<()> {
    let mut listener = client::listen(config)?;
    let mut markets = Markets::default();
    loop {
        let pause = match markets.work(pool, &mut listener).await {
            Ok(()) if !markets.pending.is_empty() => continue,
            Ok(()) => PAUSE,
            Err(error) => {
                tracing::warn!(%error, ?RETRY_PAUSE, "cannot count trades; trying again");
                markets.is_all = true;
                RETRY_PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Markets whose trades may wait to be counted.
#[derive(Default)]
struct Markets {
    is_all: bool,
    pending: BTreeSet<i32>,
}

impl Markets {
    /// Waits for a ring unless work is left, and counts one piece of each market that was rung.
    /// Those whose piece was full stay pending.
    async fn work(&mut self, pool: &Pool, listener: &mut Listener) -> Result<(), Error> {
        if !self.is_all && self.pending.is_empty() {
            let ring = listener.next().await;
            self.heard(ring);
        }
        self.hear(listener).await;
        if self.is_all {
            let markets = client::markets(pool).await?;
            self.pending = markets.iter().map(|market| market.market_id).collect();
            self.is_all = false;
        }
        for market_id in self.pending.clone() {
            let counted = client::advance_candles(pool, market_id, PIECE).await?;
            tracing::debug!(market_id, counted, "counted trades");
            if counted < PIECE {
                self.pending.remove(&market_id);
            }
        }
        Ok(())
    }

    /// Takes the rings that are there already.
    async fn hear(&mut self, listener: &mut Listener) {
        loop {
            tokio::select! {
                biased;
                ring = listener.next() => self.heard(ring),
                () = std::future::ready(()) => return,
            }
        }
    }

    fn heard(&mut self, ring: Ring) {
        match ring {
            Ring::Everything => self.is_all = true,
            Ring::Stream(number) if number < FIRST_OTHER_STREAM => {
                self.pending.insert(number);
            }
            Ring::Stream(_) => {}
        }
    }
}
