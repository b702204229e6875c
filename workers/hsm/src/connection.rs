//! A session of a token that comes back after a failure, with the keys that it is used for.

use std::sync::{Mutex, PoisonError, RwLock};

use cryptoki::error::Error;
use cryptoki::session::Session;

use crate::config::HsmConfig;
use crate::error::HsmError;
use crate::token::Module;

/// How often the library was made to forget everything, which it does for the whole process: a
/// session of before is gone, and its number may already be another's. Calls hold it to read, who
/// ends the library to write.
static ENDS: RwLock<u64> = RwLock::new(0);

/// What is looked up once a session.
pub(crate) trait Keys: Sized {
    /// Finds the keys of `config`, and refuses what could leave the token.
    fn find(session: &Session, config: &HsmConfig) -> Result<Self, HsmError>;
}

/// One session; calls go through it one after the other.
pub(crate) struct Connection<K> {
    config: HsmConfig,
    state: Mutex<State<K>>,
}

enum State<K> {
    In(Login<K>),
    /// Something failed: the next call begins anew.
    Out,
    /// The PIN is wrong. It is never tried again, because a token locks itself after a few times.
    Refused,
}

struct Login<K> {
    session: Session,
    keys: K,
    module: Module,
    /// What [`ENDS`] was.
    ends: u64,
}

impl<K: Keys> Connection<K> {
    pub(crate) fn open(config: &HsmConfig) -> Result<Connection<K>, HsmError> {
        let ends = ENDS.write().unwrap_or_else(PoisonError::into_inner);
        let login = Login::new(Module::load(config)?, config, *ends);
        let login = login.map_err(|(error, _)| error)?;
        Ok(Connection {
            config: config.clone(),
            state: Mutex::new(State::In(login)),
        })
    }

    pub(crate) fn config(&self) -> &HsmConfig {
        &self.config
    }

    /// Does it in the session. Where that fails, once more after the library has looked anew at
    /// what tokens there are.
    pub(crate) fn with<T>(
        &self,
        work: impl Fn(&Session, &K) -> Result<T, Error>,
    ) -> Result<T, HsmError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::In(login) = &*state {
            let ends = ENDS.read().unwrap_or_else(PoisonError::into_inner);
            if login.ends == *ends {
                let done = work(&login.session, &login.keys);
                match done.map_err(|error| HsmError::of(&error)) {
                    Err(HsmError::Failed(words)) => {
                        tracing::warn!(words, "the HSM failed; beginning anew");
                    }
                    done => return done,
                }
            }
        }
        if matches!(*state, State::Refused) {
            return Err(HsmError::WrongPin(self.config.token.clone()));
        }
        let mut ends = ENDS.write().unwrap_or_else(PoisonError::into_inner);
        if let State::In(login) = std::mem::replace(&mut *state, State::Out) {
            login.end(&mut ends);
        }
        match Login::new(Module::load(&self.config)?, &self.config, *ends) {
            Ok(login) => {
                let done = work(&login.session, &login.keys);
                *state = State::In(login);
                done.map_err(|error| HsmError::of_fresh(&error))
            }
            Err((error, module)) => {
                module.end();
                *ends += 1;
                if matches!(error, HsmError::WrongPin(_)) {
                    *state = State::Refused;
                }
                Err(error)
            }
        }
    }
}

impl<K: Keys> Login<K> {
    fn new(module: Module, config: &HsmConfig, ends: u64) -> Result<Self, (HsmError, Module)> {
        let found = module.session(config).and_then(|session| {
            let keys = K::find(&session, config)?;
            Ok((session, keys))
        });
        match found {
            Ok((session, keys)) => Ok(Login {
                session,
                keys,
                module,
                ends,
            }),
            Err(error) => Err((error, module)),
        }
    }

    /// Ends the library, unless somebody has since.
    fn end(self, ends: &mut u64) {
        if self.ends != *ends {
            // Closing it could close the session that has its number now.
            std::mem::forget(self.session);
            return;
        }
        // The session goes before the module does.
        drop(self.session);
        self.module.end();
        *ends += 1;
    }
}

impl<K> Drop for Connection<K> {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        let ends = ENDS.read().unwrap_or_else(PoisonError::into_inner);
        if let State::In(login) = std::mem::replace(state, State::Out)
            && login.ends != *ends
        {
            std::mem::forget(login.session);
        }
    }
}
