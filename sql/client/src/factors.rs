//! Second factors and what they prove. Secrets pass through here encrypted, codes as hashes only.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use crate::error::Error;
use crate::query::{Query, Statement, column};
use crate::registration::Origin;
use crate::sessions::{Opened, seconds};

/// By what an account proves who it is.
#[derive(Clone)]
pub struct Factors {
    /// Its login name.
    pub email: String,
    /// bcrypt; `None` where there is no password yet.
    pub password_hash: Option<String>,
    /// The encrypted secret of its authenticator app.
    pub totp_secret: Option<Vec<u8>>,
    /// Its first code came: it is asked for.
    pub totp_is_confirmed: bool,
    /// Recovery codes that were not used.
    pub recovery_codes_left: i32,
    /// How many passkeys it has.
    pub passkeys: i32,
}

impl Factors {
    /// Whether the password alone is not enough.
    pub fn has_second_factor(&self) -> bool {
        self.totp_is_confirmed || self.passkeys > 0
    }
}

impl std::fmt::Debug for Factors {
    /// Without what is secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Factors")
            .field("totp_is_confirmed", &self.totp_is_confirmed)
            .field("passkeys", &self.passkeys)
            .finish_non_exhaustive()
    }
}

/// By what an account proves who it is; `None` where nobody can log in to it.
///
/// # Errors
/// The database's.
pub async fn factors_of(on: &impl Query, account_id: i64) -> Result<Option<Factors>, Error> {
    const STATEMENT: Statement = Statement::read(
        "factors_of",
        "select email, password_hash, totp_secret, totp_is_confirmed, recovery_codes_left, \
         passkeys from exchange.factors_of($1) limit 1",
    );
    let factors = |row| {
        Ok(Factors {
            email: column(&row, 0)?,
            password_hash: column(&row, 1)?,
            totp_secret: column(&row, 2)?,
            totp_is_confirmed: column(&row, 3)?,
            recovery_codes_left: column(&row, 4)?,
            passkeys: column(&row, 5)?,
        })
    };
    let row = on.row(STATEMENT, &[&account_id]).await?;
    row.map(factors).transpose()
}

/// Until when the session may do what needs a proof of late; `None` where it has ended.
///
/// # Errors
/// The database's.
pub async fn stepped_up_until(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
) -> Result<Option<OffsetDateTime>, Error> {
    const STATEMENT: Statement = Statement::read(
        "stepped_up_until",
        "select exchange.stepped_up_until($1, $2)",
    );
    on.value(STATEMENT, &[&account_id, &session_id]).await
}

/// What proves a second factor; its arithmetic was checked. The default is a wrong code.
#[derive(Clone, Copy, Debug, Default)]
pub struct FactorProof<'a> {
    /// The half minute of a code of the authenticator app.
    pub totp_step: Option<i64>,
    /// SHA-256 of a recovery code.
    pub recovery_code_hash: Option<&'a [u8]>,
    /// A passkey.
    pub passkey: Option<UsedPasskey<'a>>,
}

/// A passkey that signed: as it was read, and as it is after.
#[derive(Clone, Copy, Debug)]
pub struct UsedPasskey<'a> {
    /// Names it.
    pub passkey_id: i64,
    /// Against which the signature was checked.
    pub before: &'a Value,
    /// With the counter of this signature.
    pub after: &'a Value,
}

/// How a proof was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proved {
    /// It was wrong, or used before.
    Wrong,
    /// Too many wrong ones came before: it was not looked at.
    Blocked,
    /// It was right, and this session is open now.
    Session(Opened),
}

fn proved(row: &tokio_postgres::Row) -> Result<Proved, Error> {
    match column::<String>(row, 0)?.as_str() {
        "proved" => Ok(Proved::Session(Opened {
            session_id: column(row, 1)?,
            expires_at: column(row, 2)?,
            device_id: column(row, 3)?,
            is_new_device: column(row, 4)?,
        })),
        "blocked" => Ok(Proved::Blocked),
        "denied" => Err(Error::denied()),
        _ => Ok(Proved::Wrong),
    }
}

