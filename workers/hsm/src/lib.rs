//! The hardware security module, through PKCS#11: it wraps and unwraps data keys by an AES key that
//! never leaves it, and nothing more.
//!
//! Every call blocks: async code calls it on a thread for blocking work.

mod config;
mod envelope;
mod error;
mod token;

pub use config::HsmConfig;
pub use envelope::{Sealed, open, seal};
pub use error::HsmError;

use std::sync::{Arc, Mutex, PoisonError};

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use token::{Login, Module};

/// Bytes of a data key: AES-256.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce, and of an authentication tag, of AES-GCM (NIST SP 800-38D).
const NONCE_BYTES: usize = 12;
const TAG_BITS: u64 = 128;

/// The module, logged in. Cheap to clone; calls go through one session, one after the other.
#[derive(Clone)]
pub struct Hsm {
    inner: Arc<Inner>,
}

struct Inner {
    config: HsmConfig,
    state: Mutex<State>,
}

enum State {
    /// The session goes before the module does.
    In(Login, Module),
    /// Something failed: the next call begins anew.
    Out,
    /// The PIN is wrong. It is never tried again, because a token locks itself after a few times.
    Refused,
}

impl std::fmt::Debug for Hsm {
    /// Without the PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hsm")
            .field("token", &self.inner.config.token)
            .finish_non_exhaustive()
    }
}

impl Hsm {
    /// Loads the module, logs in, and finds the key.
    ///
    /// # Errors
    /// Each of [`HsmError`]: what is missing or wrong is named.
    pub fn open(config: &HsmConfig) -> Result<Hsm, HsmError> {
        let module = Module::load(config)?;
        let login = module.login(config)?;
        let inner = Inner {
            config: config.clone(),
            state: Mutex::new(State::In(login, module)),
        };
        Ok(Hsm {
            inner: Arc::new(inner),
        })
    }

    /// Makes the key in the token, unless it is there: AES-256, not to be read and not to be
    /// extracted. Gives whether it was made now.
    ///
    /// # Errors
    /// As [`Hsm::open`], but for a key that is missing.
    pub fn make_key(config: &HsmConfig) -> Result<bool, HsmError> {
        Module::load(config)?.make_key(config)
    }

    /// The label of the key that wraps now; it is stored beside what was wrapped.
    pub fn key_label(&self) -> &str {
        &self.inner.config.key
    }

    /// Wraps a data key. It can only be unwrapped with the same `context`.
    ///
    /// # Errors
    /// The token's.
    pub fn wrap(&self, key: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, HsmError> {
        self.with_login(|login| {
            let mut nonce = [0; NONCE_BYTES];
            login.session.generate_random_slice(&mut nonce)?;
            let mut wrapped = nonce.to_vec();
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
            let mechanism = Mechanism::AesGcm(params);
            wrapped.extend(login.session.encrypt(&mechanism, login.key, key)?);
            Ok(wrapped)
        })
    }

    /// Unwraps what [`Hsm::wrap`] gave, by the key that wrapped it.
    ///
    /// # Errors
    /// [`HsmError::Damaged`] where it was changed, belongs to another context or to another key;
    /// the token's.
    pub fn unwrap(
        &self,
        key_label: &str,
        wrapped: &[u8],
        context: &[u8],
    ) -> Result<[u8; KEY_BYTES], HsmError> {
        let Some((nonce, sealed)) = wrapped.split_at_checked(NONCE_BYTES) else {
            return Err(HsmError::Damaged);
        };
        let key = self.with_login(|login| {
            // A key that was replaced still opens what it wrapped.
            let key = match key_label == self.key_label() {
                true => Some(login.key),
                false => token::find(&login.session, key_label)?,
            };
            let Some(key) = key else { return Ok(None) };
            let mut nonce = nonce.to_vec();
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
            let mechanism = Mechanism::AesGcm(params);
            login.session.decrypt(&mechanism, key, sealed).map(Some)
        })?;
        let key = key.ok_or_else(|| HsmError::NoKey(key_label.to_owned()))?;
        key.try_into().map_err(|_| HsmError::Damaged)
    }

    /// Random bytes for a data key, from the token's own source.
    fn random_key(&self) -> Result<[u8; KEY_BYTES], HsmError> {
        self.with_login(|login| {
            let mut key = [0; KEY_BYTES];
            login.session.generate_random_slice(&mut key)?;
            Ok(key)
        })
    }

    /// Does it in the session. Where that fails, once more after the library has looked anew at
    /// what tokens there are.
    fn with_login<T>(
        &self,
        work: impl Fn(&Login) -> Result<T, cryptoki::error::Error>,
    ) -> Result<T, HsmError> {
        let Inner { config, state } = &*self.inner;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::In(login, _) = &*state {
            match work(login).map_err(|error| HsmError::of(&error)) {
                Err(HsmError::Failed(words)) => {
                    tracing::warn!(words, "the HSM failed; beginning anew");
                }
                done => return done,
            }
        }
        if matches!(*state, State::Refused) {
            return Err(HsmError::WrongPin(config.token.clone()));
        }
        if let State::In(login, module) = std::mem::replace(&mut *state, State::Out) {
            drop(login);
            module.end();
        }
        let module = Module::load(config)?;
        match module.login(config) {
            Ok(login) => {
                let done = work(&login).map_err(|error| HsmError::of_fresh(&error));
                *state = State::In(login, module);
                done
            }
            Err(error) => {
                module.end();
                if matches!(error, HsmError::WrongPin(_)) {
                    *state = State::Refused;
                }
                Err(error)
            }
        }
    }
}
