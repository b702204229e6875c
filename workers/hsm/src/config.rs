//! Which token, and how to log in.

/// Which token, and how to log in.
#[derive(Clone)]
pub struct HsmConfig {
    /// `EXCHANGE_HSM_MODULE`: the PKCS#11 library.
    pub module: String,
    /// `EXCHANGE_HSM_TOKEN`: the token's label.
    pub token: String,
    /// `EXCHANGE_HSM_PIN`: the user's PIN; without it there is no HSM.
    pub pin: String,
    /// `EXCHANGE_HSM_KEY`: the label of the AES key that wraps data keys and the seed.
    pub key: String,
}

impl HsmConfig {
    /// Where Debian's package softhsm2 puts its library.
    pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
    /// The token where nothing else is said.
    pub const TOKEN: &str = "exchange";
    /// The key where nothing else is said.
    pub const KEY: &str = "documents";

    /// From variables; `None` where no PIN is set.
    pub fn read(lookup: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let value = |name: &str| lookup(name).filter(|text| !text.is_empty());
        let or = |name: &str, default: &str| value(name).unwrap_or_else(|| default.to_owned());
        Some(HsmConfig {
            pin: value("EXCHANGE_HSM_PIN")?,
            module: or("EXCHANGE_HSM_MODULE", Self::MODULE),
            token: or("EXCHANGE_HSM_TOKEN", Self::TOKEN),
            key: or("EXCHANGE_HSM_KEY", Self::KEY),
        })
    }
}

impl std::fmt::Debug for HsmConfig {
    /// Without the PIN.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HsmConfig")
            .field("module", &self.module)
            .field("token", &self.token)
            .field("key", &self.key)
            .finish_non_exhaustive()
    }
}
