//! What handlers share: the connections, the gatherer, the limits. Cheap to clone.

use std::ops::Deref;
use std::sync::{Arc, Weak};
use std::time::Duration;

use anyhow::Context;
use axum::body::Bytes;
use client::{Command, Market, Outcome, Pool};
use ipnet::IpNet;

use crate::auth::Caller;
use crate::auth::access::Access;
use crate::auth::passkeys::Passkeys;
use crate::auth::password::PasswordChecker;
use crate::auth::secrets::Secrets;
use crate::config::Config;
use crate::config::database::DatabaseConfig;
use crate::documents::Documents;
use crate::error::{ApiError, Rejection};
use crate::feed::finance::FINANCE;
use crate::feed::streams::MARKETS;
use crate::feed::{Feed, MarketFeed};
use crate::gather::{self, Gatherer, Route, Submit as _};
use crate::limits::Limits;
use crate::positions::Positions;
use crate::submit::PoolSubmit;
use crate::wallet::Wallet;
use crate::ws::Sockets;

/// Connections of the feed: followers share them, and each needs one only while it reads.
const FEED_CONNECTIONS: usize = 4;
/// Connections for positions: one query runs at a time.
const POSITION_CONNECTIONS: usize = 2;
/// Connections for identity documents: each may carry three files.
const DOCUMENT_CONNECTIONS: usize = 2;
/// Between two looks for new markets.
const LEARNING_PAUSE: Duration = Duration::from_secs(1);
/// What the client waits longer than the server, so that the server's own word comes first.
const ANSWER_MARGIN: Duration = Duration::from_millis(100);

/// A lower cost is for tests alone.
const SAFE_BCRYPT_COST: u32 = 10;

/// What handlers share. One count to clone, however many parts there are: every layer and handler
/// of every request has its own.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// The parts of an [`App`].
pub struct Parts {
    /// Connections for everything but commands.
    pub reads: Pool,
    /// Connections for commands under an idempotency key, which wait for their market.
    pub keyed: Pool,
    /// Identity documents.
    pub documents: Documents,
    /// How long such a command may take, and any read.
    pub answer_limit: Duration,
    /// The way of commands to the exchange.
    pub commands: Arc<Gatherer<PoolSubmit>>,
    /// The markets in memory.
    pub feed: Feed,
    /// Where the database stands.
    pub positions: Positions,
    /// The open WebSockets.
    pub sockets: Arc<Sockets>,
    /// Finds the credentials that requests present.
    pub access: Arc<Access>,
    /// How much callers may ask for.
    pub limits: Limits,
    /// Peers that speak for others.
    pub proxies: Arc<[IpNet]>,
    /// Asks for passkeys and checks them.
    pub passkeys: Arc<Passkeys>,
    /// Checks passwords.
    pub passwords: PasswordChecker,
    /// How long a login is good.
    pub session_length: Duration,
    /// Derives deposit addresses.
    pub wallet: Arc<Wallet>,
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
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
        let app = App::new(config, reads, &names(markets))?;
        let feed = pool(&config.database, FEED_CONNECTIONS, "feed")?;
        let listener = client::Config::new(&config.database.url);
        app.feed.start(&listener, &feed).await?;
        Ok(app)
    }

    /// With lanes for these markets, number and symbol; connects nothing yet.
    ///
    /// # Errors
    /// The database's address cannot be read.
    pub fn new(config: &Config, reads: Pool, markets: &[(i32, String)]) -> anyhow::Result<Self> {
        let connections = gather::connections(&config.gather);
        let submit = PoolSubmit::new(pool(&config.database, connections, "commands")?);
        tracing::info!(markets = markets.len(), connections, "gathering commands");
        let commands = Arc::new(Gatherer::start(&Arc::new(submit), markets, &config.gather));
        tokio::spawn(learn_markets(Arc::downgrade(&commands), reads.clone()));
        let secrets = Secrets::new(&config.secrets.master_key)
            .map_err(|_| anyhow::anyhow!("the master key cannot be used"))?;
        let answer_limit = config.database.read_wait + config.database.read_limit;
        if config.login.bcrypt_cost < SAFE_BCRYPT_COST {
            tracing::warn!("EXCHANGE_BCRYPT_COST is so low that stolen hashes are soon guessed");
        }
        let positions = limited(&config.database, POSITION_CONNECTIONS, "positions")?;
        Ok(App(Arc::new(Parts {
            feed: Feed::default(),
            sockets: Arc::new(Sockets::new(&config.ws)),
            positions: Positions::start(positions),
            access: Arc::new(Access::start(reads.clone(), secrets, answer_limit)),
            limits: Limits::start(config.limits, reads.clone(), answer_limit),
            proxies: config.proxies.trusted.clone().into(),
            reads,
            keyed: keyed(&config.database)?,
            documents: Documents::start(
                &config.kyc,
                pool(&config.database, DOCUMENT_CONNECTIONS, "documents")?,
            )?,
            answer_limit,
            commands,
            passkeys: Arc::new(Passkeys::new(&config.passkeys)?),
            passwords: PasswordChecker::new(&config.login)
                .context("no thread for passwords can be started")?,
            session_length: config.login.session_length,
            wallet: Arc::new(Wallet::new(&config.wallet)),
        })))
    }

    /// The market in memory, once it has whatever was acknowledged before this call.
    ///
    /// # Errors
    /// Rejected as `UNKNOWN_MARKET`; `Unavailable` where the database or the memory lags.
    pub async fn current_market(&self, symbol: &str) -> Result<Arc<MarketFeed>, ApiError> {
        let market = match self.feed.market(symbol) {
            Some(market) => market,
            None => {
                self.require_market(symbol).await?;
                self.feed.find_markets().await?;
                self.feed.market(symbol).ok_or(ApiError::Unavailable)?
            }
        };
        let position = self.positions.of(market.market_id()).await?;
        market.reached(position).await?;
        Ok(market)
    }

    /// The rules of all markets, with whatever was acknowledged before this call.
    ///
    /// # Errors
    /// `Unavailable` where the database or the memory lags.
    pub async fn symbols(&self) -> Result<Bytes, ApiError> {
        let position = self.positions.of(MARKETS).await?;
        self.feed.rules().at(position).await
    }

    /// Waits until all markets in memory have whatever was acknowledged before this call.
    ///
    /// # Errors
    /// `Unavailable` where the database or the memory lags.
    pub async fn reach_all(&self) -> Result<(), ApiError> {
        let markets = self.feed.markets();
        let numbers: Arc<[i32]> = markets.iter().map(|market| market.market_id()).collect();
        let found = self.positions.of_all(numbers).await?;
        for market in markets {
            let position = found.get(&market.market_id()).copied().unwrap_or(0);
            market.reached(position).await?;
        }
        Ok(())
    }

    /// Waits until all that was acknowledged of deposits and withdrawals before this call was told.
    ///
    /// # Errors
    /// `Unavailable` where the database or the memory lags.
    pub async fn reach_finance(&self) -> Result<(), ApiError> {
        let position = self.positions.of(FINANCE).await?;
        self.feed.finance().reached(position).await
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

    /// Runs a command that has no name of its own: once only, where the request has a key.
    ///
    /// # Errors
    /// As [`Gatherer::run`]; `DUPLICATE_IDEMPOTENCY_KEY` where the key was used for another one.
    pub async fn run_once(
        &self,
        caller: &Caller,
        route: Route,
        command: Command,
    ) -> Result<Outcome, ApiError> {
        let mut command = command.by(caller.authority);
        let Some(key) = &caller.request_key else {
            return self.commands.run(route, command).await;
        };
        let hurried = PoolSubmit::hurry(&mut command, self.answer_limit);
        let commands = [command];
        let outcomes = client::submit_once(&self.keyed, caller.account_id, key, &commands).await?;
        let outcome = outcomes.into_iter().next();
        if hurried && outcome.as_ref().is_some_and(PoolSubmit::was_late) {
            return Err(ApiError::Overloaded);
        }
        outcome.ok_or_else(|| ApiError::Internal("a command had no outcome".to_owned()))
    }

    /// Answers all commands that were taken. No request may come any more.
    pub async fn finish(&self) {
        self.commands.finish().await;
    }
}

