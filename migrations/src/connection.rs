//! The one connection of a migration run, and its errors in one line.

use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow};
use tokio_postgres::{Client, Config, NoTls};

/// How long to wait for a server that does not answer.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for another run, and for transactions that hold what a migration changes.
const LOCK_TIMEOUT: &str = "60s";

/// Connects. The session ends when the client is dropped.
pub(crate) async fn open(database_url: &str) -> Result<Client> {
    let mut config: Config = database_url
        .parse()
        .context("DATABASE_URL cannot be read")?;
    config
        .connect_timeout(CONNECT_TIMEOUT)
        .application_name("migrations");
    let (client, connection) = config
        .connect(NoTls)
        .await
        .map_err(words)
        .with_context(|| format!("cannot connect to {}", name(&config)))?;
    // Its error is also the error of whatever the client waits for.
    tokio::spawn(connection);
    let settings = format!(
        "set lock_timeout = '{LOCK_TIMEOUT}'; set statement_timeout = 0; \
         set client_min_messages = warning; set timezone = 'UTC'; set search_path = pg_catalog"
    );
    client.batch_execute(&settings).await.map_err(words)?;
    Ok(client)
}

/// Waits until no other run is at work in this database; held until the session ends.
pub(crate) async fn lock(client: &Client) -> Result<()> {
    client
        .batch_execute("select pg_advisory_lock(hashtextextended('exchange.migrations', 0))")
        .await
        .map_err(words)
        .context("another run holds the migration lock")
}

/// What the server said, in one line, rather than only "db error".
pub(crate) fn words(error: tokio_postgres::Error) -> Error {
    let Some(reason) = error.as_db_error() else {
        return Error::new(error);
    };
    let mut line = reason.message().to_owned();
    for more in [reason.detail(), reason.hint(), reason.where_()]
        .into_iter()
        .flatten()
    {
        line.push_str("; ");
        line.push_str(more.lines().next().unwrap_or_default());
    }
    anyhow!("{line} ({})", reason.code().code())
}

fn name(config: &Config) -> String {
    let host = match config.get_hosts().first() {
        Some(tokio_postgres::config::Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(tokio_postgres::config::Host::Unix(path)) => path.display().to_string(),
        None => "an unnamed host".to_owned(),
    };
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().unwrap_or("the default database");
    format!("{database} on {host}, port {port}")
}
