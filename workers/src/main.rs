//! `workers <name>`: runs one worker until it is told to stop.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::{Context, bail};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;
use workers::upkeep;

const USAGE: &str = "usage: DATABASE_URL=postgres://… workers upkeep [--once]";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(std::io::stdout().is_terminal())
        .init();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let config = client::Config::from_env()?;
    let pool = client::Pool::new(&config)?;
    match arguments.as_slice() {
        ["upkeep", "--once"] => upkeep::once(&pool).await.context("upkeep"),
        ["upkeep"] => tokio::select! {
            ended = upkeep::run(&pool) => ended.context("upkeep"),
            stopped = stop_signal() => stopped.context("cannot wait for signals"),
        },
        _ => bail!(USAGE),
    }
}

async fn stop_signal() -> std::io::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => Ok(()),
        _ = terminate.recv() => Ok(()),
    }
}
