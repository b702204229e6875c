//! The rival: a plain PL/pgSQL matcher in a schema of its own, under the same mix.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engine::decimal;
use engine::mix::Step;
use tokio_postgres::{Client, Statement};

use super::load::{Done, Stream, client_order_id, terms};
use super::stage::{Exchange, MARKETS};
use crate::database::Database;

const SCHEMA: &str = include_str!("../../bench/plpgsql.sql");

/// The same markets, accounts and money.
const FILL: &str = "
    insert into plain.markets (market_id, symbol, base_asset_id, quote_asset_id, fee_account_id)
    select market_id, symbol, base_asset_id, quote_asset_id, fee_account_id from exchange.markets;
    insert into plain.balances (account_id, asset_id, available, held)
    select account_id, asset_id, available, held from exchange.balances on conflict do nothing;
    insert into plain.balances (account_id, asset_id, available, held)
    select fee_account_id, asset_id, 0, 0 from plain.markets cross join exchange.assets
    on conflict do nothing;
    vacuum analyze plain.balances";

/// Sessions on the rival.
pub struct Plain {
    sessions: Vec<Session>,
}

struct Session {
    client: Client,
    place: Statement,
    cancel: Statement,
    stream: Stream,
}

impl Plain {
    /// So many sessions, dealt over the markets; each rests its orders first.
    pub async fn open(count: usize, resting: u64, exchange: &Exchange) -> Result<Plain> {
        let owner = exchange.database.connect("postgres").await?;
        owner.batch_execute(SCHEMA).await?;
        for statement in FILL.split(';') {
            owner.batch_execute(statement).await?;
        }
        let mut sessions = Vec::new();
        for index in 0..count {
            let market = index % MARKETS.len();
            let (name, seed) = (format!("plain{index}"), 1 + index as u64);
            let stream = Stream::new(&name, seed, market, resting, exchange);
            let mut session = Session::open(&exchange.database, stream).await?;
            session.client.batch_execute("begin").await?;
            session
                .run(usize::try_from(resting)?, Duration::MAX)
                .await?;
            session.client.batch_execute("commit").await?;
            sessions.push(session);
        }
        owner.batch_execute("vacuum analyze plain.orders").await?;
        Ok(Plain { sessions })
    }

    /// One order a transaction, all sessions at once.
    pub async fn measure(&mut self, limit: Duration) -> Result<Done> {
        let mut tasks = Vec::new();
        for mut session in std::mem::take(&mut self.sessions) {
            tasks.push(tokio::spawn(async move {
                let done = session.run(usize::MAX, limit).await?;
                anyhow::Ok((done, session))
            }));
        }
        let mut total = Done::default();
        for task in tasks {
            let (done, session) = task.await.context("a session panicked")??;
            total.accepted += done.accepted;
            total.rejected += done.rejected;
            total.elapsed = total.elapsed.max(done.elapsed);
            self.sessions.push(session);
        }
        Ok(total)
    }
}

impl Session {
    async fn open(database: &Database, stream: Stream) -> Result<Session> {
        let client = database.connect("postgres").await?;
        let place = "select plain.place_order($1, $2, $3, $4::text::numeric, $5::text::numeric,
            $6, $7)";
        let place = client.prepare(place).await?;
        let cancel = client
            .prepare("select plain.cancel_order($1, $2, $3)")
            .await?;
        Ok(Session {
            client,
            place,
            cancel,
            stream,
        })
    }

    /// Steps one by one until there were so many, or until the time is over.
    async fn run(&mut self, steps: usize, limit: Duration) -> Result<Done> {
        let start = Instant::now();
        let mut done = Done::default();
        for _ in 0..steps {
            if start.elapsed() >= limit {
                break;
            }
            for step in self.stream.steps(1) {
                let state = self.send(&step).await?;
                let is_done = matches!(state.as_str(), "open" | "filled" | "expired" | "cancelled");
                done.accepted += u64::from(is_done);
                done.rejected += u64::from(!is_done);
            }
        }
        done.elapsed = start.elapsed();
        Ok(done)
    }

    async fn send(&self, step: &Step) -> Result<String> {
        let market = &MARKETS[self.stream.market];
        let row = match step {
            Step::Cancel { account, serial } => {
                let id = client_order_id(&self.stream.name, *serial);
                let account = i64::try_from(*account)?;
                self.client
                    .query_one(&self.cancel, &[&account, &market.symbol, &id])
                    .await?
            }
            Step::Place { serial, order } => {
                let (price, quantity, time_in_force) = terms(order);
                let id = client_order_id(&self.stream.name, *serial);
                let account = i64::try_from(order.account)?;
                let price = decimal::format(price.into(), market.tick_scale);
                let quantity = decimal::format(quantity.into(), market.lot_scale);
                let side = order.side.name();
                let tif = time_in_force.name();
                let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] = [
                    &account,
                    &market.symbol,
                    &side,
                    &price,
                    &quantity,
                    &tif,
                    &id,
                ];
                self.client.query_one(&self.place, &values).await?
            }
        };
        Ok(row.get(0))
    }
}
