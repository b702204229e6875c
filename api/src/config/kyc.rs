//! Identity documents: what opens them, and how many are looked at at once.

use hsm::HsmConfig;

use super::{ConfigError, Lookup, bounded, secret};

/// Identity documents.
#[derive(Clone)]
pub struct KycConfig {
    /// The HSM whose key wraps the keys of files: `EXCHANGE_HSM_MODULE`, `_TOKEN`, `_PIN`, `_KEY`.
    /// Without a PIN no documents are taken.
    pub hsm: Option<HsmConfig>,
    /// `EXCHANGE_KYC_PROVIDER_SECRET`: 64 hexadecimal digits that an outside provider signs with;
    /// without it none is believed.
    pub provider_secret: Option<[u8; 32]>,
    /// `EXCHANGE_KYC_UPLOADS`: submissions under way; one more gets a 503.
    pub uploads: usize,
    /// `EXCHANGE_KYC_CONCURRENCY`: files decoded at once; each takes a core and up to 250 MB.
    pub concurrency: usize,
}

impl KycConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(KycConfig {
            hsm: HsmConfig::read(lookup),
            provider_secret: secret(lookup, "EXCHANGE_KYC_PROVIDER_SECRET")?,
            uploads: bounded(lookup, "EXCHANGE_KYC_UPLOADS", 16, 1..=1024)?,
            concurrency: bounded(lookup, "EXCHANGE_KYC_CONCURRENCY", 2, 1..=64)?,
        })
    }
}

impl std::fmt::Debug for KycConfig {
    /// Without the secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KycConfig")
            .field("uploads", &self.uploads)
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}
