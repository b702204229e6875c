//! The keys of a signer: two of its token at most, and the wrapped seed, which is opened for a
//! signature and overwritten after it.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use chain::public_key::PublicKey;
use chain::seed::Seed;
use chain::signature::Signature;
use hsm::{Hsm, HsmError, SigningKey, WrappedSeed};

use super::config::SignerConfig;
use crate::hsm_signing::read_seed;

/// How often a token that fails is opened at the start, and the pause between two.
const OPENINGS: u32 = 5;
const OPENING_PAUSE: Duration = Duration::from_millis(500);

/// What a signer can sign with.
pub(super) struct KeyRing {
    hot: Key,
    gas: Option<Key>,
    seed: Option<(Hsm, WrappedSeed)>,
}

/// A key of the token.
#[derive(Clone)]
pub(super) struct Key {
    key: SigningKey,
    public: PublicKey,
}

impl KeyRing {
    /// Opens what the signer has; only signer a has more than one key. A token that fails at first
    /// is tried again, but never with a PIN that was refused.
    pub(super) async fn open(config: &SignerConfig) -> anyhow::Result<KeyRing> {
        for _ in 1..OPENINGS {
            match Self::open_once(config).await {
                Err(error) if matches!(error.downcast_ref(), Some(HsmError::Failed(_))) => {
                    tracing::warn!(signer = config.name, "{error:#}; trying again");
                    tokio::time::sleep(OPENING_PAUSE).await;
                }
                done => return done,
            }
        }
        Self::open_once(config).await
    }

    async fn open_once(config: &SignerConfig) -> anyhow::Result<KeyRing> {
        let config = config.clone();
        let opened = tokio::task::spawn_blocking(move || {
            let is_a = config.name == "a";
            ensure!(
                is_a || config.seed_file.is_none(),
                "EXCHANGE_SEED_FILE is of signer a alone"
            );
            let seed = match &config.seed_file {
                Some(path) => Some((Hsm::open(&config.hsm)?, read_seed(path)?)),
                None => None,
            };
            // A wrong seed or token is found now, not at the first sweep.
            if let Some((hsm, seed)) = &seed {
                seed.open(hsm)?;
            }
            Ok(KeyRing {
                hot: Key::open(&config, &config.hot_key)?,
                gas: is_a
                    .then(|| Key::open(&config, &config.gas_key))
                    .transpose()?,
                seed,
            })
        });
        opened.await.context("the token's thread")?
    }

    pub(super) fn hot(&self) -> &Key {
        &self.hot
    }

    pub(super) fn hot_key(&self) -> &PublicKey {
        &self.hot.public
    }

    pub(super) fn gas(&self) -> Option<&Key> {
        self.gas.as_ref()
    }

    /// Does something with the opened seed, on a thread of its own. None where the signer has none.
    pub(super) async fn with_seed<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Seed) -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<Option<T>> {
        let Some((hsm, wrapped)) = self.seed.clone() else {
            return Ok(None);
        };
        let done = tokio::task::spawn_blocking(move || {
            let seed = Seed::new(wrapped.open(&hsm)?);
            work(&seed)
        });
        done.await.context("the token's thread")?.map(Some)
    }
}

impl Key {
    fn open(config: &SignerConfig, label: &str) -> anyhow::Result<Key> {
        let key = SigningKey::open(&config.hsm, label)?;
        let public = PublicKey::from_bytes(&key.public_key())?;
        Ok(Key { key, public })
    }

    pub(super) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs digests, and verifies what the token gave.
    pub(super) async fn sign(&self, digests: Vec<[u8; 32]>) -> anyhow::Result<Vec<Signature>> {
        let own = self.clone();
        let signed = tokio::task::spawn_blocking(move || {
            let sign = |digest: &[u8; 32]| {
                let signature = Signature::from_bytes(&own.key.sign(digest)?)?;
                signature.verify(digest, &own.public)?;
                Ok(signature)
            };
            digests.iter().map(sign).collect::<anyhow::Result<Vec<_>>>()
        });
        signed.await.context("the token's thread")?
    }
}
