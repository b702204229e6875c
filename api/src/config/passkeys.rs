//! Where passkeys belong.

use webauthn_rs::prelude::Url;

use super::{ConfigError, Lookup};

const NAME: &str = "EXCHANGE_PASSKEY_ORIGIN";
/// Browsers take passkeys of this machine's own pages without TLS.
const DEFAULT: &str = "http://localhost:8080";

/// Where passkeys belong.
#[derive(Clone, Debug)]
pub struct PasskeysConfig {
    /// `EXCHANGE_PASSKEY_ORIGIN`: scheme, domain and port of the pages that ask for passkeys, such
    /// as `https://exchange.example`. A passkey made for one domain is none for another.
    pub origin: Url,
    /// The domain in it.
    pub domain: String,
}

impl PasskeysConfig {
    pub(super) fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        let text = lookup(NAME).filter(|text| !text.is_empty());
        let text = text.unwrap_or_else(|| DEFAULT.to_owned());
        let origin: Option<Url> = text.parse().ok();
        let domain = origin.as_ref().and_then(Url::domain).map(str::to_owned);
        let (Some(origin), Some(domain)) = (origin, domain) else {
            let problem =
                format!("'{text}' has no domain; give one such as https://exchange.example");
            return Err(ConfigError::new(NAME, problem));
        };
        let is_bare = origin.path() == "/" && origin.query().is_none();
        let is_safe = origin.scheme() == "https" || domain == "localhost";
        if !is_bare || !is_safe {
            let problem = format!("'{text}' must be https://, a domain and perhaps a port");
            return Err(ConfigError::new(NAME, problem));
        }
        Ok(PasskeysConfig { origin, domain })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passkeys_belong_to_a_domain_that_is_reached_safely() {
        let read = |text: &str| PasskeysConfig::read(&|_| Some(text.to_owned()));
        for (text, domain) in [
            ("", "localhost"),
            ("https://exchange.example", "exchange.example"),
            (
                "https://trade.exchange.example:8443/",
                "trade.exchange.example",
            ),
        ] {
            assert_eq!(read(text).expect("good").domain, domain);
        }
        for wrong in [
            "exchange.example",
            "https://192.0.2.1",
            "http://exchange.example",
            "https://exchange.example/app",
        ] {
            let refused = read(wrong).expect_err("must be refused").to_string();
            assert!(refused.starts_with(NAME), "{refused}");
        }
    }
}
