//! The library, the token, the session, the key.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::config::HsmConfig;
use crate::error::HsmError;

/// Bytes of the key that wraps.
const KEY_BYTES: u64 = 32;

/// The library, initialised.
pub(crate) struct Module {
    library: Pkcs11,
}

/// A session that is logged in, and the key.
pub(crate) struct Login {
    pub(crate) session: Session,
    pub(crate) key: ObjectHandle,
}

impl Module {
    pub(crate) fn load(config: &HsmConfig) -> Result<Module, HsmError> {
        let missing = |error: Error| HsmError::NoModule {
            path: config.module.clone(),
            words: error.to_string(),
        };
        let library = Pkcs11::new(&config.module).map_err(missing)?;
        let flags = CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK);
        match library.initialize(flags) {
            // A library is initialised once a process.
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => {
                Ok(Module { library })
            }
            Err(error) => Err(missing(error)),
        }
    }

    /// Lets the library forget everything, so that it looks anew at the next beginning.
    pub(crate) fn end(self) {
        if let Err(error) = self.library.finalize() {
            tracing::warn!(%error, "the PKCS#11 module did not end");
        }
    }

    pub(crate) fn login(&self, config: &HsmConfig) -> Result<Login, HsmError> {
        let session = self.session(config)?;
        let key = find(&session, &config.key)
            .map_err(failed)?
            .ok_or_else(|| HsmError::NoKey(config.key.clone()))?;
        let wanted = [AttributeType::Extractable, AttributeType::Sensitive];
        let found = session.get_attributes(key, &wanted).map_err(failed)?;
        let is_safe = found.contains(&Attribute::Extractable(false))
            && found.contains(&Attribute::Sensitive(true));
        if !is_safe {
            return Err(HsmError::WeakKey(config.key.clone()));
        }
        Ok(Login { session, key })
    }

    pub(crate) fn make_key(&self, config: &HsmConfig) -> Result<bool, HsmError> {
        let session = self.session(config)?;
        if find(&session, &config.key).map_err(failed)?.is_some() {
            return Ok(false);
        }
        let mut template = template(&config.key);
        template.extend([
            Attribute::ValueLen(KEY_BYTES.into()),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Modifiable(false),
            Attribute::Encrypt(true),
            Attribute::Decrypt(true),
        ]);
        let made = session.generate_key(&Mechanism::AesKeyGen, &template);
        made.map(|_| true).map_err(failed)
    }

    fn session(&self, config: &HsmConfig) -> Result<Session, HsmError> {
        let slot = self.slot(config)?;
        let session = self.library.open_rw_session(slot).map_err(failed)?;
        let pin = AuthPin::new(config.pin.clone().into());
        match session.login(UserType::User, Some(&pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => Ok(session),
            Err(Error::Pkcs11(
                RvError::PinIncorrect
                | RvError::PinInvalid
                | RvError::PinLenRange
                | RvError::PinLocked,
                _,
            )) => Err(HsmError::WrongPin(config.token.clone())),
            Err(error) => Err(failed(error)),
        }
    }

    fn slot(&self, config: &HsmConfig) -> Result<Slot, HsmError> {
        let slots = self.library.get_slots_with_initialized_token();
        for slot in slots.map_err(failed)? {
            let token = self.library.get_token_info(slot).map_err(failed)?;
            if token.label().trim_end() == config.token {
                return Ok(slot);
            }
        }
        Err(HsmError::NoToken(config.token.clone()))
    }
}

/// What names the key.
fn template(label: &str) -> Vec<Attribute> {
    vec![
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::AES),
        Attribute::Token(true),
        Attribute::Label(label.into()),
    ]
}

pub(crate) fn find(session: &Session, label: &str) -> Result<Option<ObjectHandle>, Error> {
    let found = session.find_objects(&template(label))?;
    Ok(found.first().copied())
}

fn failed(error: Error) -> HsmError {
    HsmError::Failed(error.to_string())
}
