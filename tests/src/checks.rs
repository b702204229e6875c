//! Asks the database's own checks whether all is well.

use anyhow::Result;
use tokio_postgres::Client;

/// The rows of all check views, as text.
pub const VIOLATIONS: &str = "select v::text from checks.violations v";

/// The rows of all check views, as text; none if all is well.
pub async fn violations(client: &Client) -> Result<Vec<String>> {
    let rows = client.query(VIOLATIONS, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Panics where a check finds something.
pub async fn assert_clean(client: &Client) {
    let found = violations(client).await.expect("the checks run");
    assert!(
        found.is_empty(),
        "{} violations: {:#?}",
        found.len(),
        &found[..found.len().min(20)]
    );
}
