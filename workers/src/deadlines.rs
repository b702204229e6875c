//! Runs the dead man's switches: cancels an account's orders once its deadline has passed.
//!
//! Several at once are harmless: each sees to switches that no other has taken.

use std::time::Duration;

use client::Pool;

/// The longest sleep. It is shorter than the shortest switch (1 s, `exchange.cancel_after`), so
/// that a new switch is always seen before it is due, and nobody needs to tell of it.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The shortest one, while another worker holds what is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
/// Switches of one transaction: it holds all their markets.
pub const AT_ONCE: i32 = 100;

/// Works until it is dropped. A failure is logged, and tried again after [`LONGEST_PAUSE`].
pub async fn run(pool: &Pool) {
    loop {
        let pause = match once(pool).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!("cannot run the switches that are due: {error}");
                LONGEST_PAUSE
            }
        };
        tokio::time::sleep(pause).await;
    }
}

/// Runs what is due, and gives how long there is nothing to do.
///
/// # Errors
/// The database's.
pub async fn once(pool: &Pool) -> Result<Duration, client::Error> {
    loop {
        let run = client::run_cancel_deadlines(pool, AT_ONCE).await?;
        if run > 0 {
            tracing::info!(switches = run, "cancelled what nobody put off");
        }
        if run < AT_ONCE {
            break;
        }
    }
    let next_ms = client::next_cancel_deadline(pool).await?;
    let pause = next_ms.and_then(|next| u64::try_from(next).ok());
    let pause = pause.map_or(LONGEST_PAUSE, Duration::from_millis);
    Ok(pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}
