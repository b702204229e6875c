//! What is measured, in which order, on which exchange.

use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::chains::{self, ChainsPlan};
use super::documents;
use super::engine_rate::Sessions;
use super::floor::Floor;
use super::http;
use super::http::run::HttpPlan;
use super::load::Done;
use super::payments;
use super::plain::Plain;
use super::proof;
use super::rebuild;
use super::report::Report;
use super::risk_cost;
use super::stage::{self, Exchange};
use crate::api_server::Build;
use crate::checks;
use crate::cluster::Cluster;

/// How long and how large.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// One measurement of one rate.
    pub slice: Duration,
    /// Engine and floor in turn, so many times.
    pub rounds: usize,
    /// How long a snapshot is held.
    pub snapshot: Duration,
    /// Orders that rest in each market beforehand.
    pub resting: u64,
    /// Orders of the book that is rebuilt.
    pub rebuild: i64,
    /// Operations of the pure engine.
    pub core_operations: u64,
    /// Submissions of identity documents.
    pub documents: usize,
    /// Accounts of the tree of a proof.
    pub owed: i64,
    /// Deposits.
    pub chains: ChainsPlan,
    /// The API.
    pub http: HttpPlan,
}

/// What figures are quoted from.
pub const FULL: Plan = Plan {
    slice: Duration::from_secs(10),
    rounds: 3,
    snapshot: Duration::from_secs(120),
    resting: 16_384,
    rebuild: 1_000_000,
    core_operations: 10_000_000,
    documents: 300,
    owed: 1_000_000,
    chains: ChainsPlan {
        addresses: 1_000_000,
        outputs: 10_000,
        deposits: 10_000,
        blocks: 1_000,
        withdrawals: 300,
        build: Build::Release,
    },
    http: HttpPlan {
        slice: Duration::from_secs(10),
        connections: 64,
        offered_per_s: 1_000,
        sockets: 1_000,
        build: Build::Release,
    },
};

/// To see that it runs; its figures mean little.
pub const QUICK: Plan = Plan {
    slice: Duration::from_secs(1),
    rounds: 1,
    snapshot: Duration::from_secs(3),
    resting: 1_024,
    rebuild: 20_000,
    core_operations: 200_000,
    documents: 20,
    owed: 20_000,
    chains: ChainsPlan {
        addresses: 10_000,
        outputs: 1_000,
        deposits: 1_000,
        blocks: 100,
        withdrawals: 30,
        build: Build::Release,
    },
    http: HttpPlan {
        slice: Duration::from_secs(1),
        connections: 8,
        offered_per_s: 100,
        sockets: 50,
        build: Build::Release,
    },
};

/// Above every rate seen, so that no session runs out of batches.
pub(super) const MOST_PER_S: u64 = 60_000;

/// Parts of the bench; all of them make a full run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The pure engine.
    Core,
    /// Rebuilding a book.
    Rebuild,
    /// The engine against the floor, and by batch size.
    Rates,
    /// The engine with and without risk rules.
    Risk,
    /// The engine while somebody holds a snapshot.
    Snapshot,
    /// The PL/pgSQL rival.
    Plain,
    /// The API.
    Http,
    /// Logins, and what others see of them.
    Logins,
    /// Identity documents.
    Kyc,
    /// Proofs of what users are owed.
    Proof,
    /// Deposits on chains.
    Chains,
}

impl Part {
    /// All, in order.
    pub const ALL: [Part; 11] = [
        Part::Core,
        Part::Rebuild,
        Part::Rates,
        Part::Risk,
        Part::Snapshot,
        Part::Plain,
        Part::Http,
        Part::Logins,
        Part::Kyc,
        Part::Proof,
        Part::Chains,
    ];

    /// As it is called on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Part::Core => "core",
            Part::Rebuild => "rebuild",
            Part::Rates => "rates",
            Part::Risk => "risk",
            Part::Snapshot => "snapshot",
            Part::Plain => "plain",
            Part::Http => "http",
            Part::Logins => "logins",
            Part::Kyc => "kyc",
            Part::Proof => "proof",
            Part::Chains => "chains",
        }
    }
}

