//! The dead man's switch: an account's orders are cancelled at a time, unless it is put off before.

use time::OffsetDateTime;

use crate::authority::Authority;
use crate::error::Error;
use crate::query::{Params, Query, Statement};

/// The holder of the switch that a client sets itself.
pub const CLIENT: &str = "client";

/// A switch to set. Those of several holders stand side by side.
#[derive(Clone, Copy, Debug)]
pub struct CancelAfter<'a> {
    /// Whose orders.
    pub account_id: i64,
    /// Who sets it: [`CLIENT`], or a name for the connection that does; 1 to 64 characters.
    pub holder: &'a str,
    /// Only the orders of this market.
    pub market: Option<&'a str>,
    /// From now; 0 takes the switch away.
    pub timeout_ms: i64,
}

/// Sets a switch, puts it off, or takes it away; gives when it is due.
///
/// # Errors
/// Rejected: `UNKNOWN_MARKET`, `INVALID_TIMEOUT`, `ACCESS_REVOKED`, `REQUEST_EXPIRED`.
pub async fn cancel_after(
    on: &impl Query,
    switch: CancelAfter<'_>,
    authority: Authority,
) -> Result<Option<OffsetDateTime>, Error> {
    const STATEMENT: Statement = Statement::write(
        "cancel_after",
        "select exchange.cancel_after($1, $2, $3, $4, $5, $6, $7)",
    );
    let params: Params<'_> = &[
        &switch.account_id,
        &switch.market,
        &switch.timeout_ms,
        &switch.holder,
        &authority.session_id,
        &authority.api_key_id,
        &authority.valid_until_ms,
    ];
    on.value(STATEMENT, params).await
}

/// Cancels what is due, up to so many switches; gives how many it saw to.
///
/// # Errors
/// The database's.
pub async fn run_cancel_deadlines(on: &impl Query, limit: i32) -> Result<i32, Error> {
    const STATEMENT: Statement = Statement::write(
        "run_cancel_deadlines",
        "select exchange.run_cancel_deadlines($1)",
    );
    on.value(STATEMENT, &[&limit]).await
}

/// Milliseconds until the next switch is due, by the database's clock; `None` where none is set.
///
/// # Errors
/// The database's.
pub async fn next_cancel_deadline(on: &impl Query) -> Result<Option<i64>, Error> {
    const STATEMENT: Statement = Statement::read(
        "next_cancel_deadline",
        "select exchange.next_cancel_deadline()",
    );
    on.value(STATEMENT, &[]).await
}
