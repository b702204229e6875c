//! The API server: reads the configuration, connects, serves, and stops without dropping work.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use anyhow::Context;
use api::app::App;
use api::config::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// Open files asked for: more than connections that are taken.
const FILE_LIMIT: u64 = 65_536;

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let for_eyes = std::io::stdout().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_ansi(for_eyes)
        .init();
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(error) => return refuse(&error.into()),
    };
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime");
    match runtime.and_then(|runtime| runtime.block_on(serve(config))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => refuse(&error),
    }
}

/// One line: what was tried, and why it failed.
fn refuse(error: &anyhow::Error) -> ExitCode {
    tracing::error!("{error:#}");
    ExitCode::FAILURE
}

async fn serve(config: Config) -> anyhow::Result<()> {
    let bind = config.http.bind;
    let shutdown_limit = config.http.shutdown_limit;
    // First, so that a second server is told before it opens connections to the database.
    let listener = TcpListener::bind(bind)
        .await
        .with_context(|| format!("cannot listen on {bind}"))?;
    let app = App::start(&config).await?;
    raise_file_limit();
    let router = api::routes::router(app.clone());
    let (stop, stopped) = watch::channel(false);
    let http = config.http.clone();
    let sockets = app.sockets.clone();
    let server = async move {
        api::server::serve(listener, router, &http, stopped).await;
        sockets.all_closed().await;
    };
    let mut server = tokio::spawn(server);
    tracing::info!("listening on http://{bind}");
    tokio::select! {
        ended = &mut server => return ended.context("the server broke down"),
        signal = stop_signal() => tracing::info!("{} came: taking no more requests", signal?),
    }
    stop.send_replace(true);
    app.sockets.stop();
    if tokio::time::timeout(shutdown_limit, server).await.is_err() {
        tracing::warn!("some requests did not end within {shutdown_limit:?}; leaving them");
    }
    app.finish().await;
    tracing::info!("stopped");
    Ok(())
}

/// Each connection is a file; the usual limit of 1,024 is below ours.
fn raise_file_limit() {
    match rlimit::increase_nofile_limit(FILE_LIMIT) {
        Ok(limit) => tracing::debug!(limit, "open files"),
        Err(error) => tracing::warn!(%error, "cannot raise the limit of open files"),
    }
}

/// Returns the signal's name once somebody asks the server to stop.
async fn stop_signal() -> std::io::Result<&'static str> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => Ok("SIGINT"),
        _ = terminate.recv() => Ok("SIGTERM"),
        _ = hangup.recv() => Ok("SIGHUP"),
    }
}