/// Measures the parts on a cluster of their own.
pub async fn run(plan: &Plan, parts: &[Part]) -> Result<Report> {
    let mut report = Report::default();
    if parts.contains(&Part::Core) {
        core(plan, &mut report)?;
    }
    let cluster = stage::cluster()?;
    if parts.contains(&Part::Rebuild) {
        rebuild_book(plan, &cluster, &mut report).await?;
    }
    if parts.contains(&Part::Rates) {
        let exchange = stage::exchange(&cluster, "engine").await?;
        rates(plan, &cluster, &exchange, &mut report).await?;
        single(plan, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Risk) {
        let exchange = stage::exchange(&cluster, "risk").await?;
        risk_cost::measure(plan, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Snapshot) {
        let exchange = stage::exchange(&cluster, "snapshot").await?;
        under_snapshot(plan, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Plain) {
        let exchange = stage::exchange(&cluster, "plain").await?;
        let mut plain = Plain::open(8, plan.resting / 8, &exchange).await?;
        let done = plain.measure(plan.slice * 2).await?;
        add(&mut report, "plpgsql_orders_per_s", &[done]);
    }
    if parts.contains(&Part::Http) {
        let exchange = stage::exchange(&cluster, "http").await?;
        http::run::run(&plan.http, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Logins) {
        let exchange = stage::exchange(&cluster, "logins").await?;
        http::logins::run(&plan.http, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Kyc) {
        let exchange = stage::exchange(&cluster, "kyc").await?;
        documents::run(plan.documents, plan.http.build, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Proof) {
        let exchange = stage::exchange(&cluster, "proof").await?;
        proof::run(plan.owed, &exchange, &mut report).await?;
    }
    if parts.contains(&Part::Chains) {
        let exchange = stage::exchange(&cluster, "chains").await?;
        chains::run(&plan.chains, &exchange, &mut report).await?;
        let exchange = stage::exchange(&cluster, "payments").await?;
        let ChainsPlan {
            withdrawals, build, ..
        } = plan.chains;
        payments::run(withdrawals, build, &exchange, &mut report).await?;
    }
    let engine = report.get("engine_orders_per_s_256");
    for (name, rival) in [
        ("engine_256_to_floor", "floor_orders_per_s"),
        ("engine_256_to_plpgsql", "plpgsql_orders_per_s"),
    ] {
        let rival = report.get(rival);
        if engine > 0 && rival > 0 {
            report.add_ratio(name, engine, rival);
        }
    }
    Ok(report)
}

/// The median of several slices, and how much was rejected.
fn add(report: &mut Report, name: &str, slices: &[Done]) {
    let mut rates: Vec<u64> = slices.iter().map(Done::rate).collect();
    rates.sort_unstable();
    report.add(name, rates[rates.len() / 2], "orders/s");
    let rejected: u64 = slices.iter().map(|done| done.rejected).sum();
    if rejected > 0 {
        report.add(&format!("{name}_rejected"), rejected, "orders");
    }
}

/// The pure engine's own bench, in its own process.
fn core(plan: &Plan, report: &mut Report) -> Result<()> {
    let operations = plan.core_operations.to_string();
    let output = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".into()))
        .args([
            "run",
            "--release",
            "--quiet",
            "-p",
            "engine",
            "--example",
            "core_ops",
            "--",
        ])
        .arg(operations)
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find(|line| line.starts_with("core_ops_per_s"));
    let line = line.with_context(|| String::from_utf8_lossy(&output.stderr).into_owned())?;
    let value = line.split_whitespace().last().context("no figure")?;
    report.add("core_ops_per_s", value.parse()?, "operations/s");
    Ok(())
}

async fn rebuild_book(plan: &Plan, cluster: &Cluster, report: &mut Report) -> Result<()> {
    let exchange = stage::exchange(cluster, "rebuild").await?;
    let time = rebuild::measure(&exchange, plan.rebuild, plan.rounds).await?;
    report.add_duration("book_rebuild_s", time);
    let bytes = rebuild::memory_per_order(&exchange).await?;
    report.add("shared_memory_bytes_per_order", bytes, "bytes");
    Ok(())
}

/// Engine at 256 and floor in turn, then the engine at other sizes.
async fn rates(
    plan: &Plan,
    cluster: &Cluster,
    exchange: &Exchange,
    report: &mut Report,
) -> Result<()> {
    let yard = stage::exchange(cluster, "floor").await?;
    let mut floor = Floor::open(plan.resting, &yard).await?;
    let mut sessions = Sessions::open("wide", 6, plan.resting / 2, exchange).await?;
    // A short look, so that not much more is made beforehand than will be sent; and while the
    // tables are small, a check that both wrote what an exchange should hold.
    let look = plan.slice / 10;
    let engine_most = 2 * sessions.measure(256, look, MOST_PER_S).await?.rate();
    let floor_most = 2 * floor.measure(256, look, MOST_PER_S / 2).await?.rate();
    ensure_clean(&yard).await?;
    ensure_clean(exchange).await?;
    let (mut engine_slices, mut floor_slices, mut bytes) = (Vec::new(), Vec::new(), 0);
    let owner = exchange.database.connect("postgres").await?;
    let written = async || -> Result<u64> {
        let text = "select (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint";
        let row = owner.query_one(text, &[]).await?;
        Ok(row.get::<_, i64>(0).unsigned_abs())
    };
    for _ in 0..plan.rounds {
        let before = written().await?;
        engine_slices.push(sessions.measure(256, plan.slice, engine_most).await?);
        bytes += written().await? - before;
        floor_slices.push(floor.measure(256, plan.slice, floor_most).await?);
    }
    add(report, "floor_orders_per_s", &floor_slices);
    add(report, "engine_orders_per_s_256", &engine_slices);
    let orders: u64 = engine_slices.iter().map(|done| done.accepted).sum();
    report.add("wal_bytes_per_order", bytes / orders.max(1), "bytes");
    for size in [16, 64, 1024] {
        let done = sessions.measure(size, plan.slice, engine_most).await?;
        add(report, &format!("engine_orders_per_s_{size}"), &[done]);
    }
    Ok(())
}

async fn ensure_clean(exchange: &Exchange) -> Result<()> {
    let owner = exchange.database.connect("postgres").await?;
    let found = checks::violations(&owner).await?;
    let (name, sample) = (exchange.database.name(), &found[..found.len().min(5)]);
    ensure!(
        found.is_empty(),
        "{name}: {} violations: {sample:#?}",
        found.len()
    );
    Ok(())
}

async fn single(plan: &Plan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let mut sessions = Sessions::open("single", 8, plan.resting / 8, exchange).await?;
    let done = sessions.measure(1, plan.slice, MOST_PER_S / 4).await?;
    add(report, "engine_orders_per_s_1", &[done]);
    Ok(())
}

/// The rate without a snapshot, then with one held all the time, in the same sessions. The rate
/// under it is over all of its time, so that what grows with the snapshot's age counts whole.
async fn under_snapshot(plan: &Plan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let mut sessions = Sessions::open("snapshot", 6, plan.resting / 2, exchange).await?;
    let without = sessions.measure(256, plan.slice * 2, MOST_PER_S).await?;
    let analyst = exchange.database.connect("exchange_analyst").await?;
    analyst
        .batch_execute("begin isolation level repeatable read")
        .await?;
    analyst
        .query("select count(*) from exchange.balances", &[])
        .await?;
    let start = Instant::now();
    let mut total = Done::default();
    while start.elapsed() < plan.snapshot {
        let done = sessions
            .measure(256, plan.slice, 2 * without.rate())
            .await?;
        println!(
            "  after {:>4} s {:>8} orders/s",
            start.elapsed().as_secs(),
            done.rate()
        );
        total.accepted += done.accepted;
        total.rejected += done.rejected;
        total.elapsed += done.elapsed;
    }
    analyst.batch_execute("rollback").await?;
    add(report, "engine_without_snapshot_per_s", &[without]);
    add(report, "engine_under_snapshot_per_s", &[total]);
    report.add_ratio("under_snapshot_to_without", total.rate(), without.rate());
    let after = sessions.measure(256, plan.slice, MOST_PER_S).await?;
    add(report, "engine_after_snapshot_per_s", &[after]);
    Ok(())
}
