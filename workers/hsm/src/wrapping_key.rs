//! The AES key that wraps data keys and the seed.

use std::sync::Arc;

use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::aead::GcmParams;
use cryptoki::object::{Attribute, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::Session;
use zeroize::Zeroizing;

use crate::config::HsmConfig;
use crate::connection::{Connection, Keys};
use crate::error::HsmError;
use crate::token::{self, KEPT, Module, failed};

/// Bytes of a data key, and of the key that wraps it: AES-256.
pub const KEY_BYTES: usize = 32;
/// Bytes of a nonce, and bits of an authentication tag, of AES-GCM (NIST SP 800-38D).
const NONCE_BYTES: usize = 12;
const TAG_BITS: u64 = 128;

/// The module, logged in, with the key that wraps. Cheap to clone; calls go through one session,
/// one after the other.
#[derive(Clone)]
pub struct Hsm {
    connection: Arc<Connection<WrappingKey>>,
}

struct WrappingKey(ObjectHandle);

impl Keys for WrappingKey {
    fn find(session: &Session, config: &HsmConfig) -> Result<WrappingKey, HsmError> {
        let key = find(session, &config.key).map_err(failed)?;
        let key = key.ok_or_else(|| HsmError::NoKey(config.key.clone()))?;
        token::check_kept(session, key, &config.key)?;
        Ok(WrappingKey(key))
    }
}

impl std::fmt::Debug for Hsm {
    /// Without the PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hsm")
            .field("token", &self.connection.config().token)
            .finish_non_exhaustive()
    }
}

impl Hsm {
    /// Loads the module, logs in, and finds the key.
    ///
    /// # Errors
    /// Each of [`HsmError`]: what is missing or wrong is named.
    pub fn open(config: &HsmConfig) -> Result<Hsm, HsmError> {
        let connection = Arc::new(Connection::open(config)?);
        Ok(Hsm { connection })
    }

    /// Makes the key in the token, unless it is there: AES-256, not to be read and not to be
    /// extracted. Gives whether it was made now.
    ///
    /// # Errors
    /// As [`Hsm::open`], but for a key that is missing.
    pub fn make_key(config: &HsmConfig) -> Result<bool, HsmError> {
        let session = Module::load(config)?.session(config)?;
        if find(&session, &config.key).map_err(failed)?.is_some() {
            return Ok(false);
        }
        let mut template = token::template(ObjectClass::SECRET_KEY, KeyType::AES, &config.key);
        template.extend(KEPT);
        template.extend([
            Attribute::ValueLen((KEY_BYTES as u64).into()),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ]);
        let made = session.generate_key(&Mechanism::AesKeyGen, &template);
        made.map(|_| true).map_err(failed)
    }

    /// The label of the key that wraps now; it is stored beside what was wrapped.
    pub fn key_label(&self) -> &str {
        &self.connection.config().key
    }

    /// Wraps a data key. It can only be unwrapped with the same `context`.
    ///
    /// # Errors
    /// The token's.
    pub fn wrap(&self, key: &[u8; KEY_BYTES], context: &[u8]) -> Result<Vec<u8>, HsmError> {
        self.encrypt(key, context)
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
        let key = self.decrypt(key_label, wrapped, context)?;
        key.as_slice().try_into().map_err(|_| HsmError::Damaged)
    }

    pub(crate) fn encrypt(&self, content: &[u8], context: &[u8]) -> Result<Vec<u8>, HsmError> {
        self.connection.with(|session, key| {
            let mut nonce = [0; NONCE_BYTES];
            session.generate_random_slice(&mut nonce)?;
            let mut wrapped = nonce.to_vec();
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
            let mechanism = Mechanism::AesGcm(params);
            wrapped.extend(session.encrypt(&mechanism, key.0, content)?);
            Ok(wrapped)
        })
    }

    pub(crate) fn decrypt(
        &self,
        key_label: &str,
        wrapped: &[u8],
        context: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, HsmError> {
        let Some((nonce, sealed)) = wrapped.split_at_checked(NONCE_BYTES) else {
            return Err(HsmError::Damaged);
        };
        let opened = self.connection.with(|session, key| {
            // A key that was replaced still opens what it wrapped.
            let key = match key_label == self.key_label() {
                true => Some(key.0),
                false => find(session, key_label)?,
            };
            let Some(key) = key else { return Ok(None) };
            let mut nonce = nonce.to_vec();
            let params = GcmParams::new(&mut nonce, context, TAG_BITS.into())?;
            let opened = session.decrypt(&Mechanism::AesGcm(params), key, sealed)?;
            Ok(Some(Zeroizing::new(opened)))
        })?;
        opened.ok_or_else(|| HsmError::NoKey(key_label.to_owned()))
    }

    /// Random bytes, from the token's own source.
    pub(crate) fn random<const N: usize>(&self) -> Result<Zeroizing<[u8; N]>, HsmError> {
        self.connection.with(|session, _| {
            let mut bytes = Zeroizing::new([0; N]);
            session.generate_random_slice(&mut *bytes)?;
            Ok(bytes)
        })
    }
}

fn find(session: &Session, label: &str) -> Result<Option<ObjectHandle>, cryptoki::error::Error> {
    token::find(session, ObjectClass::SECRET_KEY, KeyType::AES, label)
}
