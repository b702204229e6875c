//! Which peers speak for others.

use ipnet::IpNet;

use super::{ConfigError, Lookup};

const NAME: &str = "EXCHANGE_TRUSTED_PROXIES";

/// Which peers speak for others.
#[derive(Clone, Debug, Default)]
pub struct ProxiesConfig {
    /// `EXCHANGE_TRUSTED_PROXIES`: networks, by comma, whose `X-Forwarded-For` is believed; a bare
    /// address is a network of one. None where unset.
    pub trusted: Vec<IpNet>,
}

impl ProxiesConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let text = lookup(NAME).unwrap_or_default();
        let entries = text
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        let network = |entry: &str| {
            let problem = || format!("'{entry}' is no network such as 10.0.0.0/8");
            crate::address::network(entry).ok_or_else(|| ConfigError::new(NAME, problem()))
        };
        let trusted = entries.map(network).collect::<Result<_, _>>()?;
        Ok(ProxiesConfig { trusted })
    }
}
