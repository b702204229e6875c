//! The yardstick: plain set-based SQL that writes the very rows that the engine would have written,
//! one transaction a batch, committed asynchronously and flushed once before the next.
//!
//! It decides nothing: no order is matched, no balance read. Plans are pinned to index lookups.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Statement};

use super::floor_rows::{Balances, Moves, Orders, Rows, Trades, Updates, Writer};
use super::load::{Done, Stream};
use super::stage::{Exchange, MARKETS};

/// What makes the planner look rows up by index, whatever the tables' size.
const PINNED: &str = "
    set synchronous_commit = off;
    set enable_seqscan = off;
    set enable_hashjoin = off;
    set enable_mergejoin = off;
    set enable_bitmapscan = off;
    set plan_cache_mode = force_generic_plan";

/// Statements of one session.
#[derive(Clone)]
struct Statements {
    open: Statement,
    closed: Statement,
    moved: Statement,
    ended: Statement,
    keys: Statement,
    trades: Statement,
    updates: Statement,
    event: Statement,
    balances: Statement,
    flush: Statement,
}

/// One session a market.
pub struct Floor {
    sessions: Vec<Session>,
}

struct Session {
    client: Client,
    statements: Statements,
    market: i32,
    stream: Stream,
    writer: Writer,
}

impl Floor {
    /// Sessions on an exchange where nobody else trades; each rests its orders first.
    pub async fn open(resting: u64, exchange: &Exchange) -> Result<Floor> {
        let mut sessions = Vec::new();
        for (index, market) in MARKETS.iter().enumerate() {
            let client = exchange.database.connect("postgres").await?;
            client.batch_execute(PINNED).await?;
            let statements = Statements::prepare(&client).await?;
            let name = format!("floor{index}");
            let stream = Stream::new(&name, 1 + index as u64, index, resting, exchange);
            let rules = market.rules(index as u32 + 1, exchange.fee_accounts[index]);
            let writer = Writer::new(*market, rules, &name);
            sessions.push(Session {
                client,
                statements,
                market: i32::try_from(index)? + 1,
                stream,
                writer,
            });
        }
        let mut floor = Floor { sessions };
        let batches = usize::try_from(resting)?.div_ceil(1024);
        floor.run(1024, batches, Duration::MAX).await?;
        Ok(floor)
    }

    /// Measures for so long, with rows made beforehand for at most `most` commands a second. Rows
    /// that were made are all written, outside the time measured, since later ones build on them.
    pub async fn measure(&mut self, size: usize, limit: Duration, most: u64) -> Result<Done> {
        let millis = u64::try_from(limit.as_millis())?;
        let commands = most * millis / 1000 / self.sessions.len() as u64;
        self.run(size, usize::try_from(commands)?.div_ceil(size), limit)
            .await
    }

    async fn run(&mut self, size: usize, batches: usize, limit: Duration) -> Result<Done> {
        let mut work = Vec::new();
        for mut session in std::mem::take(&mut self.sessions) {
            let mut rows = Vec::new();
            for _ in 0..batches {
                rows.push(session.writer.rows(&session.stream.steps(size)));
            }
            work.push((session, rows));
        }
        let start = Instant::now();
        let write = |(session, rows): (Session, Vec<Rows>)| async move {
            let mut done = Done::default();
            for rows in &rows {
                session.write(rows).await?;
                if start.elapsed() < limit || done.accepted == 0 {
                    done.accepted += rows.commands;
                    done.elapsed = start.elapsed();
                }
            }
            anyhow::Ok((done, session))
        };
        let tasks: Vec<_> = work
            .into_iter()
            .map(|work| tokio::spawn(write(work)))
            .collect();
        let mut total = Done::default();
        for task in tasks {
            let (done, session) = task.await.context("a session panicked")??;
            total.accepted += done.accepted;
            total.elapsed = total.elapsed.max(done.elapsed);
            self.sessions.push(session);
        }
        Ok(total)
    }
}

