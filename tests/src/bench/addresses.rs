//! Deposit addresses: how long somebody waits who asks for one for the first time, over HTTP.

use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::time::{Instant, sleep_until};

use super::http::connection::Connection;
use super::http::latency::Latencies;
use super::http::run::{SETTINGS, add};
use super::http::trader::Signer;
use super::report::Report;
use super::stage::Exchange;
use crate::api_server::{ApiServer, Build};

/// Accounts that ask.
const ACCOUNTS: u64 = 250;
/// Of what each asks, one after the other.
const CURRENCIES: [&str; 2] = ["BTC", "ETH"];
/// Between two questions, in all.
const PAUSE: Duration = Duration::from_millis(10);

/// Measures it; a time counts from when its question was due.
pub async fn run(build: Build, exchange: &Exchange, report: &mut Report) -> Result<()> {
    let server = ApiServer::start_as(&exchange.database, build, &SETTINGS).await?;
    let mut signers = Vec::new();
    for index in 0..ACCOUNTS {
        signers.push(Signer::open(exchange, server.port(), index).await?);
    }
    let mut connection = Connection::open(server.port()).await?;
    let mut latencies = Latencies::default();
    let start = Instant::now();
    let mut due = start;
    for signer in &signers {
        for currency in CURRENCIES {
            sleep_until(due).await;
            let path = format!("/api/wallet/deposit-address?currency={currency}");
            let answer = connection
                .exchange(&signer.request("GET", &path, ""))
                .await?;
            ensure!(
                answer.status == 200,
                "an address was answered {}",
                answer.status
            );
            latencies.add(due - start, due.elapsed());
            due += PAUSE;
        }
    }
    add(report, "address_issue", &latencies);
    let owner = exchange.database.owner().await;
    let text = "select count(distinct address) from chain.addresses where account_id in (
        select account_id from exchange.accounts where email like 'user%') and address is not null";
    let issued: i64 = owner.query_one(text, &[]).await?.get(0);
    report.add("addresses_issued", issued.unsigned_abs(), "addresses");
    Ok(())
}
