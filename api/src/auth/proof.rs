//! What a caller gives to prove more than a session: a code, a recovery code, a passkey or the
//! password. Here is only whether it is right; that it works once is the database's to hold.

use client::{FactorProof, Factors, Opened, Proved, UsedPasskey};
use serde_json::Value;
use time::OffsetDateTime;

use super::passkeys::Used;
use super::{recovery, totp};
use crate::app::App;
use crate::error::{ApiError, Rejection};

/// A second factor as a client gives it.
#[derive(Default)]
pub(crate) struct SecondFactor {
    /// Of the authenticator app, 6 digits.
    pub(crate) totp_code: Option<String>,
    /// A recovery code.
    pub(crate) recovery_code: Option<String>,
    /// What `navigator.credentials.get` gave.
    pub(crate) passkey: Option<Value>,
}

/// What was given, its arithmetic checked. Without any it is a wrong code.
#[derive(Default)]
pub(crate) struct Evidence {
    totp_step: Option<i64>,
    recovery_code_hash: Option<Vec<u8>>,
    passkey: Option<Used>,
}

impl SecondFactor {
    /// How many of them are given.
    pub(crate) fn count(&self) -> usize {
        let given = [
            self.totp_code.is_some(),
            self.recovery_code.is_some(),
            self.passkey.is_some(),
        ];
        given.into_iter().filter(|given| *given).count()
    }

    /// Looks at what is given. `state` is what was remembered of the question to a passkey.
    ///
    /// # Errors
    /// `Malformed` where a passkey was not asked for; the database's.
    pub(crate) async fn look(
        self,
        app: &App,
        account_id: i64,
        factors: &Factors,
        state: Option<Value>,
    ) -> Result<Evidence, ApiError> {
        let mut evidence = Evidence::default();
        if let Some(code) = &self.totp_code {
            evidence.totp_step = totp_step(app, account_id, factors, code)?;
        }
        if let Some(code) = &self.recovery_code {
            evidence.recovery_code_hash = recovery::hash(account_id, code);
        }
        if let Some(answer) = self.passkey {
            let state = state.ok_or_else(|| {
                ApiError::malformed("passkey", "no passkey was asked for under this token")
            })?;
            let known = client::passkeys_of(&app.reads, account_id).await?;
            evidence.passkey = app.passkeys.check(state, answer, &known)?;
        }
        Ok(evidence)
    }
}

impl Evidence {
    /// Of a passkey alone.
    pub(crate) fn of_passkey(used: Used) -> Self {
        Evidence {
            passkey: Some(used),
            ..Evidence::default()
        }
    }

    /// For the database.
    pub(crate) fn proof(&self) -> FactorProof<'_> {
        FactorProof {
            totp_step: self.totp_step,
            recovery_code_hash: self.recovery_code_hash.as_deref(),
            passkey: self.passkey.as_ref().map(|used| UsedPasskey {
                passkey_id: used.passkey_id,
                before: &used.before,
                after: &used.after,
            }),
        }
    }
}

/// The half minute whose code it is, where the account's app is on.
fn totp_step(
    app: &App,
    account_id: i64,
    factors: &Factors,
    code: &str,
) -> Result<Option<i64>, ApiError> {
    let sealed = factors.totp_secret.as_deref();
    let Some(sealed) = sealed.filter(|_| factors.totp_is_confirmed) else {
        return Ok(None);
    };
    let secret = open_secret(app, account_id, sealed)?;
    let now = OffsetDateTime::now_utc().unix_timestamp();
    Ok(totp::verify(&secret, code, now))
}

/// Seals the secret of an account's authenticator app.
pub(crate) fn seal_secret(app: &App, account_id: i64, secret: &[u8]) -> Result<Vec<u8>, ApiError> {
    let sealed = app.access.secrets.seal(&secret_name(account_id), secret);
    sealed.map_err(|_| ApiError::Internal("a secret could not be sealed".to_owned()))
}

/// Opens what [`seal_secret`] sealed.
pub(crate) fn open_secret(app: &App, account_id: i64, sealed: &[u8]) -> Result<Vec<u8>, ApiError> {
    let opened = app.access.secrets.open(&secret_name(account_id), sealed);
    opened.map_err(|_| {
        let what = "its app's secret was sealed with another master key (EXCHANGE_SECRETS_KEY)";
        ApiError::Internal(format!("account {account_id}: {what}"))
    })
}

fn secret_name(account_id: i64) -> String {
    format!("totp:{account_id}")
}

/// The session that a proof opened.
///
/// # Errors
/// Rejected as `INVALID_FACTOR` or `FACTOR_BLOCKED`.
pub(crate) fn opened(proved: Proved) -> Result<Opened, ApiError> {
    let refused = |code: &str, message: &str| {
        Err(ApiError::Rejected(Rejection {
            code: code.to_owned(),
            field: None,
            message: message.to_owned(),
        }))
    };
    match proved {
        Proved::Session(opened) => Ok(opened),
        Proved::Wrong => refused("INVALID_FACTOR", "this is wrong, or was used before"),
        Proved::Blocked => refused(
            "FACTOR_BLOCKED",
            "too many wrong ones came in a row: wait, or use a recovery code or a passkey",
        ),
    }
}
