//! The versioned migrations, by refinery: only ever added, each applied once, in order.

use anyhow::{Context, Result, bail};
use tokio_postgres::Client;

use crate::connection::words;

mod embedded {
    refinery::embed_migrations!("sql");
}

const TABLE: &str = "exchange.schema_history";

/// The newest schema version that this program knows.
pub fn newest_known() -> i32 {
    let runner = embedded::migrations::runner();
    runner
        .get_migrations()
        .iter()
        .map(|migration| migration.version())
        .max()
        .unwrap_or_default()
}

/// The schema version of a database; `None` where nothing was migrated yet.
///
/// # Errors
/// The database cannot be read.
pub async fn version(client: &Client) -> Result<Option<i32>> {
    let made = client
        .query_one("select to_regclass($1) is not null", &[&TABLE])
        .await;
    if !made.map_err(words)?.get::<_, bool>(0) {
        return Ok(None);
    }
    let text = format!("select max(version) from {TABLE}");
    Ok(client.query_one(&text, &[]).await.map_err(words)?.get(0))
}

/// Applies what is missing: all of it, or nothing.
pub(crate) async fn migrate(client: &mut Client) -> Result<()> {
    if let Some(found) = version(client)
        .await?
        .filter(|found| *found > newest_known())
    {
        let known = newest_known();
        bail!(
            "the database has schema version {found}, this program knows {known}: use a newer one"
        );
    }
    let text = "create schema if not exists exchange";
    client
        .batch_execute(text)
        .await
        .map_err(words)
        .context("cannot make the schema")?;
    let mut runner = embedded::migrations::runner().set_grouped(true);
    runner.set_migration_table_name(TABLE);
    runner
        .run_async(client)
        .await
        .map(drop)
        .map_err(|error| match error.kind() {
            refinery::error::Kind::Connection(context, _) => {
                let reason = std::error::Error::source(&error)
                    .and_then(|source| source.downcast_ref::<tokio_postgres::Error>())
                    .and_then(|source| source.as_db_error())
                    .map_or_else(|| error.to_string(), |reason| reason.to_string());
                anyhow::anyhow!("cannot migrate: {context}: {reason}")
            }
            _ => anyhow::anyhow!("cannot migrate: {error}"),
        })
}
