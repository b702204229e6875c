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
    let (stop, mut stopped) = watch::channel(false);
    let server = axum::serve(listener, api::routes::router(app.clone()));
    let server = server.with_graceful_shutdown(async move {
        // An error means that the sender is gone, which also ends serving.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    });
    let mut server = tokio::spawn(server.into_future());
    tracing::info!("listening on http://{bind}");
    tokio::select! {
        ended = &mut server => return ended?.context("the server broke down"),
        signal = stop_signal() => tracing::info!("{} came: taking no more requests", signal?),
    }
    stop.send_replace(true);
    if tokio::time::timeout(shutdown_limit, server).await.is_err() {
        tracing::warn!("some requests did not end within {shutdown_limit:?}; leaving them");
    }
    app.finish().await;
    tracing::info!("stopped");
    Ok(())
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
