//! Passkeys: what the API's library writes of each, and the owner's name for it.

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// A passkey.
#[derive(Clone, Debug)]
pub struct StoredPasskey {
    /// Names it.
    pub passkey_id: i64,
    /// The owner's name for it.
    pub label: String,
    /// As the API's library writes it.
    pub credential: Value,
    /// When it was added.
    pub created_at: OffsetDateTime,
    /// When it last proved its owner.
    pub last_used_at: Option<OffsetDateTime>,
}

/// The account's passkeys, the newest first; 10 at most.
///
/// # Errors
/// The database's.
pub async fn passkeys_of(on: &impl Query, account_id: i64) -> Result<Vec<StoredPasskey>, Error> {
    const STATEMENT: Statement = Statement::read(
        "passkeys_of",
        "select passkey_id, label, credential, created_at, last_used_at \
         from exchange.passkeys_of($1) limit 1000",
    );
    let passkey = |row| {
        Ok(StoredPasskey {
            passkey_id: column(row, 0)?,
            label: column(row, 1)?,
            credential: column(row, 2)?,
            created_at: column(row, 3)?,
            last_used_at: column(row, 4)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(passkey).collect()
}

/// A passkey to add.
#[derive(Clone, Copy, Debug)]
pub struct NewPasskey<'a> {
    /// Whose it will be.
    pub account_id: i64,
    /// Who asks.
    pub session_id: i64,
    /// SHA-256 of the token under which it was asked.
    pub ceremony_hash: &'a [u8],
    /// Its name at the authenticator.
    pub credential_id: &'a [u8],
    /// The owner's name for it.
    pub label: &'a str,
    /// As the API's library writes it.
    pub credential: &'a Value,
    /// SHA-256 of recovery codes, taken where it is the account's first factor.
    pub code_hashes: &'a [Vec<u8>],
}

/// A passkey that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AddedPasskey {
    /// Names it.
    pub passkey_id: i64,
    /// When.
    pub created_at: OffsetDateTime,
    /// It is the account's first factor: the recovery codes were taken.
    pub is_first: bool,
}

/// Adds a passkey.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `INVALID_TOKEN`, `TOO_MANY_PASSKEYS`,
/// `DUPLICATE_PASSKEY`.
pub async fn add_passkey(on: &impl Query, passkey: NewPasskey<'_>) -> Result<AddedPasskey, Error> {
    const STATEMENT: Statement = Statement::write(
        "add_passkey",
        "select passkey_id, created_at, is_first \
         from exchange.add_passkey($1, $2, $3, $4, $5, $6, $7) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &passkey.account_id,
                &passkey.session_id,
                &passkey.ceremony_hash,
                &passkey.credential_id,
                &passkey.label,
                &passkey.credential,
                &passkey.code_hashes,
            ],
        )
        .await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok(AddedPasskey {
        passkey_id: column(&row, 0)?,
        created_at: column(&row, 1)?,
        is_first: column(&row, 2)?,
    })
}

/// Takes a passkey away.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `PASSKEY_NOT_FOUND`.
pub async fn remove_passkey(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    passkey_id: i64,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "remove_passkey",
        "select exchange.remove_passkey($1, $2, $3)",
    );
    let is_done = on
        .value(STATEMENT, &[&account_id, &session_id, &passkey_id])
        .await?;
    Error::unless_denied(is_done)
}
