//! Brings a database to this program's schema: versioned migrations, the extension, and the
//! repeatable contract under `sql/`. Seeds and demo accounts are asked for separately.

pub mod administrator;
pub mod connection;
pub mod contract;
pub mod demo;
pub mod history;
pub mod schema;

use anyhow::{Context, Result};

/// What a new exchange begins with: assets, a fee tier, the account of the world outside, markets;
/// risk rules.
const SEEDS: [&str; 2] = [
    include_str!("../../sql/seeds/markets.sql"),
    include_str!("../../sql/seeds/risk_rules.sql"),
];

/// Applies the migrations that are missing, makes the extension, and applies the contract.
/// Repeatable; two at once wait for each other.
///
/// `database_url` must name a superuser: making the extension needs one.
///
/// # Errors
/// One line that says what could not be done: among others a database whose schema is newer than
/// this program, and a server without the extension.
pub async fn migrate(database_url: &str) -> Result<()> {
    let mut client = connection::open(database_url).await?;
    connection::lock(&client).await?;
    history::migrate(&mut client).await?;
    contract::apply(&mut client).await
}

/// Makes the seeded assets, fee tier, markets and risk rules that do not exist yet.
///
/// # Errors
/// The database cannot be reached, or is not migrated.
pub async fn seed(database_url: &str) -> Result<()> {
    let mut client = connection::open(database_url).await?;
    connection::lock(&client).await?;
    let transaction = client.transaction().await?;
    for text in SEEDS {
        let seeded = transaction.batch_execute(text).await;
        seeded.map_err(connection::words).context("cannot seed")?;
    }
    transaction.commit().await.context("cannot seed")
}
