//! The mix as json batches, and the sessions that send them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use engine::decimal;
use engine::mix::{Mix, MixSettings, Step};
use engine::order::{NewOrder, Terms, TimeInForce};
use serde_json::value::RawValue;
use tokio_postgres::Client;
use tokio_postgres::types::Json;

use super::stage::{ACCOUNTS, BenchMarket, Exchange, MARKETS, RATES};

/// Json that is sent and received as it is.
pub type RawJson = Json<Box<RawValue>>;

/// One session's endless part of the mix, in one market. Streams do not know of each other: the
/// orders that one cancels are out of reach of all.
#[derive(Clone, Debug)]
pub struct Stream {
    mix: Mix,
    /// Index into the markets.
    pub market: usize,
    /// Begins the client order ids.
    pub name: String,
    before_accounts: u64,
    /// How many orders it rests before the mix begins.
    pub resting: u64,
}

impl Stream {
    /// A stream whose name nobody else has.
    pub fn new(name: &str, seed: u64, market: usize, resting: u64, exchange: &Exchange) -> Stream {
        let settings = MixSettings {
            seed,
            accounts: ACCOUNTS,
            middle_ticks: MARKETS[market].middle_ticks,
            resting,
            rates: RATES,
        };
        let before_accounts = exchange.before_accounts;
        Stream {
            mix: Mix::new(settings),
            market,
            name: name.into(),
            before_accounts,
            resting,
        }
    }

    /// The next steps, with the accounts' real numbers.
    pub fn steps(&mut self, count: usize) -> Vec<Step> {
        let before = self.before_accounts;
        let real = |step| match step {
            Step::Place { serial, order } => Step::Place {
                serial,
                order: NewOrder {
                    account: before + order.account,
                    ..order
                },
            },
            Step::Cancel { account, serial } => Step::Cancel {
                account: before + account,
                serial,
            },
        };
        self.mix.by_ref().take(count).map(real).collect()
    }

    /// The next batch as json.
    pub fn batch(&mut self, size: usize) -> RawJson {
        let mut text = String::with_capacity(size * 200);
        for step in self.steps(size) {
            text.push(if text.is_empty() { '[' } else { ',' });
            write_step(&mut text, &step, &self.name, &MARKETS[self.market]);
        }
        text.push(']');
        Json(RawValue::from_string(text).expect("the batch is json"))
    }
}

/// What a client order is called.
pub fn client_order_id(name: &str, serial: u64) -> String {
    format!("{name}-{serial}")
}

fn write_step(text: &mut String, step: &Step, name: &str, market: &BenchMarket) {
    let written = match step {
        Step::Cancel { account, serial } => format!(
            "{{\"verb\":\"cancel\",\"account_id\":{account},\"client_order_id\":\"{}\"}}",
            client_order_id(name, *serial)
        ),
        Step::Place { serial, order } => {
            let (price, quantity, time_in_force) = terms(order);
            format!(
                "{{\"verb\":\"place\",\"account_id\":{},\"market\":\"{}\",\"side\":\"{}\",\
                 \"price\":\"{}\",\"quantity\":\"{}\",\"time_in_force\":\"{}\",\
                 \"client_order_id\":\"{}\"}}",
                order.account,
                market.symbol,
                order.side.name(),
                decimal::format(price.into(), market.tick_scale),
                decimal::format(quantity.into(), market.lot_scale),
                time_in_force.name(),
                client_order_id(name, *serial)
            )
        }
    };
    text.push_str(&written);
}

/// Price, lots and time in force of the mix's orders, which are all limit orders.
pub fn terms(order: &NewOrder) -> (u64, u64, TimeInForce) {
    match order.terms {
        Terms::Limit {
            price_ticks,
            quantity_lots,
            time_in_force,
            ..
        } => (price_ticks, quantity_lots, time_in_force),
        Terms::Market { .. } | Terms::MarketBudget { .. } => (0, 0, TimeInForce::Ioc),
    }
}

/// What sessions did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// Commands that were acknowledged and not rejected.
    pub accepted: u64,
    /// Commands that were rejected.
    pub rejected: u64,
    /// From the first send to the last answer.
    pub elapsed: Duration,
}

impl Done {
    /// Accepted commands a second.
    pub fn rate(&self) -> u64 {
        let micros = u64::try_from(self.elapsed.as_micros())
            .unwrap_or(u64::MAX)
            .max(1);
        self.accepted * 1_000_000 / micros
    }
}

/// Sends each session's batches one after the other, all sessions at once, until `limit` has passed
/// or a session has none left. Gives back the sessions, and how many batches each sent.
pub async fn send(
    sessions: Vec<(Client, Vec<RawJson>)>,
    limit: Duration,
) -> Result<(Done, Vec<Client>, Vec<usize>)> {
    let start = Instant::now();
    let work = |(client, batches): (Client, Vec<RawJson>)| async move {
        let statement = client.prepare("select exchange.submit($1)").await?;
        let mut done = Done::default();
        let mut sent = 0;
        for batch in &batches {
            if start.elapsed() >= limit {
                break;
            }
            let answer: RawJson = client.query_one(&statement, &[batch]).await?.get(0);
            let rejected = answer.0.get().matches("\"reject\"").count() as u64;
            let outcomes = answer.0.get().matches("{\"").count() as u64;
            done.rejected += rejected;
            done.accepted += outcomes - rejected;
            sent += 1;
        }
        done.elapsed = start.elapsed();
        anyhow::Ok((done, client, sent))
    };
    let tasks: Vec<_> = sessions
        .into_iter()
        .map(|session| tokio::spawn(work(session)))
        .collect();
    let mut total = Done::default();
    let (mut clients, mut all_sent) = (Vec::new(), Vec::new());
    for task in tasks {
        let (done, client, sent) = task.await.context("a session panicked")??;
        total.accepted += done.accepted;
        total.rejected += done.rejected;
        total.elapsed = total.elapsed.max(done.elapsed);
        clients.push(client);
        all_sent.push(sent);
    }
    Ok((total, clients, all_sent))
}
