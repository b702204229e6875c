//! What handlers share: the connections, the gatherer, the limits. Cheap to clone.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use client::Pool;

use crate::auth::password::PasswordChecker;
use crate::config::Config;
use crate::config::database::DatabaseConfig;
use crate::error::{ApiError, Rejection};
use crate::gather::{self, Gatherer, Route};
use crate::submit::PoolSubmit;

/// What handlers share.
#[derive(Clone)]
pub struct App {
    /// Connections for everything but commands.
    pub reads: Pool,
    /// The way of commands to the exchange.
    pub commands: Arc<Gatherer<PoolSubmit>>,
    /// Checks passwords.
    pub passwords: PasswordChecker,
    /// How long a login is good.
    pub session_length: Duration,
}

impl App {
    /// Reads which markets there are, and starts their lanes.
    ///
    /// # Errors
    /// The database cannot be reached, or is not migrated.
    pub async fn start(config: &Config) -> anyhow::Result<Self> {
        let reads = reads(config)?;
        let markets = client::markets(&reads)
            .await
            .context("cannot read the markets")?;
        let markets: Vec<_> = markets
            .into_iter()
            .map(|m| (m.market_id, m.symbol))
            .collect();
        App::new(config, reads, &markets)
    }

    /// With lanes for these markets, number and symbol; connects nothing yet.
    ///
    /// # Errors
    /// The database's address cannot be read.
    pub fn new(config: &Config, reads: Pool, markets: &[(i32, String)]) -> anyhow::Result<Self> {
        let connections = gather::connections(markets.len(), &config.gather);
        let submit = PoolSubmit::new(pool(&config.database, connections, "commands")?);
        tracing::info!(markets = markets.len(), connections, "gathering commands");
        Ok(App {
            reads,
            commands: Arc::new(Gatherer::start(&Arc::new(submit), markets, &config.gather)),
            passwords: PasswordChecker::new(&config.login),
            session_length: config.login.session_length,
        })
    }

    /// # Errors
    /// Rejected as `UNKNOWN_MARKET` where there is no such market.
    pub async fn require_market(&self, symbol: &str) -> Result<(), ApiError> {
        if self.commands.route_to_market(symbol) != Route::Any {
            return Ok(());
        }
        // It may have been made since the start.
        let markets = client::markets(&self.reads).await?;
        if markets.iter().any(|market| market.symbol == symbol) {
            return Ok(());
        }
        Err(ApiError::Rejected(Rejection {
            code: "UNKNOWN_MARKET".to_owned(),
            field: Some("market".to_owned()),
            message: "no market of that name".to_owned(),
        }))
    }

    /// Answers all commands that were taken. No request may come any more.
    pub async fn finish(&self) {
        self.commands.finish().await;
    }
}

/// The pool for everything but commands; connects nothing yet.
///
/// # Errors
/// The database's address cannot be read.
pub fn reads(config: &Config) -> anyhow::Result<Pool> {
    pool(&config.database, config.database.read_connections, "reads")
}

fn pool(config: &DatabaseConfig, size: usize, name: &str) -> anyhow::Result<Pool> {
    let pool = Pool::new(&client::Config {
        pool_size: size,
        acquire_timeout: config.read_wait,
        application_name: format!("exchange {name}"),
        ..client::Config::new(&config.url)
    });
    Ok(pool?)
}
