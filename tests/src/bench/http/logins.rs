//! Logins at the cost of hashes that a server has by default, and what others see of it: depth at
//! a fixed rate meanwhile.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::connection::Connection;
use super::depth::REQUEST;
use super::latency::Latencies;
use super::run::{HttpPlan, SETTINGS, add};
use crate::api_server::{ApiServer, PASSWORD};
use crate::bench::report::Report;
use crate::bench::stage::Exchange;

/// What a server takes where nothing is set.
const COST: u32 = 12;
/// People who log in at the same time, each an account.
const PEOPLE: u64 = 16;
/// Questions whether a session is good.
const CHECKS: usize = 2_000;
/// Who looks at the book meanwhile, and how often each.
const WATCHERS: u32 = 4;
const LOOKS_PER_S: u32 = 50;

/// Measures logins and the book beside them.
pub async fn run(plan: &HttpPlan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let owner = exchange.database.connect("postgres").await?;
    // The same password, the same hash: every check costs the same.
    let hash = bcrypt::hash(PASSWORD, COST)?;
    let text = "update exchange.accounts set password_hash = $1
        where account_id > $2 and account_id <= $2 + $3";
    let before = i64::try_from(exchange.before_accounts)?;
    let people = i64::try_from(PEOPLE)?;
    owner.execute(text, &[&hash, &before, &people]).await?;
    let cost = COST.to_string();
    let mut settings = SETTINGS.to_vec();
    settings.push(("EXCHANGE_BCRYPT_COST", &cost));
    let server = ApiServer::start_as(&exchange.database, plan.build, &settings).await?;
    let calm = watch(server.port(), plan.slice).await?;
    add(report, "depth_alone", &calm);
    let start = Instant::now();
    let limit = plan.slice * 2;
    let mut tasks = JoinSet::new();
    for person in 1..=PEOPLE {
        tasks.spawn(log_in(server.port(), person, start, limit));
    }
    let seen = watch(server.port(), limit).await?;
    let mut logins = 0;
    while let Some(task) = tasks.join_next().await {
        logins += task.context("somebody panicked")??;
    }
    let millis = u64::try_from(start.elapsed().as_millis())?.max(1);
    report.add("logins_per_1000_s", logins * 1_000_000 / millis, "logins");
    add(report, "depth_under_logins", &seen);
    check_sessions(exchange, report).await
}

/// What it costs to ask whether a session is good, one request at a time: the API asks for many at
/// once.
async fn check_sessions(exchange: &Exchange, report: &mut Report) -> Result<()> {
    let api = exchange.database.connect("exchange_api").await?;
    let owner = exchange.database.connect("postgres").await?;
    let rows = owner
        .query("select session_id from exchange.sessions", &[])
        .await?;
    let sessions: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
    let text = "select session_id, api_key_id from exchange.check_access($1, '{}')";
    let statement = api.prepare(text).await?;
    let start = Instant::now();
    for number in 0..CHECKS {
        let asked = [sessions[number % sessions.len()]];
        let live = api.query(&statement, &[&asked.as_slice()]).await?;
        ensure!(live.len() == 1, "a session is not known");
    }
    let each = start.elapsed() / u32::try_from(CHECKS)?;
    report.add("session_check_us", u64::try_from(each.as_micros())?, "us");
    Ok(())
}

/// Again and again from the same device; gives how often.
async fn log_in(port: u16, person: u64, start: Instant, limit: Duration) -> Result<u64> {
    let mut connection = Connection::open(port).await?;
    let mut device = Value::Null;
    let mut done = 0;
    while start.elapsed() < limit {
        let email = format!("user{person}@example.com");
        let body = json!({ "email": email, "password": PASSWORD, "deviceToken": device });
        let body = body.to_string();
        let request = format!(
            "POST /api/auth/login HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        );
        let answer = connection.exchange(request.as_bytes()).await?;
        let value: Value = serde_json::from_slice(answer.body)?;
        ensure!(answer.status == 200, "a login answered {value}");
        if value["deviceToken"].is_string() {
            device = value["deviceToken"].clone();
        }
        done += 1;
    }
    Ok(done)
}

/// How long the book takes at a fixed rate; a time counts from when its request was due.
async fn watch(port: u16, limit: Duration) -> Result<Latencies> {
    let start = Instant::now();
    let gap = Duration::from_secs(1) / LOOKS_PER_S;
    let mut tasks = JoinSet::new();
    for watcher in 0..WATCHERS {
        tasks.spawn(async move {
            let mut connection = Connection::open(port).await?;
            let mut latencies = Latencies::default();
            let mut due = start + gap * watcher / WATCHERS;
            while due.duration_since(start) < limit {
                sleep_until(due).await;
                let answer = connection.exchange(REQUEST).await?;
                ensure!(answer.status == 200, "depth answered {}", answer.status);
                latencies.add(due.duration_since(start), due.elapsed());
                due += gap;
            }
            anyhow::Ok(latencies)
        });
    }
    let mut all = Latencies::default();
    while let Some(task) = tasks.join_next().await {
        all.join(task.context("a watcher panicked")??);
    }
    Ok(all)
}
