//! How to reach the database: one struct, from the environment or by hand.

use std::env;
use std::time::Duration;

use crate::error::ConfigError;

/// How to reach the database, and how many connections to keep.
#[derive(Clone)]
pub struct Config {
    /// `postgres://user:password@host:port/database`; a host of `%2Fpath` is a socket's folder.
    pub url: String,
    /// Most connections of the pool.
    pub pool_size: usize,
    /// How long a caller waits for a free connection, and a new connection for the server.
    pub acquire_timeout: Duration,
    /// How long a statement may run on the server.
    pub statement_timeout: Duration,
    /// How long the server may take to answer a statement; then the connection is given up. Longer
    /// than `statement_timeout`, it only ends what the server itself cannot: a server that stopped.
    pub answer_timeout: Duration,
    /// Callers that may wait for a connection; one more is refused at once.
    pub waiting_limit: usize,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
}

impl std::fmt::Debug for Config {
    /// Without the URL, because it may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("pool_size", &self.pool_size)
            .field("acquire_timeout", &self.acquire_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("answer_timeout", &self.answer_timeout)
            .field("waiting_limit", &self.waiting_limit)
            .field("application_name", &self.application_name)
            .finish_non_exhaustive()
    }
}

impl Config {
    /// Connections of a pool where nothing else is said.
    pub const POOL_SIZE: usize = 16;
    /// Waiting time for a connection where nothing else is said.
    pub const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
    /// Running time of a statement where nothing else is said.
    pub const STATEMENT_TIMEOUT: Duration = Duration::from_secs(30);
    /// What the client waits longer than the server, so that the server's own word comes first.
    pub const ANSWER_MARGIN: Duration = Duration::from_secs(5);
    /// Callers that may wait for a connection where nothing else is said.
    pub const WAITING_LIMIT: usize = 4096;

    /// The defaults for a database.
    pub fn new(url: impl Into<String>) -> Self {
        Config {
            url: url.into(),
            pool_size: Self::POOL_SIZE,
            acquire_timeout: Self::ACQUIRE_TIMEOUT,
            statement_timeout: Self::STATEMENT_TIMEOUT,
            answer_timeout: Self::STATEMENT_TIMEOUT + Self::ANSWER_MARGIN,
            waiting_limit: Self::WAITING_LIMIT,
            application_name: "exchange".to_owned(),
        }
    }

    /// From `DATABASE_URL` (required), `DATABASE_POOL_SIZE`, `DATABASE_ACQUIRE_TIMEOUT_MS` and
    /// `DATABASE_STATEMENT_TIMEOUT_MS`.
    ///
    /// # Errors
    /// The URL is missing, or a number is none or zero.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_lookup(|name| env::var(name).ok())
    }

    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let url = lookup("DATABASE_URL").ok_or(ConfigError::Missing("DATABASE_URL"))?;
        let number = |name: &'static str, otherwise: u64| match lookup(name) {
            None => Ok(otherwise),
            Some(text) => match text.parse::<u64>() {
                Ok(number) if number > 0 => Ok(number),
                _ => Err(ConfigError::NotANumber(name, text)),
            },
        };
        let millis = |name, otherwise: Duration| {
            let otherwise = u64::try_from(otherwise.as_millis()).unwrap_or(u64::MAX);
            number(name, otherwise).map(Duration::from_millis)
        };
        let pool_size = number("DATABASE_POOL_SIZE", Self::POOL_SIZE as u64)?;
        let statement_timeout = millis("DATABASE_STATEMENT_TIMEOUT_MS", Self::STATEMENT_TIMEOUT)?;
        Ok(Config {
            pool_size: usize::try_from(pool_size).unwrap_or(usize::MAX),
            acquire_timeout: millis("DATABASE_ACQUIRE_TIMEOUT_MS", Self::ACQUIRE_TIMEOUT)?,
            statement_timeout,
            answer_timeout: statement_timeout.saturating_add(Self::ANSWER_MARGIN),
            ..Self::new(url)
        })
    }

    /// The driver's form of it.
    pub(crate) fn driver(&self) -> Result<tokio_postgres::Config, ConfigError> {
        let mut driver: tokio_postgres::Config = self
            .url
            .parse()
            .map_err(|error| ConfigError::Url(format!("{error}")))?;
        let timeout = self.statement_timeout.as_millis();
        driver
            .application_name(&self.application_name)
            .options(format!("-c timezone=UTC -c statement_timeout={timeout}"))
            .connect_timeout(self.acquire_timeout)
            // A server that vanished without a word is noticed within about half a minute.
            .keepalives(true)
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(30));
        Ok(driver)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let found = pairs.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_url_alone_is_enough() {
        let config = read(&[("DATABASE_URL", "postgres://a@b/c")]).expect("read");
        assert_eq!(config.pool_size, Config::POOL_SIZE);
        assert_eq!(config.statement_timeout, Config::STATEMENT_TIMEOUT);
        assert!(config.driver().is_ok());
    }

    #[test]
    fn no_log_has_the_password() {
        let config = Config::new("postgres://a:secret@b/c");
        assert!(!format!("{config:?}").contains("secret"));
    }

    #[test]
    fn bad_settings_are_named() {
        let missing = read(&[]).expect_err("refused");
        assert_eq!(missing.to_string(), "DATABASE_URL is not set");
        let zero =
            read(&[("DATABASE_URL", "x"), ("DATABASE_POOL_SIZE", "0")]).expect_err("refused");
        assert_eq!(
            zero.to_string(),
            "DATABASE_POOL_SIZE must be a positive number, not '0'"
        );
        let url = Config::new("no url").driver().expect_err("refused");
        assert!(url.to_string().starts_with("DATABASE_URL cannot be read"));
    }
}
