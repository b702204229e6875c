//! The monthly partitions of what grows for ever.

use crate::error::Error;
use crate::query::{Query, Statement};

/// Makes the partitions that are missing up to `months_ahead` (1 to 120); returns how many.
///
/// # Errors
/// The database's.
pub async fn make_partitions(on: &impl Query, months_ahead: i32) -> Result<i32, Error> {
    const STATEMENT: Statement =
        Statement::write("make_partitions", "select exchange.make_partitions($1)");
    on.value(STATEMENT, &[&months_ahead]).await
}