impl Session {
    /// One transaction, all its statements sent at once: polled in order, each sends on its first
    /// poll.
    async fn write(&self, rows: &Rows) -> Result<()> {
        let begin = async { Ok(self.client.batch_execute("begin").await?) };
        let orders = async {
            tokio::try_join!(biased;
                self.orders(&self.statements.open, &rows.open),
                self.orders(&self.statements.closed, &rows.closed),
                self.moves(&self.statements.moved, &rows.moved),
                self.moves(&self.statements.ended, &rows.ended),
                self.keys(&rows.open),
                self.keys(&rows.closed),
            )
        };
        let facts = async {
            tokio::try_join!(biased;
                self.trades(&rows.trades),
                self.updates(&rows.updates),
                self.event(rows.range),
                self.balances(&rows.balances),
            )
        };
        let commit = async { Ok(self.client.batch_execute("commit").await?) };
        let flush = async { Ok(self.client.query(&self.statements.flush, &[]).await?) };
        tokio::try_join!(biased; begin, orders, facts, commit, flush).map(drop)
    }

    async fn trades(&self, trades: &Trades) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 12] = [
            &self.market,
            &trades.trade_id,
            &trades.price,
            &trades.quantity,
            &trades.quote,
            &trades.taker_side,
            &trades.maker_order,
            &trades.taker_order,
            &trades.maker_account,
            &trades.taker_account,
            &trades.maker_fee,
            &trades.taker_fee,
        ];
        self.execute(&self.statements.trades, &values, trades.trade_id.len())
            .await
    }

    async fn updates(&self, updates: &Updates) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 9] = [
            &self.market,
            &updates.update_id,
            &updates.order_id,
            &updates.account_id,
            &updates.kind,
            &updates.reason,
            &updates.removed,
            &updates.counter,
            &updates.prevented,
        ];
        self.execute(&self.statements.updates, &values, updates.update_id.len())
            .await
    }

    async fn event(&self, (first, last): (i64, i64)) -> Result<()> {
        self.execute(&self.statements.event, &[&self.market, &first, &last], 1)
            .await
    }

    async fn balances(&self, balances: &Balances) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 4] = [
            &balances.account_id,
            &balances.asset_id,
            &balances.available,
            &balances.held,
        ];
        self.execute(
            &self.statements.balances,
            &values,
            balances.account_id.len(),
        )
        .await
    }

    async fn execute(
        &self,
        statement: &Statement,
        values: &[&(dyn ToSql + Sync)],
        rows: usize,
    ) -> Result<()> {
        if rows > 0 {
            let written = self.client.execute(statement, values).await?;
            anyhow::ensure!(written == rows as u64, "{written} rows written, not {rows}");
        }
        Ok(())
    }

    async fn orders(&self, statement: &Statement, orders: &Orders) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 11] = [
            &self.market,
            &orders.order_id,
            &orders.account_id,
            &orders.client_order_id,
            &orders.side,
            &orders.time_in_force,
            &orders.price,
            &orders.quantity,
            &orders.filled_quantity,
            &orders.filled_quote,
            &orders.state,
        ];
        self.execute(statement, &values, orders.order_id.len())
            .await
    }

    async fn moves(&self, statement: &Statement, moves: &Moves) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 4] =
            [&moves.order_id, &moves.quantity, &moves.quote, &moves.state];
        self.execute(statement, &values, moves.order_id.len()).await
    }

    async fn keys(&self, orders: &Orders) -> Result<()> {
        let values: [&(dyn ToSql + Sync); 4] = [
            &orders.account_id,
            &orders.client_order_id,
            &orders.order_id,
            &orders.fingerprint,
        ];
        self.execute(&self.statements.keys, &values, orders.order_id.len())
            .await
    }
}

impl Statements {
    async fn prepare(client: &Client) -> Result<Statements> {
        let row = client.query_one("select to_char(now() at time zone 'UTC', '_YYYY_MM')", &[]);
        let month: String = row.await?.get(0);
        let leaf = |text: &str| text.replace("_MONTH", &month);
        Ok(Statements {
            open: client
                .prepare(&leaf(&ORDERS.replace("TABLE", "orders_open")))
                .await?,
            closed: client
                .prepare(&leaf(&ORDERS.replace("TABLE", "orders_closed_MONTH")))
                .await?,
            moved: client.prepare(MOVED).await?,
            ended: client.prepare(&leaf(ENDED)).await?,
            keys: client.prepare(KEYS).await?,
            trades: client.prepare(&leaf(TRADES)).await?,
            updates: client.prepare(&leaf(UPDATES)).await?,
            event: client.prepare(&leaf(EVENT)).await?,
            balances: client.prepare(BALANCES).await?,
            flush: client.prepare("select exchange.wait_durable()").await?,
        })
    }
}

