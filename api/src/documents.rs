//! Identity documents on their way in and out: decoded, encrypted, stored; read and decrypted for
//! reviewers. Bounded in number, memory and time; nothing of it runs on the threads of requests.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use client::{NewKycDocument, Pool, SealedDocument};
use hsm::{Hsm, HsmError, Sealed};
use kyc::file::{FileError, SafeFile};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::json;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::config::kyc::KycConfig;
use crate::error::{ApiError, Rejection};

/// Identity documents. Cheap to clone.
#[derive(Clone)]
pub struct Documents {
    /// Connections of their own: files are large, and the limits of other reads are short.
    pub pool: Pool,
    hsm: Option<Hsm>,
    provider: Option<hmac::Key>,
    places: Arc<Semaphore>,
    decoders: Arc<Semaphore>,
    uploading: Arc<Mutex<HashSet<i64>>>,
}

/// A place for one submission of one account; it is free again when this is dropped.
pub struct Place {
    _permit: OwnedSemaphorePermit,
    uploading: Arc<Mutex<HashSet<i64>>>,
    account_id: i64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut uploading = self
            .uploading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        uploading.remove(&self.account_id);
    }
}

impl Documents {
    /// Opens the HSM, where one is configured.
    ///
    /// # Errors
    /// What is missing or wrong of it.
    pub fn start(config: &KycConfig, pool: Pool) -> anyhow::Result<Self> {
        let hsm = config.hsm.as_ref().map(Hsm::open).transpose();
        let hsm = hsm.context("identity documents")?;
        if hsm.is_none() {
            tracing::info!("EXCHANGE_HSM_PIN is not set: no identity documents are taken");
        }
        let key = |secret: &[u8; 32]| hmac::Key::new(hmac::HMAC_SHA256, secret);
        Ok(Documents {
            pool,
            hsm,
            provider: config.provider_secret.as_ref().map(key),
            places: Arc::new(Semaphore::new(config.uploads)),
            decoders: Arc::new(Semaphore::new(config.concurrency)),
            uploading: Arc::default(),
        })
    }

    /// What a provider signs with; `None` where there is none.
    pub fn provider(&self) -> Option<&hmac::Key> {
        self.provider.as_ref()
    }

    /// A place for a submission: one an account, and so many of all.
    ///
    /// # Errors
    /// `Overloaded`; `Unavailable` where there is no HSM.
    pub fn take_place(&self, account_id: i64) -> Result<Place, ApiError> {
        if self.hsm.is_none() {
            return Err(unavailable());
        }
        let permit = self.places.clone().try_acquire_owned();
        let permit = permit.map_err(|_| ApiError::Overloaded)?;
        let mut uploading = self
            .uploading
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if !uploading.insert(account_id) {
            return Err(ApiError::Overloaded);
        }
        Ok(Place {
            _permit: permit,
            uploading: self.uploading.clone(),
            account_id,
        })
    }

    /// Makes a file safe and seals it for its account.
    ///
    /// # Errors
    /// Rejected as `INVALID_DOCUMENT` with the field; the HSM's.
    pub async fn seal(
        &self,
        account_id: i64,
        kind: &'static str,
        content: Vec<u8>,
    ) -> Result<NewKycDocument, ApiError> {
        let hsm = self.hsm.clone().ok_or_else(unavailable)?;
        let permit = self.decoders.clone().acquire_owned().await;
        let permit = permit.map_err(|_| ApiError::Overloaded)?;
        let sealed = tokio::task::spawn_blocking(move || {
            // Held until the work is done, though nobody may wait for it any more.
            let _permit = permit;
            let file = kyc::file::make_safe(&content).map_err(|error| refused(kind, &error))?;
            drop(content);
            seal(&hsm, account_id, kind, file)
        });
        sealed
            .await
            .map_err(|error| ApiError::Internal(error.to_string()))?
    }

    /// Opens a file.
    ///
    /// # Errors
    /// The HSM's; internal where it was changed.
    pub async fn open(&self, document: SealedDocument) -> Result<Vec<u8>, ApiError> {
        let hsm = self.hsm.clone().ok_or_else(unavailable)?;
        let opened = tokio::task::spawn_blocking(move || {
            let context = kyc::seal_context(document.account_id, &document.kind, &document.seal_id);
            let sealed = Sealed {
                key_label: document.key_label,
                wrapped_key: document.wrapped_key,
                content: document.content,
            };
            hsm::open(&hsm, &context, sealed).map_err(|error| failed(&error))
        });
        opened
            .await
            .map_err(|error| ApiError::Internal(error.to_string()))?
    }
}

fn seal(
    hsm: &Hsm,
    account_id: i64,
    kind: &'static str,
    file: SafeFile,
) -> Result<NewKycDocument, ApiError> {
    let mut seal_id = [0; 16];
    SystemRandom::new()
        .fill(&mut seal_id)
        .map_err(|_| ApiError::Internal("the system gave no randomness".to_owned()))?;
    let context = kyc::seal_context(account_id, kind, &seal_id);
    let sealed = hsm::seal(hsm, &context, file.content).map_err(|error| failed(&error))?;
    Ok(NewKycDocument {
        kind,
        media_type: file.media_type,
        seal_id,
        key_label: sealed.key_label,
        wrapped_key: sealed.wrapped_key,
        content: sealed.content,
        facts: file.facts.map(|facts| {
            json!({ "width": facts.width, "height": facts.height, "contrast": facts.contrast,
                "brightness": facts.brightness, "digest": facts.digest })
        }),
    })
}

fn refused(kind: &'static str, error: &FileError) -> ApiError {
    ApiError::Rejected(Rejection {
        code: "INVALID_DOCUMENT".to_owned(),
        field: Some(kind.to_owned()),
        message: error.to_string(),
    })
}

fn failed(error: &HsmError) -> ApiError {
    match error {
        HsmError::Damaged => ApiError::Internal(error.to_string()),
        other => {
            tracing::error!("identity documents: {other}");
            unavailable()
        }
    }
}

fn unavailable() -> ApiError {
    ApiError::Rejected(Rejection {
        code: "UNAVAILABLE".to_owned(),
        field: None,
        message: "identity documents are not taken at the moment; nothing was done".to_owned(),
    })
}
