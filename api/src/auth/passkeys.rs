//! Ceremonies of passkeys (WebAuthn): what a browser is asked, and whether its answer is right. The
//! library does the arithmetic; what it must remember between the two is kept by the database.

use client::StoredPasskey;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use webauthn_rs::prelude::{
    AuthenticationResult, DiscoverableAuthentication, Passkey, PasskeyAuthentication,
    PasskeyRegistration, PublicKeyCredential, RegisterPublicKeyCredential, Uuid, Webauthn,
    WebauthnBuilder, WebauthnError,
};

use crate::config::passkeys::PasskeysConfig;
use crate::error::{ApiError, Rejection};

/// As browsers show it.
const NAME: &str = "Exchange";
/// The first half of every user handle, so that no other number is taken for an account's.
const HANDLES: u64 = 0x6578_6368_616e_6765;

/// Asks for passkeys and checks them.
pub struct Passkeys {
    library: Webauthn,
}

/// What a browser is asked, and what must be remembered until it answers.
pub struct Asked {
    /// For `navigator.credentials.create` or `get`.
    pub options: Value,
    /// For the database alone.
    pub state: Value,
}

/// A passkey that answered rightly.
pub struct Used {
    /// Names it.
    pub passkey_id: i64,
    /// As it was read.
    pub before: Value,
    /// With the counter of this answer.
    pub after: Value,
}

/// A passkey to store.
pub struct Made {
    /// Its name at the authenticator.
    pub credential_id: Vec<u8>,
    /// The public half.
    pub credential: Value,
}

impl Passkeys {
    /// For the pages of this origin.
    ///
    /// # Errors
    /// The origin cannot be used.
    pub fn new(config: &PasskeysConfig) -> anyhow::Result<Self> {
        let library = WebauthnBuilder::new(&config.domain, &config.origin)
            .and_then(|builder| builder.rp_name(NAME).build())
            .map_err(|error| anyhow::anyhow!("passkeys of {}: {error}", config.origin))?;
        Ok(Passkeys { library })
    }

    /// Asks for a new passkey, which may be on no authenticator that has one already.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn ask_new(
        &self,
        account_id: i64,
        email: &str,
        known: &[StoredPasskey],
    ) -> Result<Asked, ApiError> {
        let known = read_all(known)?.into_iter();
        let known = known.map(|(_, key)| key.cred_id().clone()).collect();
        let asked =
            self.library
                .start_passkey_registration(handle(account_id), email, email, Some(known));
        let (options, state) = asked.map_err(fault)?;
        let mut asked = Asked::new(&options, &state)?;
        // So that the account need not be named at a login.
        asked.options["publicKey"]["authenticatorSelection"]["residentKey"] = json!("preferred");
        Ok(asked)
    }

    /// Checks the answer to [`Self::ask_new`].
    ///
    /// # Errors
    /// Rejected as `INVALID_PASSKEY`; `Malformed`.
    pub fn check_new(&self, state: Value, answer: Value) -> Result<Made, ApiError> {
        let answer: RegisterPublicKeyCredential = parse(answer)?;
        let state: PasskeyRegistration = remembered(state)?;
        let made = self.library.finish_passkey_registration(&answer, &state);
        let key = made.map_err(|error| {
            tracing::debug!(%error, "a new passkey was refused");
            ApiError::Rejected(Rejection {
                code: "INVALID_PASSKEY".to_owned(),
                field: Some("passkey".to_owned()),
                message: "this is no answer to what was asked".to_owned(),
            })
        })?;
        Ok(Made {
            credential_id: key.cred_id().to_vec(),
            credential: written(&key)?,
        })
    }

    /// Asks for one of the account's passkeys.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn ask(&self, known: &[StoredPasskey]) -> Result<Asked, ApiError> {
        let keys = read_all(known)?.into_iter();
        let keys: Vec<Passkey> = keys.map(|(_, key)| key).collect();
        let asked = self.library.start_passkey_authentication(&keys);
        let (options, state) = asked.map_err(fault)?;
        Asked::new(&options, &state)
    }

    /// Checks the answer to [`Self::ask`]; `None` where it is wrong.
    ///
    /// # Errors
    /// `Malformed`, or a fault of ours.
    pub fn check(
        &self,
        state: Value,
        answer: Value,
        known: &[StoredPasskey],
    ) -> Result<Option<Used>, ApiError> {
        let answer: PublicKeyCredential = parse(answer)?;
        let state: PasskeyAuthentication = remembered(state)?;
        let checked = self.library.finish_passkey_authentication(&answer, &state);
        right(checked, known)
    }

    /// Asks for any passkey, which will say whose it is.
    ///
    /// # Errors
    /// A fault of ours.
    pub fn ask_anybody(&self) -> Result<Asked, ApiError> {
        let asked = self.library.start_discoverable_authentication();
        let (options, state) = asked.map_err(fault)?;
        let mut asked = Asked::new(&options, &state)?;
        // Whether it is offered in a form field or at once is the page's to choose.
        if let Some(options) = asked.options.as_object_mut() {
            options.remove("mediation");
        }
        Ok(asked)
    }

    /// Whose passkey answers [`Self::ask_anybody`], by its own word; nothing is checked yet.
    ///
    /// # Errors
    /// `Malformed`.
    pub fn claimed(&self, answer: &Value) -> Result<Option<i64>, ApiError> {
        let answer: PublicKeyCredential = parse(answer.clone())?;
        let claimed = self.library.identify_discoverable_authentication(&answer);
        Ok(claimed.ok().and_then(|(handle, _)| account(handle)))
    }

    /// Checks the answer to [`Self::ask_anybody`] against the passkeys of the account that it
    /// claims; `None` where it is wrong.
    ///
    /// # Errors
    /// `Malformed`, or a fault of ours.
    pub fn check_anybody(
        &self,
        state: Value,
        answer: Value,
        known: &[StoredPasskey],
    ) -> Result<Option<Used>, ApiError> {
        let answer: PublicKeyCredential = parse(answer)?;
        let state: DiscoverableAuthentication = remembered(state)?;
        let mut keys = read_all(known)?.into_iter().map(|(_, key)| key);
        let is_named = |key: &Passkey| key.cred_id().as_slice() == answer.get_credential_id();
        let Some(key) = keys.find(is_named) else {
            return Ok(None);
        };
        let checked = self
            .library
            .finish_discoverable_authentication_v2(&answer, state, &key);
        right(checked, known)
    }
}

