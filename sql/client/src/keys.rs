//! Forgetting idempotency keys that nobody will use again, a bounded piece at a time.

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Forgets keys of orders that ended so many days ago, in a piece of the table; gives how many, and
/// the block at which to go on, `None` at the table's end.
///
/// # Errors
/// The database's.
pub async fn forget_order_keys(
    on: &impl Query,
    age_days: i32,
    from_block: i64,
    blocks: i32,
) -> Result<(i64, Option<i64>), Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_order_keys",
        "select forgotten, next_block from exchange.forget_order_keys($1, $2, $3)",
    );
    match on
        .row(STATEMENT, &[&age_days, &from_block, &blocks])
        .await?
    {
        Some(row) => Ok((column(&row, 0)?, column(&row, 1)?)),
        None => Err(Error::Bug("forget_order_keys gave no row".to_owned())),
    }
}

/// Forgets answers to requests older than so many hours, the oldest first, up to a limit; gives how
/// many.
///
/// # Errors
/// The database's.
pub async fn forget_request_keys(
    on: &impl Query,
    age_hours: i32,
    limit: i32,
) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "forget_request_keys",
        "select exchange.forget_request_keys($1, $2)",
    );
    on.value(STATEMENT, &[&age_hours, &limit]).await
}