/// Gives new markets their lanes, at most once a pause. Ends with the gatherer.
async fn learn_markets(commands: Weak<Gatherer<PoolSubmit>>, reads: Pool) {
    while let Some(gatherer) = commands.upgrade() {
        // Woken now and then, so that this task does not keep alive what it waits for.
        let named = tokio::time::timeout(LEARNING_PAUSE, gatherer.unknown_market()).await;
        if named.is_err() {
            drop(gatherer);
            tokio::task::yield_now().await;
            continue;
        }
        match client::markets(&reads).await {
            Ok(markets) => gatherer.learn(&names(markets)),
            Err(error) => tracing::debug!(%error, "cannot read the markets"),
        }
        drop(gatherer);
        tokio::time::sleep(LEARNING_PAUSE).await;
    }
}

fn names(markets: Vec<Market>) -> Vec<(i32, String)> {
    markets
        .into_iter()
        .map(|market| (market.market_id, market.symbol))
        .collect()
}

/// The pool for everything but commands; connects nothing yet.
///
/// # Errors
/// The database's address cannot be read.
pub fn reads(config: &Config) -> anyhow::Result<Pool> {
    let size = config.database.read_connections;
    limited(&config.database, size, "reads")
}

fn keyed(config: &DatabaseConfig) -> anyhow::Result<Pool> {
    limited(config, config.keyed_connections, "keyed commands")
}

/// A pool whose statements are short: both the server and the client end those that are not.
fn limited(config: &DatabaseConfig, size: usize, name: &str) -> anyhow::Result<Pool> {
    let pool = Pool::new(&client::Config {
        statement_timeout: config.read_limit,
        answer_timeout: config.read_limit + ANSWER_MARGIN,
        waiting_limit: config.read_queue,
        ..settings(config, size, name)
    });
    Ok(pool?)
}

/// The pool of the lanes. Its statements may wait long for their market, while their clients were
/// told long ago: a connection that waits keeps further batches from piling up in the database.
fn pool(config: &DatabaseConfig, size: usize, name: &str) -> anyhow::Result<Pool> {
    Ok(Pool::new(&settings(config, size, name))?)
}

fn settings(config: &DatabaseConfig, size: usize, name: &str) -> client::Config {
    client::Config {
        pool_size: size,
        acquire_timeout: config.read_wait,
        application_name: format!("exchange {name}"),
        ..client::Config::new(&config.url)
    }
}