impl Asked {
    fn new(options: &impl Serialize, state: &impl Serialize) -> Result<Self, ApiError> {
        Ok(Asked {
            options: written(options)?,
            state: written(state)?,
        })
    }
}

/// Which of them answered rightly.
fn right(
    checked: Result<AuthenticationResult, WebauthnError>,
    known: &[StoredPasskey],
) -> Result<Option<Used>, ApiError> {
    let result = match checked {
        Ok(result) => result,
        Err(error) => {
            tracing::debug!(%error, "a passkey was refused");
            return Ok(None);
        }
    };
    for (stored, mut key) in read_all(known)? {
        // `None` where it is another one.
        if key.update_credential(&result).is_some() {
            return Ok(Some(Used {
                passkey_id: stored.passkey_id,
                before: stored.credential.clone(),
                after: written(&key)?,
            }));
        }
    }
    Ok(None)
}

fn read_all(known: &[StoredPasskey]) -> Result<Vec<(&StoredPasskey, Passkey)>, ApiError> {
    let read = |stored: &'_ StoredPasskey| remembered(stored.credential.clone());
    known
        .iter()
        .map(|stored| Ok((stored, read(stored)?)))
        .collect()
}

/// What we wrote ourselves.
fn remembered<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| ApiError::Internal(error.to_string()))
}

/// What a client wrote.
fn parse<T: DeserializeOwned>(value: Value) -> Result<T, ApiError> {
    serde_json::from_value(value).map_err(|error| {
        let message = format!("not what navigator.credentials gives: {error}");
        ApiError::malformed("passkey", message.chars().take(200).collect::<String>())
    })
}

fn written(value: &impl Serialize) -> Result<Value, ApiError> {
    serde_json::to_value(value).map_err(|error| ApiError::Internal(error.to_string()))
}

fn fault(error: WebauthnError) -> ApiError {
    ApiError::Internal(error.to_string())
}

/// Names the account to an authenticator.
fn handle(account_id: i64) -> Uuid {
    Uuid::from_u64_pair(HANDLES, account_id.cast_unsigned())
}

fn account(handle: Uuid) -> Option<i64> {
    let (mark, number) = handle.as_u64_pair();
    (mark == HANDLES).then_some(number.cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_names_one_account_and_no_other_handle_does() {
        assert_eq!(account(handle(7)), Some(7));
        assert_eq!(account(Uuid::from_u64_pair(1, 7)), None);
    }

    #[test]
    fn what_a_browser_is_asked_needs_the_owner_and_not_only_the_device() {
        let config = crate::config::passkeys::PasskeysConfig {
            origin: "https://exchange.example".parse().expect("an address"),
            domain: "exchange.example".to_owned(),
        };
        let passkeys = Passkeys::new(&config).expect("good");
        let asked = passkeys.ask_new(7, "a@example.com", &[]).expect("asked");
        let options = &asked.options["publicKey"];
        assert_eq!(options["rp"]["id"], "exchange.example");
        assert_eq!(
            options["authenticatorSelection"]["userVerification"],
            "required"
        );
        assert_eq!(
            options["authenticatorSelection"]["residentKey"],
            "preferred"
        );
        let asked = passkeys.ask_anybody().expect("asked");
        let options = &asked.options["publicKey"];
        assert_eq!(options["userVerification"], "required");
        assert_eq!(options["allowCredentials"], json!([]));
        let wrong = passkeys.claimed(&json!({ "id": 1 }));
        assert!(matches!(wrong, Err(ApiError::Malformed { .. })));
    }
}
