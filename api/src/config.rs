//! Configuration: one struct a topic, read from the environment once at the start.
//!
//! A bad value is one clear line that names the variable. Every variable is in README.md.

pub mod database;
pub mod gather;
pub mod http;
pub mod kyc;
pub mod limits;
pub mod login;
pub mod passkeys;
pub mod proxies;
pub mod secrets;
pub mod wallet;
pub mod ws;

use std::fmt::Display;
use std::str::FromStr;

/// A variable whose value cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct ConfigError {
    /// The variable.
    pub name: &'static str,
    /// What is wrong, and what would be right.
    pub problem: String,
}

impl ConfigError {
    fn new(name: &'static str, problem: impl Into<String>) -> Self {
        ConfigError {
            name,
            problem: problem.into(),
        }
    }
}

/// Looks a variable up; the process environment outside tests.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// All topics.
#[derive(Clone, Debug)]
pub struct Config {
    /// Listening.
    pub http: http::HttpConfig,
    /// Postgres.
    pub database: database::DatabaseConfig,
    /// Batches.
    pub gather: gather::GatherConfig,
    /// Identity documents.
    pub kyc: kyc::KycConfig,
    /// How much a caller may ask for.
    pub limits: limits::LimitsConfig,
    /// Passwords and sessions.
    pub login: login::LoginConfig,
    /// Where passkeys belong.
    pub passkeys: passkeys::PasskeysConfig,
    /// Whose word on addresses counts.
    pub proxies: proxies::ProxiesConfig,
    /// The master key.
    pub secrets: secrets::SecretsConfig,
    /// Deposits.
    pub wallet: wallet::WalletConfig,
    /// The WebSocket.
    pub ws: ws::WsConfig,
}

impl Config {
    /// From the process environment.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::read(&|name| std::env::var(name).ok())
    }

    /// From any source of variables.
    pub fn read(lookup: Lookup<'_>) -> Result<Self, ConfigError> {
        Ok(Config {
            http: http::HttpConfig::read(lookup)?,
            database: database::DatabaseConfig::read(lookup)?,
            gather: gather::GatherConfig::read(lookup)?,
            kyc: kyc::KycConfig::read(lookup)?,
            limits: limits::LimitsConfig::read(lookup)?,
            login: login::LoginConfig::read(lookup)?,
            passkeys: passkeys::PasskeysConfig::read(lookup)?,
            proxies: proxies::ProxiesConfig::read(lookup)?,
            secrets: secrets::SecretsConfig::read(lookup)?,
            wallet: wallet::WalletConfig::read(lookup)?,
            ws: ws::WsConfig::read(lookup)?,
        })
    }
}

/// The variable's value, or `default` where it is unset or empty.
fn value_or<T>(lookup: Lookup<'_>, name: &'static str, default: T) -> Result<T, ConfigError>
where
    T: FromStr,
    T::Err: Display,
{
    match lookup(name).filter(|text| !text.is_empty()) {
        None => Ok(default),
        Some(text) => text
            .parse()
            .map_err(|error| ConfigError::new(name, format!("'{text}' cannot be used: {error}"))),
    }
}

/// As [`value_or`], for a whole number within bounds.
fn bounded(
    lookup: Lookup<'_>,
    name: &'static str,
    default: usize,
    bounds: std::ops::RangeInclusive<usize>,
) -> Result<usize, ConfigError> {
    let value = value_or(lookup, name, default)?;
    if bounds.contains(&value) {
        return Ok(value);
    }
    let (least, most) = (bounds.start(), bounds.end());
    Err(ConfigError::new(
        name,
        format!("must be between {least} and {most}, not {value}"),
    ))
}

/// 64 hexadecimal digits, or none.
fn secret(lookup: Lookup<'_>, name: &'static str) -> Result<Option<[u8; 32]>, ConfigError> {
    let Some(text) = lookup(name).filter(|text| !text.is_empty()) else {
        return Ok(None);
    };
    let mut secret = [0; 32];
    // It is a secret: the line does not repeat it.
    hex::decode_to_slice(text.trim(), &mut secret)
        .map_err(|_| ConfigError::new(name, "must be 64 hexadecimal digits"))?;
    Ok(Some(secret))
}

/// `1`, `true`, `on`, `yes` or `0`, `false`, `off`, `no`; off where unset.
fn switch(lookup: Lookup<'_>, name: &'static str) -> Result<bool, ConfigError> {
    match lookup(name)
        .unwrap_or_default()
        .to_ascii_lowercase()
        .as_str()
    {
        "1" | "true" | "on" | "yes" => Ok(true),
        "" | "0" | "false" | "off" | "no" => Ok(false),
        other => Err(ConfigError::new(
            name,
            format!("must be 1 or 0, not '{other}'"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 64 hexadecimal digits.
    const SECRETS_KEY: (&str, &str) = (
        "EXCHANGE_SECRETS_KEY",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
    );

    fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let all = variables.iter().chain([&SECRETS_KEY]);
        let find = |name: &str| all.clone().find(|(known, _)| *known == name);
        Config::read(&|name| find(name).map(|(_, value)| (*value).to_owned()))
    }

    fn refusal(variables: &[(&str, &str)]) -> String {
        read(variables).expect_err("must be refused").to_string()
    }

    #[test]
    fn nothing_but_the_master_key_need_be_set() {
        let config = read(&[]).expect("defaults");
        assert_eq!(config.http.bind.to_string(), "127.0.0.1:8080");
        assert_eq!(config.gather.batch_limit, 256);
    }

    #[test]
    fn demo_mode_refuses_any_address_but_loopback() {
        for bind in ["0.0.0.0:8080", "192.168.1.5:80", "[::]:8080"] {
            let line = refusal(&[("EXCHANGE_DEMO", "1"), ("EXCHANGE_BIND", bind)]);
            assert!(
                line.starts_with("EXCHANGE_BIND: ") && line.contains("loopback"),
                "{line}"
            );
            read(&[("EXCHANGE_BIND", bind)]).expect("without demo accounts it is the operator's");
        }
        for bind in ["127.0.0.1:8080", "[::1]:8080"] {
            read(&[("EXCHANGE_DEMO", "1"), ("EXCHANGE_BIND", bind)]).expect("loopback");
        }
    }

    #[test]
    fn a_bad_value_is_one_line_that_names_the_variable() {
        for (name, value) in [
            ("EXCHANGE_BIND", "here"),
            ("EXCHANGE_DEMO", "maybe"),
            ("EXCHANGE_BATCH_LIMIT", "0"),
            ("EXCHANGE_QUEUE_LENGTH", "many"),
            ("EXCHANGE_SESSION_HOURS", "-1"),
            ("EXCHANGE_SECRETS_KEY", ""),
            ("EXCHANGE_RATE_KEY", "6000"),
            ("EXCHANGE_RATE_MEMBER", "many/60"),
            ("EXCHANGE_RATE_ADDRESS", "6000/0"),
            ("EXCHANGE_RATE_ACCOUNT", "-1/60"),
            ("EXCHANGE_SECRETS_KEY", "too short"),
            ("EXCHANGE_TRUSTED_PROXIES", "10.0.0.0/8, here"),
            ("EXCHANGE_BITCOIN_XPUB", "xpub"),
            ("EXCHANGE_WEBHOOK_SECRET", "short"),
        ] {
            let line = refusal(&[(name, value)]);
            assert!(
                line.starts_with(&format!("{name}: ")) && !line.contains('\n'),
                "{line}"
            );
        }
    }
}
