//! The repeatable contract: the extension, then everything under `sql/` but seeds, in one
//! transaction. What is no longer in a file is no longer in the database.

use anyhow::{Context, Result, bail};
use tokio_postgres::Client;

use crate::connection::words;

/// The files by name, in the order in which they are applied (see `build.rs`).
pub const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/contract.rs"));

/// Makes or updates the extension, and applies the contract.
pub(crate) async fn apply(client: &mut Client) -> Result<()> {
    let found = client
        .query_opt(
            "select from pg_available_extensions where name = 'exchange'",
            &[],
        )
        .await
        .map_err(words)?;
    if found.is_none() {
        bail!("the extension exchange is not installed on this server");
    }
    let transaction = client.transaction().await.map_err(words)?;
    for text in [
        "create extension if not exists exchange",
        "alter extension exchange update",
    ] {
        transaction
            .batch_execute(text)
            .await
            .map_err(words)
            .with_context(|| text.to_owned())?;
    }
    for (name, text) in FILES {
        let applied = transaction.batch_execute(text).await;
        applied
            .map_err(words)
            .with_context(|| format!("sql/{name}"))?;
    }
    let text = "select exchange.make_partitions()";
    transaction
        .batch_execute(text)
        .await
        .map_err(words)
        .context("cannot make partitions")?;
    transaction
        .commit()
        .await
        .map_err(words)
        .context("cannot apply the contract")
}
