//! API keys, and which credentials are still good. Secrets pass through here encrypted only.

use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};

/// Which of the credentials asked for are still good.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LiveAccess {
    /// Sessions.
    pub session_ids: Vec<i64>,
    /// API keys.
    pub api_key_ids: Vec<i64>,
}

/// Which of these sessions and API keys are still good.
///
/// # Errors
/// The database's.
pub async fn check_access(
    on: &impl Query,
    session_ids: &[i64],
    api_key_ids: &[i64],
) -> Result<LiveAccess, Error> {
    const STATEMENT: Statement = Statement::read(
        "check_access",
        "select session_id, api_key_id from exchange.check_access($1, $2)",
    );
    let mut live = LiveAccess::default();
    for row in on.rows(STATEMENT, &[&session_ids, &api_key_ids]).await? {
        live.session_ids.extend(column::<Option<i64>>(&row, 0)?);
        live.api_key_ids.extend(column::<Option<i64>>(&row, 1)?);
    }
    Ok(live)
}

/// What is needed to check a signature.
#[derive(Clone, PartialEq, Eq)]
pub struct KeyProof {
    /// Names the key in commands.
    pub api_key_id: i64,
    /// Whose key it is.
    pub account_id: i64,
    /// `hmac_sha256` or `ed25519`.
    pub scheme: String,
    /// The shared secret, encrypted by the API.
    pub secret: Option<Vec<u8>>,
    /// The Ed25519 public key.
    pub public_key: Option<Vec<u8>>,
    /// `read`, `trade`, `withdraw`.
    pub permissions: Vec<String>,
    /// Networks from which it is taken; empty: from everywhere.
    pub addresses: Vec<String>,
    /// It was good once.
    pub is_revoked: bool,
}

impl std::fmt::Debug for KeyProof {
    /// Without the secret, though it is encrypted.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyProof")
            .field("api_key_id", &self.api_key_id)
            .finish_non_exhaustive()
    }
}

/// The key of this public id; `None` where there never was one.
///
/// # Errors
/// The database's.
pub async fn find_api_key(on: &impl Query, public_id: &str) -> Result<Option<KeyProof>, Error> {
    const STATEMENT: Statement = Statement::read(
        "find_api_key",
        "select api_key_id, account_id, scheme, secret, public_key, permissions, addresses, \
         is_revoked from exchange.find_api_key($1) limit 1",
    );
    let proof = |row| {
        Ok(KeyProof {
            api_key_id: column(&row, 0)?,
            account_id: column(&row, 1)?,
            scheme: column(&row, 2)?,
            secret: column(&row, 3)?,
            public_key: column(&row, 4)?,
            permissions: column(&row, 5)?,
            addresses: column(&row, 6)?,
            is_revoked: column(&row, 7)?,
        })
    };
    on.row(STATEMENT, &[&public_id])
        .await?
        .map(proof)
        .transpose()
}

/// A key to make, in the name of a session.
#[derive(Clone, Copy)]
pub struct NewApiKey<'a> {
    /// Who makes it, and whose it will be.
    pub account_id: i64,
    /// Who asks; refused once it has ended.
    pub session_id: i64,
    /// 32 hexadecimal digits.
    pub public_id: &'a str,
    /// The owner's name for it.
    pub label: &'a str,
    /// `hmac_sha256` or `ed25519`.
    pub scheme: &'a str,
    /// The encrypted secret, with `hmac_sha256`.
    pub secret: Option<&'a [u8]>,
    /// The public key, with `ed25519`.
    pub public_key: Option<&'a [u8]>,
    /// `read`, `trade`, `withdraw`.
    pub permissions: &'a [&'a str],
    /// Networks, as Postgres reads a `cidr`.
    pub addresses: &'a [String],
    /// A repeat gives the first key.
    pub request_key: Option<&'a str>,
    /// Whose key it will be, where it is a sub-account's.
    pub sub_account_id: Option<i64>,
}

/// A key that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeApiKey {
    /// Names the key in commands.
    pub api_key_id: i64,
    /// Of the first key, where the request key is repeated.
    pub public_id: String,
    /// When.
    pub created_at: OffsetDateTime,
    /// It was made by an earlier request of the same request key.
    pub repeated: bool,
}

/// Makes an API key.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `ACCOUNT_NOT_FOUND`,
/// `DUPLICATE_IDEMPOTENCY_KEY`, `TOO_MANY_KEYS`.
pub async fn create_api_key(on: &impl Query, key: NewApiKey<'_>) -> Result<MadeApiKey, Error> {
    const STATEMENT: Statement = Statement::write(
        "create_api_key",
        "select api_key_id, made_public_id, created_at, repeated from exchange.create_api_key(\
         $1, $2, $3, $4, $5, $6, $7, $8, $9::text[]::cidr[], $10, $11) limit 1",
    );
    let row = on
        .row(
            STATEMENT,
            &[
                &key.account_id,
                &key.session_id,
                &key.public_id,
                &key.label,
                &key.scheme,
                &key.secret,
                &key.public_key,
                &key.permissions,
                &key.addresses,
                &key.request_key,
                &key.sub_account_id,
            ],
        )
        .await?;
    let row = row.ok_or_else(Error::denied)?;
    Ok(MadeApiKey {
        api_key_id: column(&row, 0)?,
        public_id: column(&row, 1)?,
        created_at: column(&row, 2)?,
        repeated: column(&row, 3)?,
    })
}

/// Ends an API key; a repeat changes nothing.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `KEY_NOT_FOUND`.
pub async fn revoke_api_key(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    api_key_id: i64,
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "revoke_api_key",
        "select exchange.revoke_api_key($1, $2, $3)",
    );
    on.rows(STATEMENT, &[&account_id, &session_id, &api_key_id])
        .await
        .map(drop)
}

/// An API key as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// Names the key in commands.
    pub api_key_id: i64,
    /// What the program sends.
    pub public_id: String,
    /// The owner's name for it.
    pub label: String,
    /// `hmac_sha256` or `ed25519`.
    pub scheme: String,
    /// The Ed25519 public key.
    pub public_key: Option<Vec<u8>>,
    /// `read`, `trade`, `withdraw`.
    pub permissions: Vec<String>,
    /// Networks from which it is taken; empty: from everywhere.
    pub addresses: Vec<String>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// Whose it is, where it is a sub-account's.
    pub sub_account_id: Option<i64>,
}

/// The account's live API keys and those of its sub-accounts, the newest first.
///
/// # Errors
/// The database's.
pub async fn api_keys_of(on: &impl Query, account_id: i64) -> Result<Vec<ApiKey>, Error> {
    const STATEMENT: Statement = Statement::read(
        "api_keys_of",
        "select api_key_id, public_id, label, scheme, public_key, permissions, addresses, \
         created_at, sub_account_id from exchange.api_keys_of($1) limit 2000",
    );
    let key = |row| {
        Ok(ApiKey {
            api_key_id: column(row, 0)?,
            public_id: column(row, 1)?,
            label: column(row, 2)?,
            scheme: column(row, 3)?,
            public_key: column(row, 4)?,
            permissions: column(row, 5)?,
            addresses: column(row, 6)?,
            created_at: column(row, 7)?,
            sub_account_id: column(row, 8)?,
        })
    };
    let rows = on.rows(STATEMENT, &[&account_id]).await?;
    rows.iter().map(key).collect()
}
