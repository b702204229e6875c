//! Does what is due at a time: runs the dead man's switches, which cancel an account's orders once
//! its deadline has passed, and lets withdrawals go on whose address is known long enough.
//!
//! Several at once are harmless: each sees to what no other has taken.

use std::time::Duration;

use client::Pool;

/// The longest sleep. It is shorter than the shortest switch (1 s, `exchange.cancel_after`), so
/// that a new switch is always seen before it is due, and nobody needs to tell of it.
pub const LONGEST_PAUSE: Duration = Duration::from_millis(500);
/// The shortest one, while another worker holds what is due.
const SHORTEST_PAUSE: Duration = Duration::from_millis(5);
/// Switches of one transaction: it holds all their markets.
pub const AT_ONCE: i32 = 100;
/// Withdrawals that go on between two looks at the switches, each in a transaction of its own.
const COOL_DOWNS_A_TIME: u32 = 20;

/// Works until it is dropped. A failure is logged, and tried again after [`LONGEST_PAUSE`].
pub async fn run(pool: &Pool) {
    loop {
        let pause = match once(pool).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::error!("cannot do what is due: {error}");
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
    let released = end_cool_downs(pool).await?;
    if released == COOL_DOWNS_A_TIME {
        return Ok(SHORTEST_PAUSE);
    }
    let next_ms = client::next_cancel_deadline(pool).await?;
    let pause = next_ms.and_then(|next| u64::try_from(next).ok());
    let pause = pause.map_or(LONGEST_PAUSE, Duration::from_millis);
    Ok(pause.clamp(SHORTEST_PAUSE, LONGEST_PAUSE))
}

async fn end_cool_downs(pool: &Pool) -> Result<u32, client::Error> {
    for ended in 0..COOL_DOWNS_A_TIME {
        if !client::end_cool_down(pool).await? {
            return Ok(ended);
        }
        tracing::info!("a withdrawal goes on: its address has been known long enough");
    }
    Ok(COOL_DOWNS_A_TIME)
}
