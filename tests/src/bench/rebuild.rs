//! How long a book of a million resting orders takes to build from the tables.

use std::time::{Duration, Instant};

use anyhow::Result;
use tokio_postgres::Client;

use super::stage::Exchange;

/// Rests so many orders in the first market by writing its tables, with the event that announces
/// them; what they hold is left out, since the book does not read it.
const FILL: &str = "
    insert into exchange.orders_open (order_id, market_id, account_id, side, kind, time_in_force,
        post_only, self_trade, price, quantity, maker_rate, taker_rate, reduced_quantity,
        filled_quantity, filled_quote, state, placed_at)
    select 100000000000000 + n, 1, $2::bigint + 1 + n % 10000,
        case when n % 2 = 0 then 'buy' else 'sell' end, 'limit', 'gtc', false, 'expire_taker',
        60000 + case when n % 2 = 0 then -1 else 1 end * (1 + n * 7919 % 100000) * 0.01,
        (1 + n % 100) * 0.0001, 0.001, 0.002, 0, 0, 0, 'open', now()
    from generate_series(1, $1::bigint) n";

const ANNOUNCE: &str = "
    insert into exchange.events (stream_id, first_sequence, last_sequence, occurred_at)
    values (1, 1, $1, now())";

/// The median of several builds.
pub async fn measure(exchange: &Exchange, orders: i64, times: usize) -> Result<Duration> {
    let owner = exchange.database.connect("postgres").await?;
    let before = i64::try_from(exchange.before_accounts)?;
    owner.execute(FILL, &[&orders, &before]).await?;
    owner.execute(ANNOUNCE, &[&orders]).await?;
    owner
        .batch_execute("vacuum analyze exchange.orders_open")
        .await?;
    let mut all = Vec::new();
    for _ in 0..times {
        owner
            .batch_execute("select exchange.reset_book('BTC/USDT')")
            .await?;
        let start = Instant::now();
        owner
            .batch_execute("select * from exchange.order_book('BTC/USDT', 1)")
            .await?;
        all.push(start.elapsed());
    }
    ensure_whole(&owner, orders).await?;
    all.sort_unstable();
    Ok(all[all.len() / 2])
}

async fn ensure_whole(owner: &Client, orders: i64) -> Result<()> {
    let text = "select open_orders from exchange.book_memory() where market = 'BTC/USDT'";
    let open: i64 = owner.query_one(text, &[]).await?.get(0);
    anyhow::ensure!(open == orders, "the book has {open} orders, not {orders}");
    let problems = owner
        .query(
            "select p::text from exchange.verify_book('BTC/USDT') p",
            &[],
        )
        .await?;
    anyhow::ensure!(problems.is_empty(), "{} problems", problems.len());
    Ok(())
}

/// Bytes of shared memory for each order that a book can hold.
pub async fn memory_per_order(exchange: &Exchange) -> Result<u64> {
    let owner = exchange.database.connect("postgres").await?;
    let text = "select max(bytes / capacity) from exchange.book_memory()";
    Ok(owner
        .query_one(text, &[])
        .await?
        .get::<_, i64>(0)
        .unsigned_abs())
}
