//! The library, the token, the session, and how keys are found and made.

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;

use crate::config::HsmConfig;
use crate::error::HsmError;

/// The library, initialised.
pub(crate) struct Module {
    library: Pkcs11,
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

    /// A session of the token that is logged in.
    pub(crate) fn session(&self, config: &HsmConfig) -> Result<Session, HsmError> {
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

/// What names a key that stays in the token.
pub(crate) fn template(class: ObjectClass, kind: KeyType, label: &str) -> Vec<Attribute> {
    vec![
        Attribute::Class(class),
        Attribute::KeyType(kind),
        Attribute::Token(true),
        Attribute::Label(label.into()),
    ]
}

/// What keeps a secret key inside, as it is.
pub(crate) const KEPT: [Attribute; 4] = [
    Attribute::Private(true),
    Attribute::Sensitive(true),
    Attribute::Extractable(false),
    Attribute::Modifiable(false),
];

pub(crate) fn find(
    session: &Session,
    class: ObjectClass,
    kind: KeyType,
    label: &str,
) -> Result<Option<ObjectHandle>, Error> {
    let found = session.find_objects(&template(class, kind, label))?;
    Ok(found.first().copied())
}

/// Refuses a key that can be read or extracted.
pub(crate) fn check_kept(
    session: &Session,
    key: ObjectHandle,
    label: &str,
) -> Result<(), HsmError> {
    let wanted = [AttributeType::Extractable, AttributeType::Sensitive];
    let found = session.get_attributes(key, &wanted).map_err(failed)?;
    let is_kept = found.contains(&Attribute::Extractable(false))
        && found.contains(&Attribute::Sensitive(true));
    match is_kept {
        true => Ok(()),
        false => Err(HsmError::WeakKey(label.to_owned())),
    }
}

pub(crate) fn failed(error: Error) -> HsmError {
    HsmError::Failed(error.to_string())
}