const ORDERS: &str = "
    insert into exchange.TABLE (order_id, market_id, account_id, client_order_id, side, kind,
        time_in_force, post_only, self_trade, price, quantity, maker_rate, taker_rate,
        reduced_quantity, filled_quantity, filled_quote, state, placed_at, closed_at)
    select order_id, $1, account_id, client_order_id, side, 'limit', time_in_force, false,
        'expire_taker', price, quantity, 0.001, 0.002, 0, filled_quantity, filled_quote, state,
        now(), case when state <> 'open' then now() end
    from unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::numeric[],
        $8::numeric[], $9::numeric[], $10::numeric[], $11::text[])
        o (order_id, account_id, client_order_id, side, time_in_force, price, quantity,
            filled_quantity, filled_quote, state)";

const MOVED: &str = "
    update exchange.orders_open o
    set filled_quantity = o.filled_quantity + m.quantity, filled_quote = o.filled_quote + m.quote
    from unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::text[])
        m (order_id, quantity, quote, state)
    where o.order_id = m.order_id";

const ENDED: &str = "
    with gone as (
        delete from exchange.orders_open o
        using unnest($1::bigint[], $2::numeric[], $3::numeric[], $4::text[])
            m (order_id, more_quantity, more_quote, end_state)
        where o.order_id = m.order_id
        returning o.*, m.more_quantity, m.more_quote, m.end_state)
    insert into exchange.orders_closed_MONTH (order_id, market_id, account_id, client_order_id,
        side, kind, time_in_force, post_only, self_trade, price, quantity, budget, maker_rate,
        taker_rate, reduced_quantity, filled_quantity, filled_quote, state, placed_at, closed_at)
    select order_id, market_id, account_id, client_order_id, side, kind, time_in_force, post_only,
        self_trade, price, quantity, budget, maker_rate, taker_rate, reduced_quantity,
        filled_quantity + more_quantity, filled_quote + more_quote, end_state, placed_at, now()
    from gone";

const KEYS: &str = "
    insert into exchange.order_keys (account_id, client_order_id, order_id, fingerprint, placed_at)
    select k.*, now() from unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[]) k";

const TRADES: &str = "
    insert into exchange.trades_MONTH (trade_id, market_id, price, quantity, quote_amount,
        taker_side, maker_order_id, taker_order_id, maker_account_id, taker_account_id, maker_fee,
        taker_fee, traded_at)
    select trade_id, $1, price, quantity, quote, taker_side, maker_order, taker_order,
        maker_account, taker_account, maker_fee, taker_fee, now()
    from unnest($2::bigint[], $3::numeric[], $4::numeric[], $5::numeric[], $6::text[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[], $11::numeric[], $12::numeric[])
        t (trade_id, price, quantity, quote, taker_side, maker_order, taker_order, maker_account,
            taker_account, maker_fee, taker_fee)";

const UPDATES: &str = "
    insert into exchange.order_updates_MONTH (order_update_id, market_id, order_id, account_id,
        kind, reason, removed_quantity, counter_order_id, prevented_quantity, updated_at)
    select update_id, $1, order_id, account_id, kind, reason, removed, counter, prevented, now()
    from unnest($2::bigint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::numeric[],
        $8::bigint[], $9::numeric[])
        u (update_id, order_id, account_id, kind, reason, removed, counter, prevented)";

const EVENT: &str = "
    insert into exchange.events_MONTH (stream_id, first_sequence, last_sequence, occurred_at)
    values ($1, $2, $3, now())";

const BALANCES: &str = "
    update exchange.balances b
    set available = b.available + d.available, held = b.held + d.held
    from unnest($1::bigint[], $2::integer[], $3::numeric[], $4::numeric[])
        d (account_id, asset_id, available, held)
    where b.account_id = d.account_id and b.asset_id = d.asset_id";
