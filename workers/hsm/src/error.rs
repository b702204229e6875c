//! What can go wrong with a token, in words for whoever operates it.

use cryptoki::context::Function;
use cryptoki::error::{Error, RvError};

/// Why the module did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HsmError {
    /// The library is not there, or is none.
    #[error("the PKCS#11 module {path} cannot be loaded: {words}")]
    NoModule {
        /// Its path.
        path: String,
        /// What the loader said.
        words: String,
    },
    /// No token of that label.
    #[error("the HSM has no token '{0}' (EXCHANGE_HSM_TOKEN)")]
    NoToken(String),
    /// The token refused the PIN.
    #[error("the token '{0}' refuses the PIN (EXCHANGE_HSM_PIN); it is not tried again")]
    WrongPin(String),
    /// The token has no such key.
    #[error("the token has no AES key '{0}' (EXCHANGE_HSM_KEY); make it: workers hsm make-key")]
    NoKey(String),
    /// The token has no such pair of keys.
    #[error("the token has no signing key '{0}'; make it: workers hsm make-signing-key {0}")]
    NoSigningKey(String),
    /// The token has one half of a pair: whoever copied it here left the other behind.
    #[error("the token has only one half of the signing key '{0}'")]
    HalfKey(String),
    /// The pair is of another curve.
    #[error("the signing key '{0}' is not of the curve secp256k1")]
    OtherCurve(String),
    /// The token was replaced by one with a pair of its own.
    #[error("the signing key '{0}' is another than at the beginning")]
    OtherKey(String),
    /// The key could leave the token.
    #[error("the key '{0}' can be read or extracted: it protects nothing")]
    WeakKey(String),
    /// A label with other characters.
    #[error("a label has letters, digits, '-', '_' and '.': '{0}'")]
    BadLabel(String),
    /// What was to be unwrapped was changed, or is another key's.
    #[error("what was wrapped was changed, or belongs to another key or document")]
    Damaged,
    /// Anything else.
    #[error("the HSM failed: {0}")]
    Failed(String),
}

impl HsmError {
    /// What the driver reports of a call in a session.
    pub(crate) fn of(error: &Error) -> HsmError {
        match error {
            Error::Pkcs11(RvError::EncryptedDataInvalid | RvError::EncryptedDataLenRange, _) => {
                HsmError::Damaged
            }
            other => HsmError::Failed(other.to_string()),
        }
    }

    /// The same in a session that has just been opened, with a key that has just been found. There
    /// SoftHSM's general error of a decryption is a wrong tag.
    pub(crate) fn of_fresh(error: &Error) -> HsmError {
        match error {
            Error::Pkcs11(RvError::GeneralError, Function::Decrypt) => HsmError::Damaged,
            other => HsmError::of(other),
        }
    }
}
