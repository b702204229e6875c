//! What an account was logged in from.

use std::net::IpAddr;

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A device as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// Names it.
    pub device_id: i64,
    /// From where it came last.
    pub address: Option<IpAddr>,
    /// Which program it was last, as it said itself.
    pub user_agent: Option<String>,
    /// Its first login.
    pub first_seen_at: OffsetDateTime,
    /// Its last login.
    pub last_seen_at: OffsetDateTime,
}

/// The account's devices, the last seen first.
///
/// # Errors
/// The database's.
pub async fn devices_of(on: &impl Query, account_id: i64) -> Result<Vec<Device>, Error> {
    const STATEMENT: Statement = Statement::read(
        "devices_of",
        "select device_id, address, user_agent, first_seen_at, last_seen_at \
         from exchange.devices_of($1) limit 1000",
    );
    let device = |row| {
        Ok(Device {
            device_id: column(row, 0)?,
            address: column(row, 1)?,
            user_agent: column(row, 2)?,
            first_seen_at: column(row, 3)?,
            last_seen_at: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(device).collect()
}

/// Ends a device's sessions and forgets it, in the name of a session.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `DEVICE_NOT_FOUND`.
pub async fn forget_device(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    device_id: i64,
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("forget_device", "select exchange.forget_device($1, $2, $3)");
    on.rows(STATEMENT, &[&account_id, &session_id, &device_id])
        .await
        .map(drop)
}
