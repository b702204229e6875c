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
/// Rows of spent tokens, old mails and passed windows forgotten in one transaction, and how many
/// transactions at a time.
pub const ACCESS_A_PIECE: i32 = 10_000;
const ACCESS_PIECES_A_TIME: u32 = 100;
/// Activities and events of the risk engine forgotten in one transaction, and how many of these at
/// a time.
pub const ACTIVITIES_A_PIECE: i32 = 10_000;
const ACTIVITY_PIECES_A_TIME: u32 = 100;
/// For so long after an order's end a repeat of its placement is known.
pub const ORDER_KEY_AGE_DAYS: i32 = 90;
/// Blocks of the table of order keys that are looked through in one transaction, and in one period:
/// a walk goes on where the last one stopped.
pub const KEY_BLOCKS_A_PIECE: i32 = 1000;
const KEY_PIECES_A_TIME: u32 = 100;
/// For so long a repeat of another request is known.
pub const REQUEST_KEY_AGE_HOURS: i32 = 24;
/// Answers forgotten in one transaction, and how many of these at a time.
pub const REQUEST_KEYS_A_PIECE: i32 = 10_000;
const REQUEST_PIECES_A_TIME: u32 = 100;
/// Accounts whose documents expire that are seen to in one transaction, and how many of these at a
/// time.
pub const EXPIRIES_A_PIECE: i32 = 500;
const EXPIRY_PIECES_A_TIME: u32 = 100;
/// Quotes of fees forgotten in one transaction, and how many of these at a time.
pub const QUOTES_A_PIECE: i32 = 10_000;
const QUOTE_PIECES_A_TIME: u32 = 100;

/// Leaves of proofs are kept so long, and so many proofs are seen to at a time.
pub const PROOF_AGE_DAYS: i32 = 90;
/// See [`PROOF_AGE_DAYS`].
pub const PROOFS_A_TIME: i32 = 100;

/// Works once a [`PERIOD`] until it is dropped. A time that fails is logged; the next one tries
/// again.
///
/// # Errors
/// None; the type lets it stand beside [`once`].
pub async fn run(pool: &Pool) -> Result<(), client::Error> {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut key_block = 0;
    loop {
        ticks.tick().await;
        if let Err(error) = work(pool, &mut key_block).await {
            tracing::error!("upkeep failed, next try in {PERIOD:?}: {error}");
        }
    }
}

/// Works once.
///
/// # Errors
/// The database's. Violated invariants are logged as errors and are none here.
pub async fn once(pool: &Pool) -> Result<(), client::Error> {
    work(pool, &mut 0).await
}

/// `key_block` is where the walk over the order keys goes on.
async fn work(pool: &Pool, key_block: &mut i64) -> Result<(), client::Error> {
    let partitions = client::make_partitions(pool, MONTHS_AHEAD).await?;
    let sessions = client::forget_ended_sessions(pool, SESSIONS_A_TIME).await?;
    tracing::info!(
        partitions,
        sessions,
        "made partitions, forgot ended sessions"
    );
    let order_keys = forget_order_keys(pool, key_block).await?;
    let request_keys = forget_request_keys(pool).await?;
    tracing::info!(order_keys, request_keys, "forgot idempotency keys");
    let access = forget_spent_access(pool).await?;
    tracing::info!(
        access,
        "forgot spent tokens, old mails and passed windows of limits"
    );
    let activities = forget_activities(pool).await?;
    tracing::info!(activities, "forgot what no risk rule counts any more");
    let (noticed, lowered) = expire_kyc(pool).await?;
    tracing::info!(
        noticed,
        lowered,
        "told owners of old documents, took levels"
    );
    let quotes = forget_withdrawal_quotes(pool).await?;
    let quiet_hours = client::measure_quiet_hours(pool).await?;
    tracing::info!(quotes, quiet_hours, "forgot quotes of fees, measured hours");
    let proofs = client::forget_proof_pages(pool, PROOF_AGE_DAYS, PROOFS_A_TIME).await?;
    tracing::info!(proofs, "forgot leaves of old proofs");
    check(pool).await
}