/// A session to prove again.
#[derive(Clone, Copy, Debug)]
pub struct StepUp<'a> {
    /// Whose session it is.
    pub account_id: i64,
    /// The session; another one takes its place.
    pub session_id: i64,
    /// The hash that the password fitted.
    pub password_hash: Option<&'a str>,
    /// The second factor.
    pub proof: FactorProof<'a>,
    /// SHA-256 of the token under which the passkey was asked.
    pub ceremony_hash: Option<&'a [u8]>,
    /// SHA-256 of the new session's token.
    pub token_hash: &'a [u8],
}

/// Proves again who a session is.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `SECOND_FACTOR_REQUIRED`, `INVALID_TOKEN`.
pub async fn step_up(on: &impl Query, asked: StepUp<'_>) -> Result<Proved, Error> {
    const STATEMENT: Statement = Statement::write(
        "step_up",
        "select outcome, new_session_id, expires_at, device_id, false \
         from exchange.step_up($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) limit 1",
    );
    let passkey = asked.proof.passkey;
    let row = on
        .row(
            STATEMENT,
            &[
                &asked.account_id,
                &asked.session_id,
                &asked.password_hash,
                &asked.proof.totp_step,
                &asked.proof.recovery_code_hash,
                &asked.ceremony_hash,
                &passkey.map(|used| used.passkey_id),
                &passkey.map(|used| used.before),
                &passkey.map(|used| used.after),
                &asked.token_hash,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("step_up gave no row".to_owned()))?;
    proved(&row)
}

/// What is asked of somebody.
#[derive(Clone, Copy, Debug)]
pub struct NewCeremony<'a> {
    /// SHA-256 of the token that names it.
    pub token_hash: &'a [u8],
    /// `add_passkey`, `step_up`, `second_factor` or `passkey_login`.
    pub kind: &'a str,
    /// Who is asked, where that is known.
    pub account_id: Option<i64>,
    /// For which session.
    pub session_id: Option<i64>,
    /// What must be remembered of the challenge.
    pub state: Option<&'a Value>,
    /// Of a login: the hash that the password fitted.
    pub password_hash: Option<&'a str>,
}

/// Keeps what was asked until the answer comes; gives the time at which it ends.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`.
pub async fn begin_ceremony(
    on: &impl Query,
    asked: NewCeremony<'_>,
) -> Result<OffsetDateTime, Error> {
    const STATEMENT: Statement = Statement::write(
        "begin_ceremony",
        "select exchange.begin_ceremony($1, $2, $3, $4, $5, $6)",
    );
    let NewCeremony {
        token_hash,
        kind,
        account_id,
        session_id,
        state,
        password_hash,
    } = asked;
    on.value(
        STATEMENT,
        &[
            &token_hash,
            &kind,
            &account_id,
            &session_id,
            &state,
            &password_hash,
        ],
    )
    .await
}

/// What was asked.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// As in [`NewCeremony`].
    pub kind: String,
    /// Who was asked, where that is known.
    pub account_id: Option<i64>,
    /// For which session.
    pub session_id: Option<i64>,
    /// What must be remembered of the challenge.
    pub state: Option<Value>,
}

/// What was asked under this token; `None` where nothing was, or its time is over.
///
/// # Errors
/// The database's.
pub async fn find_ceremony(on: &impl Query, token_hash: &[u8]) -> Result<Option<Ceremony>, Error> {
    const STATEMENT: Statement = Statement::read(
        "find_ceremony",
        "select kind, account_id, session_id, state from exchange.find_ceremony($1) limit 1",
    );
    let ceremony = |row| {
        Ok(Ceremony {
            kind: column(&row, 0)?,
            account_id: column(&row, 1)?,
            session_id: column(&row, 2)?,
            state: column(&row, 3)?,
        })
    };
    let row = on.row(STATEMENT, &[&token_hash]).await?;
    row.map(ceremony).transpose()
}

