//! Keeps the database in order: makes partitions ahead, forgets ended sessions, runs the checks.

use std::time::Duration;

use client::Pool;
use tokio::time::{MissedTickBehavior, interval};

/// How often it works.
pub const PERIOD: Duration = Duration::from_secs(3600);
/// Months of partitions that exist ahead of now.
pub const MONTHS_AHEAD: i32 = 12;
/// Sessions forgotten at a time; what is left waits for the next time.
pub const SESSIONS_A_TIME: i32 = 10_000;

/// Works once a [`PERIOD`] until it is dropped. A time that fails is logged; the next one tries
/// again.
///
/// # Errors
/// None; the type lets it stand beside [`once`].
pub async fn run(pool: &Pool) -> Result<(), client::Error> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = once(pool).await {
            tracing::error!("upkeep failed, next try in {PERIOD:?}: {error}");
        }
    }
}

/// Works once.
///
/// # Errors
/// The database's. Violated invariants are logged as errors and are none here.
pub async fn once(pool: &Pool) -> Result<(), client::Error> {
    let partitions = client::make_partitions(pool, MONTHS_AHEAD).await?;
    let sessions = client::forget_ended_sessions(pool, SESSIONS_A_TIME).await?;
    tracing::info!(
        partitions,
        sessions,
        "made partitions, forgot ended sessions"
    );
    let violations = client::violations(pool).await?;
    for violation in &violations {
        tracing::error!(check = violation.check_name, row = %violation.row, "invariant violated");
    }
    if violations.is_empty() {
        tracing::info!("all checks are empty");
    }
    Ok(())
}