/// Violated, these say that something is not looked at, and not that books are wrong.
const ONLY_TOLD: [&str; 1] = ["coins_are_compared"];

/// Runs the checks. One that is violated halts what is sent on every network, because nobody knows
/// yet what else is wrong (docs/operations.md says how it goes on).
async fn check(pool: &Pool) -> Result<(), client::Error> {
    let violations = client::violations(pool).await?;
    for violation in &violations {
        tracing::error!(check = violation.check_name, row = %violation.row, "invariant violated");
    }
    if violations.is_empty() {
        tracing::info!("all checks are empty");
    }
    let halts = |name: &str| !ONLY_TOLD.contains(&name);
    let Some(first) = violations.iter().find(|it| halts(&it.check_name)) else {
        return Ok(());
    };
    let reason = format!("the check {} is violated", first.check_name);
    let halted = client::halt_all_networks(pool, &reason).await?;
    if halted > 0 {
        tracing::error!(halted, reason, "withdrawals are halted on every network");
    }
    Ok(())
}

async fn forget_order_keys(pool: &Pool, block: &mut i64) -> Result<i64, client::Error> {
    let mut all = 0;
    for _ in 0..KEY_PIECES_A_TIME {
        let age = ORDER_KEY_AGE_DAYS;
        let (forgotten, next) =
            client::forget_order_keys(pool, age, *block, KEY_BLOCKS_A_PIECE).await?;
        all += forgotten;
        *block = next.unwrap_or(0);
        if next.is_none() {
            break;
        }
    }
    Ok(all)
}

async fn forget_request_keys(pool: &Pool) -> Result<i32, client::Error> {
    let mut all = 0;
    for _ in 0..REQUEST_PIECES_A_TIME {
        let (age, limit) = (REQUEST_KEY_AGE_HOURS, REQUEST_KEYS_A_PIECE);
        let forgotten = client::forget_request_keys(pool, age, limit).await?;
        all += forgotten;
        if forgotten < limit {
            break;
        }
    }
    Ok(all)
}

async fn forget_withdrawal_quotes(pool: &Pool) -> Result<i32, client::Error> {
    let mut all = 0;
    for _ in 0..QUOTE_PIECES_A_TIME {
        let forgotten = client::forget_withdrawal_quotes(pool, QUOTES_A_PIECE).await?;
        all += forgotten;
        if forgotten < QUOTES_A_PIECE {
            break;
        }
    }
    Ok(all)
}

async fn expire_kyc(pool: &Pool) -> Result<(i32, i32), client::Error> {
    let mut all = (0, 0);
    for _ in 0..EXPIRY_PIECES_A_TIME {
        let (noticed, lowered) = client::expire_kyc(pool, EXPIRIES_A_PIECE).await?;
        all = (all.0 + noticed, all.1 + lowered);
        if noticed.max(lowered) < EXPIRIES_A_PIECE {
            break;
        }
    }
    Ok(all)
}

async fn forget_spent_access(pool: &Pool) -> Result<i32, client::Error> {
    let mut all = 0;
    for _ in 0..ACCESS_PIECES_A_TIME {
        let forgotten = client::forget_spent_access(pool, ACCESS_A_PIECE).await?;
        all += forgotten;
        if forgotten < ACCESS_A_PIECE {
            break;
        }
    }
    Ok(all)
}

async fn forget_activities(pool: &Pool) -> Result<i32, client::Error> {
    let mut all = 0;
    for _ in 0..ACTIVITY_PIECES_A_TIME {
        let forgotten = client::forget_activities(pool, ACTIVITIES_A_PIECE).await?;
        all += forgotten;
        if forgotten < ACTIVITIES_A_PIECE {
            break;
        }
    }
    Ok(all)
}
