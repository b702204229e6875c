//! What is measured of the API, in which order.

use std::time::Duration;

use anyhow::{Context, Result, ensure};

use super::depth;
use super::latency::Latencies;
use super::orders::{self, Load};
use super::sockets::Audience;
use super::trader::Trader;
use crate::api_server::{ApiServer, Build};
use crate::bench::report::Report;
use crate::bench::stage::Exchange;

/// How long and how much.
#[derive(Clone, Copy, Debug)]
pub struct HttpPlan {
    /// One measurement of one rate.
    pub slice: Duration,
    /// Keep-alive connections.
    pub connections: u64,
    /// Orders a second that are offered in the open loop.
    pub offered_per_s: u32,
    /// Sockets.
    pub sockets: usize,
    /// Which API.
    pub build: Build,
}

/// An order that takes longer is late, and is told with its moment.
const LATE: Duration = Duration::from_millis(15);

/// Orders a second while sockets are watched: each of them reaches every socket.
const WATCHED_PER_S: u32 = 20;

/// Limits that the bench never reaches.
pub(in crate::bench) const SETTINGS: [(&str, &str); 4] = [
    ("EXCHANGE_RATE_ADDRESS", "1000000000/60"),
    ("EXCHANGE_RATE_ACCOUNT", "1000000000/60"),
    ("EXCHANGE_RATE_KEY", "1000000000/60"),
    ("EXCHANGE_WS_CONNECTIONS_PER_ADDRESS", "2000"),
];

/// Measures the API on an exchange.
pub async fn run(plan: &HttpPlan, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let server = ApiServer::start_as(&exchange.database, plan.build, &SETTINGS).await?;
    let mut traders = Vec::new();
    for index in 0..plan.connections {
        traders.push(Trader::open(exchange, server.port(), index, 4).await?);
    }
    // The first requests of a connection build books, caches and plans.
    let (_, traders) = orders::closed(traders, Load::Mix, plan.slice / 4).await?;
    let (done, traders) = orders::closed(traders, Load::Mix, plan.slice).await?;
    report.add("http_orders_per_s", done.rate(), "orders/s");
    report.add("http_orders_refused", done.rejected, "orders");
    let (empty, traders) = orders::closed(traders, Load::Empty, plan.slice).await?;
    report.add("http_empty_signed_per_s", empty.rate(), "requests/s");
    report.add_ratio("api_overhead_ratio", done.rate(), empty.rate());
    let (latencies, traders) = orders::open(traders, plan.offered_per_s, plan.slice).await?;
    add(report, "http_order", &latencies);
    tell_stalls(&latencies);
    let connections = usize::try_from(plan.connections)?;
    let read = depth::measure(server.port(), connections, plan.slice).await?;
    report.add("http_depth_per_s", read.rate(), "requests/s");
    sockets(plan, &server, traders, report).await
}

async fn sockets(
    plan: &HttpPlan,
    server: &ApiServer,
    mut traders: Vec<Trader>,
    report: &mut Report,
) -> Result<()> {
    let mut audience = Audience::open(server.port(), plan.sockets).await?;
    let trader = traders.first_mut().context("no trader")?;
    let latencies = audience
        .latencies(trader, WATCHED_PER_S, plan.slice)
        .await?;
    add(report, "ws_latency", &latencies);
    let before = audience.messages();
    let (done, _) = orders::closed(traders, Load::Mix, plan.slice).await?;
    let messages = audience.messages() - before;
    let millis = u64::try_from(done.elapsed.as_millis())?.max(1);
    report.add("ws_messages_per_s", messages * 1_000 / millis, "messages/s");
    report.add("ws_orders_per_s_meanwhile", done.rate(), "orders/s");
    report.add("api_memory_mib", server.memory_kib()? / 1024, "MiB");
    ensure!(audience.is_whole(), "sockets were lost");
    Ok(())
}

pub(in crate::bench) fn add(report: &mut Report, name: &str, latencies: &Latencies) {
    report.add_duration(&format!("{name}_p50_s"), latencies.percentile(50));
    report.add_duration(&format!("{name}_p99_s"), latencies.percentile(99));
    let count = latencies.count() as u64;
    report.add(&format!("{name}_count"), count, "samples");
}

/// So that a figure that is missed says how: a slower path, or a stall now and then.
fn tell_stalls(latencies: &Latencies) {
    for stall in latencies.stalls(LATE) {
        println!(
            "  late: {} orders, due {} to {} ms after the start, up to {} ms",
            stall.count,
            stall.from.as_millis(),
            stall.to.as_millis(),
            stall.worst.as_millis()
        );
    }
}