/// A login to end.
#[derive(Clone, Copy, Debug)]
pub struct FinishLogin<'a> {
    /// SHA-256 of the token under which the factor was asked.
    pub ceremony_hash: &'a [u8],
    /// Who logs in.
    pub account_id: i64,
    /// The second factor.
    pub proof: FactorProof<'a>,
    /// SHA-256 of the new session's token.
    pub token_hash: &'a [u8],
    /// How long it is good.
    pub lifetime: Duration,
    /// From where it came.
    pub origin: Origin<'a>,
    /// SHA-256 of the token that the device shows.
    pub device_hash: Option<&'a [u8]>,
    /// SHA-256 of the token that it gets where it is not known.
    pub new_device_hash: &'a [u8],
}

/// Ends a login by its second factor, or one by a passkey alone.
///
/// # Errors
/// Rejected: `INVALID_TOKEN`, `UNKNOWN_ACCOUNT`, `INVALID_LIFETIME`, `INVALID_TOKEN_HASH`.
pub async fn finish_login(on: &impl Query, login: FinishLogin<'_>) -> Result<Proved, Error> {
    const STATEMENT: Statement = Statement::write(
        "finish_login",
        "select outcome, session_id, expires_at, device_id, is_new_device \
         from exchange.finish_login($1, $2, $3, $4, $5, $6, $7, $8, \
         $9::bigint * interval '1 second', $10, $11, $12, $13) limit 1",
    );
    let passkey = login.proof.passkey;
    let row = on
        .row(
            STATEMENT,
            &[
                &login.ceremony_hash,
                &login.account_id,
                &login.proof.totp_step,
                &login.proof.recovery_code_hash,
                &passkey.map(|used| used.passkey_id),
                &passkey.map(|used| used.before),
                &passkey.map(|used| used.after),
                &login.token_hash,
                &seconds(login.lifetime),
                &login.origin.address,
                &login.origin.user_agent,
                &login.device_hash,
                &login.new_device_hash,
            ],
        )
        .await?;
    let row = row.ok_or_else(|| Error::Bug("finish_login gave no row".to_owned()))?;
    proved(&row)
}

/// Stores the encrypted secret of an app whose first code has not come.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `FACTOR_EXISTS`.
pub async fn begin_totp(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    sealed_secret: &[u8],
) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("begin_totp", "select exchange.begin_totp($1, $2, $3)");
    on.rows(STATEMENT, &[&account_id, &session_id, &sealed_secret])
        .await
        .map(drop)
}

/// Turns an app on by its first right code; true where the recovery codes were taken, because it is
/// the account's first factor.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `FACTOR_NOT_FOUND`.
pub async fn confirm_totp(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    sealed_secret: &[u8],
    step: i64,
    code_hashes: &[Vec<u8>],
) -> Result<bool, Error> {
    const STATEMENT: Statement = Statement::write(
        "confirm_totp",
        "select exchange.confirm_totp($1, $2, $3, $4, $5)",
    );
    let is_first: Option<bool> = on
        .value(
            STATEMENT,
            &[
                &account_id,
                &session_id,
                &sealed_secret,
                &step,
                &code_hashes,
            ],
        )
        .await?;
    is_first.ok_or_else(Error::denied)
}

/// Takes the app away.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `FACTOR_NOT_FOUND`.
pub async fn remove_totp(on: &impl Query, account_id: i64, session_id: i64) -> Result<(), Error> {
    const STATEMENT: Statement =
        Statement::write("remove_totp", "select exchange.remove_totp($1, $2)");
    let is_done = on.value(STATEMENT, &[&account_id, &session_id]).await?;
    Error::unless_denied(is_done)
}

/// Gives the account a new set of recovery codes.
///
/// # Errors
/// Rejected: `ACCESS_REVOKED`, `STEP_UP_REQUIRED`, `FACTOR_NOT_FOUND`.
pub async fn replace_recovery_codes(
    on: &impl Query,
    account_id: i64,
    session_id: i64,
    code_hashes: &[Vec<u8>],
) -> Result<(), Error> {
    const STATEMENT: Statement = Statement::write(
        "replace_recovery_codes",
        "select exchange.replace_recovery_codes($1, $2, $3)",
    );
    on.rows(STATEMENT, &[&account_id, &session_id, &code_hashes])
        .await
        .map(drop)
}
