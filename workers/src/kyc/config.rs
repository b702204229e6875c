//! Who reviews documents.

use anyhow::{Context, ensure};
use hsm::HsmConfig;

/// Who reviews documents.
#[derive(Clone, Debug, Default)]
pub struct KycConfig {
    /// An outside provider; without it the rules built in decide.
    pub provider: Option<ProviderConfig>,
}

/// An outside provider.
#[derive(Clone)]
pub struct ProviderConfig {
    /// `EXCHANGE_KYC_PROVIDER_URL`: where cases are sent.
    pub url: String,
    /// `EXCHANGE_KYC_PROVIDER_SECRET`: 64 hexadecimal digits, which the provider has too; both
    /// sides sign with it. The API needs the same.
    pub secret: [u8; 32],
    /// Opens the files.
    pub hsm: HsmConfig,
}

impl std::fmt::Debug for ProviderConfig {
    /// Without the secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderConfig")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl KycConfig {
    /// From the environment.
    ///
    /// # Errors
    /// A value is missing or cannot be used.
    pub fn from_env() -> anyhow::Result<Self> {
        let value = |name: &str| std::env::var(name).ok().filter(|text| !text.is_empty());
        let Some(url) = value("EXCHANGE_KYC_PROVIDER_URL") else {
            return Ok(KycConfig::default());
        };
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        ensure!(
            is_web,
            "EXCHANGE_KYC_PROVIDER_URL: '{url}' is no address of the web"
        );
        let text = value("EXCHANGE_KYC_PROVIDER_SECRET").unwrap_or_default();
        let mut secret = [0; 32];
        // It is a secret: the line does not repeat it.
        hex::decode_to_slice(text.trim(), &mut secret)
            .context("EXCHANGE_KYC_PROVIDER_SECRET must be 64 hexadecimal digits")?;
        let hsm = HsmConfig::read(value);
        let hsm = hsm.context("EXCHANGE_HSM_PIN: a provider is sent files, which the HSM opens")?;
        Ok(KycConfig {
            provider: Some(ProviderConfig { url, secret, hsm }),
        })
    }
}
