//! Chains the audit log: rung by the doorbell, in bounded pieces, off everybody's way.
//!
//! Any number of these may run: the chain's head in the database lets one at a time link.

use std::time::Duration;

use client::{AUDIT_BELL, Config, Pool, Ring};

/// Entries linked in one transaction.
pub const PIECE: i32 = 1000;
/// The longest sleep; then it looks though nobody rang.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Works until it is dropped. A database that is away is waited for.
///
/// # Errors
/// The database's address cannot be read.
pub async fn run(pool: &Pool, config: &Config) -> anyhow::Result<()> {
    let mut bell = client::listen(config)?;
    loop {
        if let Err(error) = once(pool).await {
            tracing::error!("cannot chain the audit log: {error}");
        }
        let rung = async {
            while !matches!(
                bell.next().await,
                Ring::Stream(AUDIT_BELL) | Ring::Everything
            ) {}
        };
        // Passing in silence is as good as a ring.
        let _ = tokio::time::timeout(LONGEST_PAUSE, rung).await;
    }
}

/// Links what waits.
///
/// # Errors
/// The database's.
pub async fn once(pool: &Pool) -> Result<(), client::Error> {
    loop {
        let done = client::link_entries(pool, PIECE).await?;
        if done.linked > 0 {
            // Kept outside the database, this proves later that the chain was not made anew:
            // audit.verify_chain takes it.
            let (link, hash) = (done.link_number, hex::encode(&done.hash));
            tracing::info!(linked = done.linked, link, hash, "chained the audit log");
        }
        if done.linked < PIECE {
            return Ok(());
        }
    }
}
