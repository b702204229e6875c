//! Finds the credential behind a token or a public id: in a bounded memory, or in the database.
//!
//! What is remembered says who it was and how to check a signature, never that the credential is
//! still good: a read asks that of the database, an order's transaction checks it by itself.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use client::Pool;
use ipnet::IpNet;
use lru::LruCache;

use super::check::{self, Check};
use super::permissions::Permissions;
use super::secrets::Secrets;
use super::signature::Verifier;
use crate::batcher::Batcher;
use crate::error::ApiError;
use crate::wire::millis;

/// Credentials remembered; the least recently used one is forgotten first.
const REMEMBERED: NonZeroUsize = NonZeroUsize::new(16_384).expect("not zero");

/// How a credential is named in a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    /// SHA-256 of a bearer token.
    Token([u8; 32]),
    /// The public id of an API key.
    Key(String),
}

/// The row behind a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Id {
    /// A session, and when it ends, in milliseconds UTC.
    Session(i64, i64),
    /// An API key.
    Key(i64),
}

/// Who a credential belongs to, and what it allows. None of it ever changes.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Whose it is.
    pub account_id: i64,
    /// Which it is.
    pub id: Id,
    /// What it allows.
    pub permissions: Permissions,
    /// Networks from which it is taken; empty: from everywhere.
    pub addresses: Vec<IpNet>,
    /// Checks the signatures of a key.
    pub verifier: Option<Verifier>,
    /// A key that was good once; never remembered.
    pub is_revoked: bool,
}

/// A credential, and whether the database has just vouched for it.
pub struct Found {
    /// The credential.
    pub credential: Arc<Credential>,
    /// It was read for this very request.
    pub is_fresh: bool,
}

/// Finds credentials.
pub struct Access {
    pool: Pool,
    /// Seals and opens the secrets of keys.
    pub secrets: Secrets,
    remembered: Mutex<LruCache<Name, Arc<Credential>>>,
    checks: Batcher<Check>,
}

impl Access {
    /// On this pool, where a check waits so long at most; asks nothing yet.
    pub fn start(pool: Pool, secrets: Secrets, wait: Duration) -> Self {
        Access {
            checks: check::start(pool.clone(), wait),
            remembered: Mutex::new(LruCache::new(REMEMBERED)),
            secrets,
            pool,
        }
    }

    /// The credential of that name, if there is one and its time has not passed.
    ///
    /// # Errors
    /// The database's.
    pub async fn find(&self, name: &Name, now_ms: i64) -> Result<Option<Found>, ApiError> {
        let known = self.remembered().get(name).cloned();
        if let Some(credential) = known {
            if matches!(credential.id, Id::Session(_, ends_at) if ends_at <= now_ms) {
                self.forget(name);
                return Ok(None);
            }
            return Ok(Some(Found {
                credential,
                is_fresh: false,
            }));
        }
        let Some(credential) = self.read(name).await? else {
            return Ok(None);
        };
        let credential = Arc::new(credential);
        if !credential.is_revoked {
            self.remembered().put(name.clone(), credential.clone());
        }
        Ok(Some(Found {
            credential,
            is_fresh: true,
        }))
    }

    /// Whether the credential is good now, by a query that begins after this call.
    ///
    /// # Errors
    /// The database's.
    pub async fn is_live(&self, id: Id) -> Result<bool, ApiError> {
        self.checks.ask(id).await
    }

    /// After it was ended.
    pub fn forget(&self, name: &Name) {
        self.remembered().pop(name);
    }

    async fn read(&self, name: &Name) -> Result<Option<Credential>, ApiError> {
        match name {
            Name::Token(hash) => {
                let session = client::session_account(&self.pool, hash).await?;
                Ok(session.map(|session| Credential {
                    account_id: session.account_id,
                    id: Id::Session(session.session_id, millis(session.expires_at)),
                    permissions: Permissions::all(),
                    addresses: Vec::new(),
                    verifier: None,
                    is_revoked: false,
                }))
            }
            Name::Key(public_id) => match client::find_api_key(&self.pool, public_id).await? {
                Some(proof) => self.of_key(public_id, proof).map(Some),
                None => Ok(None),
            },
        }
    }

    fn of_key(&self, public_id: &str, proof: client::KeyProof) -> Result<Credential, ApiError> {
        let fault = |what: &str| {
            let number = proof.api_key_id;
            ApiError::Internal(format!("API key {number}: {what}"))
        };
        let verifier = match (&proof.secret, &proof.public_key) {
            (Some(sealed), _) => {
                let secret = self.secrets.open(public_id, sealed).map_err(|_| {
                    fault("its secret was sealed with another master key (EXCHANGE_SECRETS_KEY)")
                })?;
                Verifier::hmac(&secret)
            }
            (None, Some(key)) => {
                let key = key.as_slice().try_into();
                Verifier::Ed25519(key.map_err(|_| fault("its public key is none"))?)
            }
            (None, None) => return Err(fault("it has neither secret nor public key")),
        };
        let networks = proof
            .addresses
            .iter()
            .map(|text| crate::address::network(text));
        let networks: Option<Vec<_>> = networks.collect();
        Ok(Credential {
            account_id: proof.account_id,
            id: Id::Key(proof.api_key_id),
            permissions: Permissions::of_names(&proof.permissions),
            addresses: networks.ok_or_else(|| fault("its networks cannot be read"))?,
            verifier: Some(verifier),
            is_revoked: proof.is_revoked,
        })
    }

    fn remembered(&self) -> std::sync::MutexGuard<'_, LruCache<Name, Arc<Credential>>> {
        self.remembered
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
